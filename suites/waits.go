package suites

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// What many clients' waits between tries look like. The bounds say how often a client that keeps the promise is called
// broken; waits_test.go measures that.

// crowd is how many clients meet the same trouble. Of 24, the middle half of their waits tells a spread of ±10 % from none
// (see [jitters]), and they are few enough to start at once on two processors.
const crowd = 24

// slowest is the least factor that still counts as exponential growth. 1.5 is the smallest in wide use (the default of Google's
// client libraries is 1.3 to 2).
const slowest = 1.3

// sure is how many standard errors a mean must lie off before a client is called broken: one in a thousand lies off so far by
// chance (the normal distribution's quantile).
const sure = 3.09

// growth is by which factor the mean wait grows from one retry to the next, over as many retries as most clients made, and
// by which factor it could grow and look like that by chance. Retries is how many waits that are; it needs two.
func growth(waits [][]time.Duration) (factor, atMost float64, retries int) {
	retries = median(waits, func(w []time.Duration) int { return len(w) })
	if retries < 2 {
		return 0, 0, retries
	}
	first, last := column(waits, 0), column(waits, retries-1)
	m1, m2 := mean(first), mean(last)
	if m1 <= 0 {
		m1 = math.SmallestNonzeroFloat64
	}
	steps := float64(retries - 1)
	log := math.Log(m2 / m1)
	// The error of a logarithm of a mean is the mean's relative error (delta method).
	off := math.Hypot(deviation(first)/m1/math.Sqrt(float64(len(first))), deviation(last)/m2/math.Sqrt(float64(len(last))))
	return math.Exp(log / steps), math.Exp((log + sure*off) / steps), retries
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

// leastSpread is the least spread that counts as jitter, as the middle half of the waits over their median. Waits that vary by
// ±10 % have 0.10; those of a client without jitter have what the machine's own noise makes of them.
const leastSpread = 0.03

// spread is how far the middle half of the clients' longest waits reaches, over their median.
func spread(waits [][]time.Duration) float64 {
	values := longest(waits)
	if middle := quantile(values, 0.5); middle > 0 {
		return (quantile(values, 0.75) - quantile(values, 0.25)) / middle
	}
	return 0
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
