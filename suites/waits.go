package suites

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// What many clients' waits between tries look like. The bounds say how often a client that keeps the promise is called
// broken; waits_test.go measures that.

// crowd is how many clients meet the same trouble. Of 24, the middle half of their waits separates a spread of ±10 % from none
// (see [jitterOf]), and they are few enough to start at once on two processors.
const crowd = 24

// slowest is the least factor that still counts as exponential growth. 1.5 is the smallest in wide use (the default of Google's
// client libraries is 1.3 to 2).
const slowest = 1.3

// sure is how many standard errors a mean must lie off before a client is called broken: one in a thousand lies off so far by
// chance (the normal distribution's quantile).
const sure = 3.09

// enough is how many times the first wait the limit of a client must be that stops growing: less is hardly a backoff.
const enough = 2.0

// grown is how the mean wait of many clients grows from the first retry to where it stops rising.
type grown struct {
	// Retries is how many waits most clients have. Without two of them there is no growth to judge.
	Retries int
	// Steps is how many waits after the first one the mean stops rising; 0 if it never rises.
	Steps int
	// Ratio is the mean wait there over the first one, AtMost what the ratio could be and look like this by chance, and Needed
	// the least that counts as backoff.
	Ratio, AtMost, Needed float64
}

func (g grown) tooLittle() bool { return g.AtMost < g.Needed }

// growth judges waits up to where they stop rising: clients double them up to a limit.
func growth(waits [][]time.Duration) grown {
	g := grown{Retries: median(waits, func(w []time.Duration) int { return len(w) })}
	if g.Retries < 2 {
		return g
	}
	first, last := column(waits, 0), column(waits, g.Retries-1)
	for g.Steps = 0; g.Steps < g.Retries-1; g.Steps++ {
		here := column(waits, g.Steps)
		// Two standard errors below the last mean, and a tenth for the machine's noise, is not lower.
		if math.Log(mean(last)/positive(mean(here))) <= max(0.1, 2*math.Hypot(relativeError(here), relativeError(last))) {
			break
		}
	}
	limit, least := column(waits, g.Steps), math.Pow(slowest, float64(g.Steps))
	if g.Steps == 0 { // the later waits are alike, so that all of them say what the limit is
		limit, least = nil, min(enough, math.Pow(slowest, float64(g.Retries-1)))
		for n := 1; n < g.Retries; n++ {
			limit = append(limit, column(waits, n)...)
		}
	}
	g.Ratio, g.Needed = mean(limit)/positive(mean(first)), least
	g.AtMost = g.Ratio * math.Exp(sure*math.Hypot(relativeError(first), relativeError(limit)))
	return g
}

func positive(value float64) float64 { return max(value, math.SmallestNonzeroFloat64) }

// relativeError is the standard error of the mean over the mean, which is the error of its logarithm (delta method).
func relativeError(values []float64) float64 {
	return deviation(values) / positive(mean(values)) / math.Sqrt(float64(len(values)))
}

// leastWait is the shortest longest wait, in seconds, of a client that backs off at all: a round trip to a deployment across the
// network takes as long, and so does what a busy machine adds to the tries of a client that does not wait.
const leastWait = 0.05

// longest are the clients' waits before the retry that has the longest ones, in seconds: there the machine's own noise weighs
// least.
func longest(waits [][]time.Duration) []float64 {
	var values []float64
	for i := range median(waits, func(w []time.Duration) int { return len(w) }) {
		if column := column(waits, i); quantile(column, 0.5) > quantile(values, 0.5) {
			values = column
		}
	}
	return values
}

const (
	// leastSpread is the least share of the wait that surely is jitter: waits that vary by ±10 % have 0.10.
	leastSpread = 0.03
	// leastNoise is by how much, in seconds, a machine alone may spread waits while it does little else.
	leastNoise = 0.02
)

// jitter says what the spread of many clients' waits shows.
type jitter struct {
	// Spread is how far the middle half of the longest waits reaches, in seconds, and Share that over their median.
	Spread, Share float64
	// Noise is the spread, in seconds, that the machine alone explains.
	Noise float64
}

// none says that there surely is no jitter: the machine alone explains the spread.
func (j jitter) none() bool { return j.Share < leastSpread && j.Spread < j.Noise }

// enough says that there surely is jitter: more than the machine's noise, and enough of the wait to keep clients apart.
func (j jitter) enough() bool { return j.Share >= leastSpread && j.Spread >= j.Noise }

// jitterOf looks at the longest waits. Late is how late most timers of the machine went off meanwhile, which spreads waits by as much
// at most.
func jitterOf(waits [][]time.Duration, late time.Duration) (j jitter) {
	j.Noise = max(leastNoise, late.Seconds())
	values := longest(waits)
	if middle := quantile(values, 0.5); middle > 0 {
		j.Spread = quantile(values, 0.75) - quantile(values, 0.25)
		j.Share = j.Spread / middle
	}
	return j
}

// In a storm more than mostAtOnce of the clients come back within window of the time that they waited. Of clients whose
// waits vary by ±10 % a quarter does.
const (
	window     = 0.05
	mostAtOnce = 0.8
)

// atOnce is the greatest share of clients whose first retry, counted from the moment at which they all failed, falls into a
// window.
func atOnce(waits [][]time.Duration) float64 {
	first := column(waits, 0)
	slices.Sort(first)
	wide := window * quantile(first, 0.5)
	most := 0
	for i := range first {
		n := 0
		for _, later := range first[i:] {
			if later-first[i] <= wide {
				n++
			}
		}
		most = max(most, n)
	}
	return float64(most) / float64(max(1, len(first)))
}

// column are the nth waits, in seconds, of those clients that waited so often.
func column(waits [][]time.Duration, n int) []float64 {
	var values []float64
	for _, w := range waits {
		if n < len(w) {
			values = append(values, w[n].Seconds())
		}
	}
	return values
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// deviation is the sample's standard deviation.
func deviation(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	m, sum := mean(values), 0.0
	for _, v := range values {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}

// quantile is the value below which a share of the values lies, between two of them in proportion.
func quantile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	at := share * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}

// median is the middle one of what is counted of each.
func median[E any, V cmp.Ordered](all []E, count func(E) V) V {
	counts := make([]V, len(all))
	for i, one := range all {
		counts[i] = count(one)
	}
	slices.Sort(counts)
	return counts[(len(counts)-1)/2]
}
