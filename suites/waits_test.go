package suites

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// policy is how a kind of client waits before its nth retry, in seconds.
type policy func(r *rand.Rand, n int) float64

func exponential(factor, jitter float64) policy {
	return func(r *rand.Rand, n int) float64 {
		return math.Pow(factor, float64(n)) * (1 + jitter*(2*r.Float64()-1))
	}
}

func constant(jitter float64) policy { return exponential(1, jitter) }

// fullJitter draws from nothing to all of the wait.
func fullJitter(factor float64) policy {
	return func(r *rand.Rand, n int) float64 { return math.Pow(factor, float64(n)) * r.Float64() }
}

// decorrelated draws between the base and three times the mean wait before.
func decorrelated(r *rand.Rand, n int) float64 {
	wait := 1.0
	for range n {
		wait = 1 + r.Float64()*(3*wait-1)
	}
	return wait
}

// crowdOf are the waits of a crowd: each with the noise of a machine, which adds up to two hundredths of a second.
func crowdOf(r *rand.Rand, p policy, retries int) [][]time.Duration {
	waits := make([][]time.Duration, crowd)
	for i := range waits {
		for n := range retries {
			noise := r.Float64() * 0.02
			waits[i] = append(waits[i], time.Duration((p(r, n)+noise)*float64(time.Second)))
		}
	}
	return waits
}

// share is how often something is true of a crowd, over many crowds with fixed seeds.
func share(p policy, retries int, found func([][]time.Duration) bool) float64 {
	const crowds = 2000
	n := 0
	for seed := range uint64(crowds) {
		if found(crowdOf(rand.New(rand.NewPCG(seed, 1)), p, retries)) {
			n++
		}
	}
	return float64(n) / crowds
}

// capAt and fullJitterTo are clients whose waits grow up to a limit.
func capAt(factor, jitter, limit float64) policy {
	return func(r *rand.Rand, n int) float64 {
		return min(limit, math.Pow(factor, float64(n))) * (1 + jitter*(2*r.Float64()-1))
	}
}

func fullJitterTo(factor, limit float64) policy {
	return func(r *rand.Rand, n int) float64 { return min(limit, math.Pow(factor, float64(n))) * r.Float64() }
}

// added is a policy with noise of its own: up to so many seconds more.
func added(p policy, most float64) policy {
	return func(r *rand.Rand, n int) float64 { return p(r, n) + most*r.Float64() }
}

func scaled(p policy, by float64) policy {
	return func(r *rand.Rand, n int) float64 { return by * p(r, n) }
}

func linear(step float64) policy {
	return func(_ *rand.Rand, n int) float64 { return 1 + step*float64(n) }
}

// TestGrowth: how often clients that grow their waits are called broken, and how often those that do not are found.
func TestGrowth(t *testing.T) {
	t.Parallel()
	tooSlow := func(waits [][]time.Duration) bool { return growth(waits).tooLittle() }
	for name, row := range map[string]struct {
		policy          policy
		retries         int
		atLeast, atMost float64
	}{
		"doubled, without jitter":                {exponential(2, 0), 3, 0, 0},
		"doubled, half of it jitter":             {exponential(2, 0.33), 3, 0, 0},
		"doubled, all of it jitter":              {fullJitter(2), 3, 0, 0.001},
		"doubled, all of it jitter, in two":      {fullJitter(2), 2, 0, 0.001},
		"half as much more, all of it jitter":    {fullJitter(1.5), 3, 0, 0.002},
		"decorrelated":                           {decorrelated, 3, 0, 0.001},
		"doubled to 4, nine tries":               {capAt(2, 0, 4), 8, 0, 0},
		"doubled to 4, nine tries, half jitter":  {capAt(2, 0.33, 4), 8, 0, 0.001},
		"doubled to 4, nine tries, all jitter":   {fullJitterTo(2, 4), 8, 0, 0.001},
		"doubled to 8, nine tries, all jitter":   {fullJitterTo(2, 8), 8, 0, 0.001},
		"doubled once, nine tries":               {capAt(2, 0, 2), 8, 0, 0},
		"doubled once, nine tries, half jitter":  {capAt(2, 0.33, 2), 8, 0, 0.001},
		"doubled once, nine tries, all jitter":   {fullJitterTo(2, 2), 8, 0, 0.002},
		"a quarter more each, nine tries":        {linear(0.25), 8, 1, 1},
		"always the same, without jitter":        {constant(0), 3, 1, 1},
		"always the same, with jitter":           {constant(0.5), 3, 0.97, 1},
		"always the same, half jitter, once":     {constant(0.33), 2, 0.8, 1},
		"always the same, all of it jitter":      {fullJitter(1), 4, 0.9, 1},
		"always the same, all of it, nine tries": {fullJitter(1), 8, 0.9, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := share(row.policy, row.retries, tooSlow)
			t.Logf("%.4f", found)
			assert.GreaterOrEqual(t, found, row.atLeast)
			assert.LessOrEqual(t, found, row.atMost)
		})
	}
}

