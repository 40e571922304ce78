package markov

import (
	"slices"
	"sync"
)

// GramSource has the prompts that a [GramSampler] draws into Gram matrices: prompt i of a
// GramSource is the one whose Gram matrix, features and label Draw(i, ..) of a sampler of
// the same task and seed gives, to the bit.
type GramSource struct{ samplers sync.Pool }

var _ Source = (*GramSource)(nil)

// NewGramSource returns the source of a task for a seed. It fails as NewGramSampler does.
func NewGramSource(t Task, seed uint64) (*GramSource, error) {
	first, err := NewGramSampler(t, seed)
	if err != nil {
		return nil, err
	}
	s := &GramSource{}
	s.samplers.New = func() any {
		again, _ := NewGramSampler(t, seed) // as the first, which did not fail
		return again
	}
	s.samplers.Put(first)
	return s, nil
}

// Prompt implements [Source].
func (s *GramSource) Prompt(p *Prompt, i uint64) error {
	g := s.samplers.Get().(*GramSampler)
	defer s.samplers.Put(g)
	if g.plain != nil {
		return g.plain.Prompt(p, i)
	}
	if err := g.draw(i); err != nil {
		return err
	}
	S, d, n := g.task.states, g.task.positions, int(g.task.n)
	p.Real = nil
	p.Kernel = Kernel{S, slices.Clone(g.kernel.p)}
	p.Query = append(p.Query[:0], g.states[:d]...)
	p.Label = g.states[d]
	p.Context = resize(p.Context, n*(d+1))
	for t := range d + 1 {
		for state := range S {
			mask := g.masks[(t*S+state)*g.words : (t*S+state+1)*g.words]
			for k := range n {
				if mask[k/64]>>(k%64)&1 == 1 {
					p.Context[k*(d+1)+t] = State(state)
				}
			}
		}
	}
	return nil
}
