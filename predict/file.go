package predict

import (
	"context"
	"fmt"

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
		smaller := ""
		if most := w.Len()/2 - 1; most > 0 {
			smaller = fmt.Sprintf("a smaller `n`, %d at most, or ", most)
		}
		return nil, fmt.Errorf("a prior is fitted to stretches of n+1 = %d chains, and %d chains make %d of them where at least 2 are needed; give %sa longer file", n+1, w.Len(), units, smaller)
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
	settings := each.Settings{Workers: set.Workers, Progress: set.Progress}
	return moment.FromPrompts(ctx, t.Dim(), set.Prompts, settings, func() (moment.Draw, error) {
		var prompt markov.Prompt
		return func(i int, G, u []float64) (float64, error) {
			if err := source.Prompt(&prompt, set.First+uint64(i)); err != nil {
				return 0, err
			}
			t.Gram(G, &prompt)
			return t.Query(u, &prompt), nil
		}, nil
	})
}
