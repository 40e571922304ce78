package predict

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"markovicl/chainfile"
	"markovicl/internal/each"
	"markovicl/markov"
	"markovicl/moment"
)

// windowSource draws prompts from the windows of a chain file.
type windowSource struct {
	windows *chainfile.Windows
	seed    uint64
	n       int
}

func (s windowSource) Prompt(p *markov.Prompt, i uint64) error {
	s.windows.Prompt(p, s.seed, i, s.n)
	return nil
}

// FromWindows returns the prompts that are drawn from the windows of a chain
// file: n+1 different windows without replacement, one of them the query. It is
// an error if there are too few windows.
func FromWindows(w *chainfile.Windows, n int, seed uint64) (Source, error) {
	if err := w.CheckContext(n); err != nil {
		return nil, err
	}
	return windowSource{w, seed, n}, nil
}

// FitWindows fits a prior to the windows of a chain file: each contiguous
// stretch of n+1 windows, as many as a prompt has, is a unit of the likelihood;
// its transitions are those within the windows.
func FitWindows(w *chainfile.Windows, n int) (*PriorFit, error) {
	units := w.Stretches(n)
	if units < 2 {
		return nil, fmt.Errorf("a prior is fitted to stretches of n+1 = %d chains, and %d chains make %d of them where at least 2 are needed; give a smaller --n or --d, or a longer file", n+1, w.Len(), units)
	}
	S := len(w.Sequences.Labels)
	list := make([][]int, units)
	for k := range list {
		list[k] = make([]int, S*S)
		stretch := w.Stretch(n, k)
		for i := range stretch.Len() {
			chain := stretch.Chain(i)
			for j := 1; j < len(chain); j++ {
				list[k][int(chain[j-1])*S+int(chain[j])]++
			}
		}
	}
	return FitPrior(S, list)
}

// EmpiricalForm estimates the loss of one-layer linear self-attention (H, h and
// c of [moment.Form]) from the first prompts of a source. The result does not
// depend on the number of workers.
func EmpiricalForm(ctx context.Context, t markov.Task, source Source, set Settings) (*moment.Form, error) {
	if set.Prompts < 1 {
		return nil, fmt.Errorf("an estimate takes at least one prompt, got %d", set.Prompts)
	}
	q, D := t.QueryDim(), t.Dim()
	m := moment.Pairs(D)
	dim := q * m
	// Blocks of prompts are summed up each on its own, in their order.
	const block = 256
	blocks := (set.Prompts + block - 1) / block
	form := &moment.Form{Q: q, H: mat.NewSymDense(dim, nil), L: make([]float64, dim)}
	rows := mat.NewDense(min(block, set.Prompts), dim, nil)
	labels := make([]float64, block)
	for b := range blocks {
		size := min(block, set.Prompts-b*block)
		err := each.Do(ctx, size, each.Settings{Workers: set.Workers}, func(int) func(int) error {
			var prompt markov.Prompt
			return func(k int) error {
				if err := source.Prompt(&prompt, set.First+uint64(b*block+k)); err != nil {
					return err
				}
				G, u := gramAndFeatures(t, &prompt)
				g := upperTriangle(G, D)
				row := rows.RawRowView(k)
				for j, uj := range u {
					for r, x := range g {
						row[j*m+r] = uj * x
					}
				}
				labels[k] = t.Target(&prompt)
				return nil
			}
		})
		if err != nil {
			return nil, err
		}
		part := rows.Slice(0, size, 0, dim)
		form.H.SymRankK(form.H, 1/float64(set.Prompts), part.T())
		for k, y := range labels[:size] {
			form.C += y * y / float64(set.Prompts)
			for i, x := range rows.RawRowView(k) {
				form.L[i] += y * x / float64(set.Prompts)
			}
		}
		if set.Progress != nil {
			set.Progress(min((b+1)*block, set.Prompts))
		}
	}
	return form, nil
}