// TestGrowthOfFew: where a client tries again less than twice there is nothing to say.
func TestGrowthOfFew(t *testing.T) {
	t.Parallel()
	assert.Zero(t, growth(make([][]time.Duration, crowd)))
	assert.Equal(t, grown{Retries: 1}, growth(crowdOf(rand.New(rand.NewPCG(1, 1)), constant(0), 1)))
}

// TestJitter: how often clients with jitter are called unjittered or get no verdict, and those without are found.
func TestJitter(t *testing.T) {
	t.Parallel()
	type rates struct{ none, between float64 }
	for name, row := range map[string]struct {
		policy policy
		// from and to bound the shares of crowds that surely have none, and of those without a verdict.
		from, to rates
	}{
		"±10 %":                {exponential(2, 0.1), rates{0, 0}, rates{0.001, 0.001}},
		"±25 %":                {exponential(2, 0.25), rates{0, 0}, rates{0, 0}},
		"half of it jitter":    {exponential(2, 0.33), rates{0, 0}, rates{0, 0}},
		"all of it jitter":     {fullJitter(2), rates{0, 0}, rates{0, 0}},
		"decorrelated":         {decorrelated, rates{0, 0}, rates{0, 0}},
		"none":                 {exponential(2, 0), rates{0.999, 0}, rates{1, 0.001}},
		"none, constant":       {constant(0), rates{0.999, 0}, rates{1, 0.001}},
		"0 to 100 ms, of 4 s":  {added(exponential(2, 0), 0.1), rates{0, 0.99}, rates{0.001, 1}},
		"0 to 100 ms, of 1 s":  {added(constant(0), 0.1), rates{0, 0}, rates{0.005, 0.1}},
		"±10 %, of 100 ms":     {scaled(constant(0.1), 0.1), rates{0, 0.9}, rates{0, 1}},
		"a busy machine, none": {added(exponential(2, 0), 0.2), rates{0, 0.5}, rates{0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			none := share(row.policy, 3, func(w [][]time.Duration) bool { return jitterOf(w, 0).none() })
			between := share(row.policy, 3, func(w [][]time.Duration) bool { return !jitterOf(w, 0).none() && !jitterOf(w, 0).enough() })
			t.Logf("none %.4f, no verdict %.4f", none, between)
			assert.GreaterOrEqual(t, none, row.from.none)
			assert.LessOrEqual(t, none, row.to.none)
			assert.GreaterOrEqual(t, between, row.from.between)
			assert.LessOrEqual(t, between, row.to.between)
		})
	}
}

// TestStorm: how often clients that come back one by one are called a storm, and those that come back at once are found.
func TestStorm(t *testing.T) {
	t.Parallel()
	storm := func(waits [][]time.Duration) bool { return atOnce(waits) > mostAtOnce }
	for name, row := range map[string]struct {
		policy          policy
		atLeast, atMost float64
	}{
		"±10 %":             {exponential(2, 0.1), 0, 0},
		"half of it jitter": {exponential(2, 0.33), 0, 0},
		"all of it jitter":  {fullJitter(2), 0, 0},
		"none":              {exponential(2, 0), 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := share(row.policy, 1, storm)
			assert.GreaterOrEqual(t, found, row.atLeast)
			assert.LessOrEqual(t, found, row.atMost)
		})
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		values []float64
		share  float64
		want   float64
	}{
		"nothing":         {nil, 0.5, 0},
		"one":             {[]float64{3}, 0.75, 3},
		"middle of three": {[]float64{9, 1, 4}, 0.5, 4},
		"between two":     {[]float64{1, 2}, 0.25, 1.25},
		"the last":        {[]float64{1, 2, 8}, 1, 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.InDelta(t, row.want, quantile(row.values, row.share), 1e-12)
		})
	}
}
