package moment

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/each"
)

// A Draw writes prompt number i: its Gram matrix to G, flat [D*D], of which the
// upper triangle counts, and the features of its query to u, [q], and returns its
// label. The prompt depends on i alone.
type Draw func(i int, G, u []float64) (y float64, err error)

// promptBlock is how many prompts are drawn at a time; blocks and the prompts within
// them are summed up in order.
const promptBlock = 256

// FromPrompts returns the loss of one-layer linear self-attention on prompts 0 ..
// prompts-1, as a quadratic form in the enlarged parameters: H, h and c of [Form] are
// means over these prompts, and its minimiser is the least-squares fit to them. D is
// the number of rows of a prompt matrix, q = D-1. Each goroutine asks newDraw for
// a function of its own; the form has the same bits for any number of workers.
func FromPrompts(ctx context.Context, D, prompts int, s each.Settings, newDraw func() (Draw, error)) (*Form, error) {
	if prompts < 1 {
		return nil, fmt.Errorf("moments of prompts take at least one prompt, got %d", prompts)
	}
	q, m := D-1, Pairs(D)
	dim := q * m
	form := &Form{Q: q, H: mat.NewSymDense(dim, nil), L: make([]float64, dim)}
	draws := make([]Draw, each.Workers(s.Workers, min(promptBlock, prompts)))
	for w := range draws {
		var err error
		if draws[w], err = newDraw(); err != nil {
			return nil, err
		}
	}
	weight := 1 / float64(prompts)
	features := mat.NewDense(min(promptBlock, prompts), dim, nil) // u (x) g of a prompt a row
	labels := make([]float64, promptBlock)
	for first := 0; first < prompts; first += promptBlock {
		size := min(promptBlock, prompts-first)
		err := each.Do(ctx, size, each.Settings{Workers: len(draws)}, func(w int) func(int) error {
			G, u := make([]float64, D*D), make([]float64, q)
			return func(k int) (err error) {
				if labels[k], err = draws[w](first+k, G, u); err != nil {
					return err
				}
				row := features.RawRowView(k)
				for _, uj := range u {
					for i := range D {
						for j, g := range G[i*D+i : (i+1)*D] {
							row[j] = uj * g
						}
						row = row[D-i:]
					}
				}
				return nil
			}
		})
		if err != nil {
			return nil, err
		}
		form.H.SymRankK(form.H, weight, features.Slice(0, size, 0, dim).T())
		L := blas64.Vector{N: dim, Inc: 1, Data: form.L}
		for k, y := range labels[:size] {
			form.C += weight * y * y
			blas64.Axpy(weight*y, blas64.Vector{N: dim, Inc: 1, Data: features.RawRowView(k)}, L)
		}
		if s.Progress != nil {
			s.Progress(first + size)
		}
	}
	sum := form.C // H is a sum of squares: its diagonal bounds what is beside it
	for i, x := range form.L {
		sum += math.Abs(x) + form.H.At(i, i)
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, fmt.Errorf("the moments of these prompts are not finite numbers: some entry of G, u or y is not, or is so large that its products leave the range of floating numbers")
	}
	return form, nil
}
