package landscape

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"markovicl/internal/each"
	"markovicl/moment"
)

// Every linear self-attention, structured or dense, of any number of layers and
// heads, predicts theta(G)'u: linear in the query's features u, with a vector that
// depends on the in-context columns alone. Given those, C, no such vector does
// better than K^+k, K = E[uu' | C], k = E[u y | C], so that no model's loss is
// below
//
//	F = c - E[k'K^+k],
//
// the floor of every depth. Where the Gram matrix tells as much as C it is the
// infimum over all functions theta of G. F is not above the enlarged optimum f~*,
// whose vector theta*_j = <X*_j, g> is one of the functions; the difference
//
//	f~* - F = E (theta* - K^+k)'K(theta* - K^+k)
//
// is what depth and heads could gain at most.

// Floor is the floor of every depth of a task.
type Floor struct {
	Value    float64
	SE       float64 // standard error; 0 if no chance is involved
	Contexts int     // how many were drawn; 0 if no chance is involved
	Exact    *big.Rat
	Claim    moment.Claim // Exact where Exact is not nil, else Numeric
	Method   string       // in words
}

// Gain returns the part of a loss that depth could take away at most, not below 0.
func (f Floor) Gain(loss float64) float64 {
	if loss <= 0 {
		return 0
	}
	return max(0, (loss-f.Value)/loss)
}

// Contexts are the in-context columns of a task as the floor asks for them:
// [moment.Contexts], or those of a task of one's own.
type Contexts interface {
	// Sum returns E[k'K^+k] where it is a sum, else nil.
	Sum(ctx context.Context) (*moment.ContextSum, error)
	// Drawer returns a function for one goroutine that draws context i.
	Drawer() (func(i uint64) (*moment.ContextDraw, error), error)
}

// FloorSettings are the settings of a floor that is sampled.
type FloorSettings struct {
	Contexts int // how many to draw, default DefaultContexts
	Workers  int // goroutines, 0 for one a processor; the result does not depend on it
	Progress func(done int)
}

// DefaultContexts is how many contexts are drawn where nobody says.
const DefaultContexts = 2000

// FloorOf returns the floor of the task whose loss is the form f, with optimum o,
// at the n of the contexts. Where E[k'K^+k] is no sum, the difference to the
// optimum is sampled, which has a far smaller error than k'K^+k itself.
func FloorOf(ctx context.Context, contexts Contexts, f *moment.Form, o *Optimum, set FloorSettings) (Floor, error) {
	sum, err := contexts.Sum(ctx)
	if err != nil {
		return Floor{}, err
	}
	if sum != nil {
		floor := Floor{Value: f.C - sum.Explained, Claim: moment.Numeric, Method: sum.Method}
		if sum.Exact != nil {
			if c := exactPower(ctx, f); c != nil {
				floor.Exact = c.Sub(c, sum.Exact)
				floor.Value, floor.Claim = nearest(floor.Exact), moment.Exact
			}
		}
		floor.Value = max(floor.Value, 0)
		return floor, nil
	}
	if set.Contexts == 0 {
		set.Contexts = DefaultContexts
	}
	if set.Contexts < 2 {
		return Floor{}, fmt.Errorf("landscape: a floor takes at least 2 contexts, for there is no standard error from %d", set.Contexts)
	}
	gains := make([]float64, set.Contexts)
	var failed error
	workers := each.Workers(set.Workers, set.Contexts)
	drawers := make([]func(i uint64) (*moment.ContextDraw, error), workers)
	for w := range drawers {
		if drawers[w], failed = contexts.Drawer(); failed != nil {
			return Floor{}, failed
		}
	}
	err = each.Do(ctx, set.Contexts, each.Settings{Workers: workers, Progress: set.Progress}, func(worker int) func(i int) error {
		draw, star := drawers[worker], make([]float64, f.Q)
		return func(i int) error {
			d, err := draw(uint64(i))
			if err != nil {
				return err
			}
			linearIn(star, o.X, d.Gram)
			gains[i] = d.Gap(star)
			return nil
		}
	})
	if err != nil {
		return Floor{}, err
	}
	var mean, square float64
	for _, g := range gains {
		mean += g / float64(len(gains))
	}
	for _, g := range gains {
		square += (g - mean) * (g - mean)
	}
	n := float64(len(gains))
	if math.IsNaN(mean - mean) {
		return Floor{}, fmt.Errorf("landscape: the difference between the optimum and the floor came out as %v; the optimum is not usable", mean)
	}
	return Floor{
		Value: max(0, o.Loss-mean), SE: math.Sqrt(square / (n - 1) / n), Contexts: len(gains),
		Claim: moment.Numeric, Method: fmt.Sprintf("mean over %d contexts", len(gains)),
	}, nil
}

// MeanFloor returns the floor of a loss that is the mean of losses with the given
// floors, at several n: as a model's vector may depend on n by what it sees, each is
// reached alone. Their errors are taken as independent.
func MeanFloor(floors []Floor) Floor {
	mean := Floor{Exact: new(big.Rat), Claim: moment.Exact, Method: fmt.Sprintf("mean of %d floors", len(floors))}
	n := float64(len(floors))
	for _, f := range floors {
		mean.Value += f.Value / n
		mean.SE = math.Hypot(mean.SE, f.SE/n)
		mean.Contexts += f.Contexts
		if f.Exact == nil || mean.Exact == nil {
			mean.Exact, mean.Claim = nil, moment.Numeric
			continue
		}
		mean.Exact.Add(mean.Exact, f.Exact)
	}
	if mean.Exact != nil {
		mean.Exact.Mul(mean.Exact, big.NewRat(1, int64(len(floors))))
		mean.Value = nearest(mean.Exact)
	}
	return mean
}

// exactPower returns E[y^2] as a fraction, nil if it is not known as one.
func exactPower(ctx context.Context, f *moment.Form) *big.Rat {
	exact, err := f.Fractions(ctx, affordableWork)
	if err != nil {
		return nil
	}
	return new(big.Rat).Set(exact.C)
}

// linearIn writes theta_j = <X_j, g> to dst, length q, where g is the upper
// triangle of the Gram matrix, flat [D*D].
func linearIn(dst, X, gram []float64) {
	q := len(dst)
	D := q + 1
	r := 0
	for j := range dst {
		var sum float64
		for i := range D {
			for _, g := range gram[i*D+i : (i+1)*D] {
				sum += X[r] * g
				r++
			}
		}
		dst[j] = sum
	}
}
