package landscape

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"markovicl/certificate"
	"markovicl/internal/each"
	"markovicl/moment"
)

// LocalMinimum is a local minimum of v(b) = min_A f(b, A), the loss of the best
// transformer with a given b.
type LocalMinimum struct {
	Loss float64   `json:"loss"`
	B    []float64 `json:"b"` // [D] unit vector, its largest entry positive
	A    []float64 `json:"-"` // [D, q] row-major
	// Hits is how many of the random starts ended here.
	Hits int `json:"hits"`
	// Curvature is the smallest eigenvalue of the Hessian of v on the unit
	// sphere.
	Curvature float64 `json:"hessian_min"`

	X []float64 `json:"-"` // phi(b, A)
}

// minimaOf returns the local minima of a form's loss, see localMinima.
func minimaOf(ctx context.Context, form *moment.Form, starts [][]float64, first, last int, seed uint64) []LocalMinimum {
	H := bothTriangles(form.H)
	return localMinima(ctx, form.Q+1, func() curve { return newProjectedOf(form, H) }, starts, first, last, seed)
}

// localMinima descends from the given starts ([D]) and from random ones first to last,
// with a curve for each goroutine, and returns the distinct minima, lowest first. Random start i depends on seed and
// i only; the result does not depend on the number of workers. When the context ends
// early, what was found so far is returned, and the first start is always taken.
func localMinima(ctx context.Context, D int, worker func() curve, starts [][]float64, first, last int, seed uint64) []LocalMinimum {
	var minima []LocalMinimum
	eachStart(ctx, len(starts)+last-first, func() func(i int) *LocalMinimum {
		p := worker()
		return func(i int) *LocalMinimum {
			if i < len(starts) {
				m := minimumFrom(p, starts[i])
				m.Hits = 0
				return m
			}
			return minimumFrom(p, randomDirection(seed, uint64(first+i-len(starts)), D))
		}
	}, func(found []*LocalMinimum) {
		for _, m := range found {
			if m != nil && !math.IsNaN(m.Loss) {
				minima = append(minima, *m)
			}
		}
		minima = distinctMinima(minima)
		minima = minima[:min(len(minima), mostMinima)]
	})
	return minima
}

// startsAtOnce is how many starts are in memory together, and mostMinima how many of
// the lowest minima are kept: where H is singular every start may end elsewhere.
const startsAtOnce, mostMinima = 4096, 4096

// eachStart does the work for every i below total on all processors, with a worker
// for each goroutine, and hands the results to take, in order, some thousand at a
// time. Once the context has ended no work is begun but that of the first; what was
// not done is nil.
func eachStart[T any](ctx context.Context, total int, worker func() func(i int) *T, take func(found []*T)) {
	workers := make([]func(i int) *T, each.Workers(0, total))
	for from := 0; from < total && (from == 0 || ctx.Err() == nil); from += startsAtOnce {
		found := make([]*T, min(startsAtOnce, total-from))
		each.Do(context.WithoutCancel(ctx), len(found), each.Settings{}, func(w int) func(int) error {
			if workers[w] == nil {
				workers[w] = worker()
			}
			return func(i int) error {
				if from+i > 0 && ctx.Err() != nil {
					return ctx.Err()
				}
				found[i] = workers[w](from + i)
				return nil
			}
		})
		take(found)
	}
}

func randomDirection(seed, index uint64, D int) []float64 {
	r := rand.New(rand.NewPCG(seed, index))
	b := make([]float64, D)
	for i := range b {
		b[i] = r.NormFloat64()
	}
	normalise(b)
	return b
}

func minimumFrom(p curve, b []float64) *LocalMinimum {
	b, loss, _ := descend(p, b)
	m := &LocalMinimum{Loss: loss, B: b, A: p.parameters(), Hits: 1, X: p.point()}
	if len(b) > 1 {
		values, _ := tangentSpectrum(b, p.hessian())
		m.Curvature = values[0]
	}
	largest := 0
	for i, x := range b {
		if math.Abs(x) > math.Abs(b[largest])*(1+sameSize) {
			largest = i
		}
	}
	if b[largest] < 0 {
		for i := range b {
			b[i] = -b[i]
		}
		for i := range m.A {
			m.A[i] = -m.A[i]
		}
	}
	return m
}

// Minima of equal loss, up to tied, whose directions differ by less than sameDirection, an
// angle, are one. Entries of a direction that differ by less than sameSize are equally
// large: the first of them decides its sign, whatever rounding says.
const sameDirection, sameSize = 1e-5, 1e-9

// distinctMinima merges minima that are the same and sorts them by loss.
func distinctMinima(minima []LocalMinimum) []LocalMinimum {
	slices.SortStableFunc(minima, func(x, y LocalMinimum) int {
		switch {
		case x.Loss < y.Loss:
			return -1
		case x.Loss > y.Loss:
			return 1
		}
		return 0
	})
	var distinct []LocalMinimum
	for _, m := range minima {
		same := false
		for i := range distinct {
			o := &distinct[i]
			sum, difference := 0.0, 0.0
			for k := range m.B {
				sum += (m.B[k] + o.B[k]) * (m.B[k] + o.B[k])
				difference += (m.B[k] - o.B[k]) * (m.B[k] - o.B[k])
			}
			if math.Sqrt(min(sum, difference)) < sameDirection && math.Abs(m.Loss-o.Loss) <= tied*(math.Abs(o.Loss)+math.Abs(m.Loss)) {
				o.Hits += m.Hits
				same = true
				break
			}
		}
		if !same {
			distinct = append(distinct, m)
		}
	}
	return distinct
}

// lossKnown reports whether rounding, of H, h and c or on the way from X to its
// loss, can change the loss by no more than what counts as equal.
func lossKnown(form *moment.Form, X []float64, loss float64) bool {
	n := len(X)
	size := math.Abs(form.C)
	for i, x := range X {
		row := 2 * math.Abs(form.L[i])
		for k, y := range X {
			row += math.Abs(form.H.At(i, k)) * math.Abs(y)
		}
		size += row * math.Abs(x)
	}
	return certificate.Gamma(2*n+8)*size <= tied*math.Abs(loss)
}

// BestGiven returns the least loss of a transformer with the given b ([D], not
// zero), min_A f(b, A), and an A ([D, q] row-major) that attains it. The loss
// depends on the direction of b only.
func BestGiven(form *moment.Form, b []float64) (loss float64, A []float64, err error) {
	if err := usableForm(form); err != nil {
		return 0, nil, err
	}
	if len(b) != form.Q+1 {
		return 0, nil, fmt.Errorf("b has %d entries, want %d", len(b), form.Q+1)
	}
	b = slices.Clone(b)
	norm := normalise(b)
	if norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
		return 0, nil, errors.New("b must be finite and not zero")
	}
	p := newProjected(form)
	loss = p.eval(b)
	A = p.parameters()
	for i := range A {
		A[i] /= norm
	}
	return loss, A, nil
}
