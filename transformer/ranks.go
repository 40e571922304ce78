package transformer

import (
	"math"
	"slices"
)

// ranksOf returns the ranks of numbers, equal ones with their mean rank.
func ranksOf(xs []float64) []float64 {
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case xs[a] < xs[b]:
			return -1
		case xs[a] > xs[b]:
			return 1
		}
		return 0
	})
	ranks := make([]float64, len(xs))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && xs[order[to]] == xs[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to-1) / 2
		}
		from = to
	}
	return ranks
}

// standardised returns xs with mean 0 and length 1, or zeros where all are equal:
// inner products of such are correlations.
func standardised(xs []float64) []float64 {
	var mean, square float64
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = x - mean
		square += out[i] * out[i]
	}
	if square == 0 {
		return out
	}
	for i := range out {
		out[i] /= math.Sqrt(square)
	}
	return out
}

func dot(x, y []float64) float64 {
	var sum float64
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
