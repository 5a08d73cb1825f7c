package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vexa-conformance/fixtures/wire"
)

// weather are the flags of serve for rough weather.
type weather struct {
	Latency  time.Duration `placeholder:"D" help:"Delay each response, such as 300ms."`
	Throttle perSecond     `placeholder:"N/s" help:"Answer 429 beyond N requests a second of one key."`
	Drop     percent       `placeholder:"P" help:"Cut that share of requests without a response, such as 5%."`
	Seed     uint64        `default:"1" placeholder:"N" help:"Choose which requests --drop cuts (default 1)."`
}

// of reads the flags; rough says whether any of them is given.
func (w weather) of() (weather wire.Weather, rough bool, err error) {
	switch {
	case w.Latency < 0:
		return weather, false, mistake("--latency %s: give a duration from 0, such as 300ms", w.Latency)
	case w.Seed != 1 && w.Drop == 0:
		return weather, false, mistake("--seed chooses what --drop cuts: give --drop too")
	}
	weather = wire.Weather{Latency: w.Latency, Throttle: float64(w.Throttle), Drop: float64(w.Drop) / 100, Seed: w.Seed}
	return weather, w.Latency > 0 || w.Throttle > 0 || w.Drop > 0, nil
}

// perSecond is a number of requests in a second as people write it: 5/s or 5.
type perSecond float64

// UnmarshalText satisfies [encoding.TextUnmarshaler].
func (p *perSecond) UnmarshalText(text []byte) error {
	number := strings.TrimSuffix(strings.TrimSpace(string(text)), "/s")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(value > 0 && value <= 1e6) {
		return fmt.Errorf("%q is no rate: give requests a second, such as 5/s or 0.5/s", text)
	}
	*p = perSecond(value)
	return nil
}
