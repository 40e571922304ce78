// Package trace looks into a deep linear self-attention layer by layer, as
// the paper's Theorem 4.1 does: the forward pass of a structured model is a
// preconditioned descent of several objectives at once.
//
// A structured model of L layers turns a prompt into vectors w_0 = 0, w_1, ..,
// w_L of length q. After l layers the label of an in-context column (x_j, y_j)
// has become y_j - w_l'x_j, and the query's, which starts at 0, is -w_l'u: the
// prediction. (The paper's text writes y_{n+1} = <w_l, x_{n+1}>; with the signs
// of its own Theorem 4.1 it is the negative of that.) So a model that predicts
// well has w near minus the regression vector of the labels, not near the
// minimiser of the squared residuals, which is one of the objectives below.
//
// Each prompt has 2D objectives of w, D = q+1: R1(w) and R2(w) in R^D. With
// their gradients as rows of the [D, q] matrices grad R1 and grad R2, and layer
// l written as A_l = -[Abar_l; a_l'],
//
//	w_{l+1}' = w_l' - b_l' ( grad R1(w_l) Abar_l + grad R2(w_l) [0; a_l'] ),
//
// summed over the heads of the layer where there are several.
//
//	result, err := trace.Run(ctx, model, task, sampler, trace.Settings{Prompts: 100})
//	for _, layer := range result.Layers {
//		fmt.Println(layer.Layer, layer.QueryLoss.Mean, layer.R1[0].Mean)
//	}
//
// Where to read what:
//
//   - objectives.go: R1, R2 and their gradients for a prompt
//   - identity.go: the update above, and how far a real forward pass is from it
//   - trace.go: w, R1, R2 and the loss of a model layer by layer, over many prompts;
//     sums.go: their means
//   - pareto.go: points, and which of them are not dominated
//   - front.go: a reference Pareto front of a prompt's objectives; descend.go: its last step
//   - indicators.go: generational distances and hypervolume
//   - random.go: random models whose w stays bounded
package trace

import (
	"context"
	"fmt"
	"math"

	"markovicl/internal/each"
	"markovicl/lsa"
	"markovicl/markov"
)

// Settings say what a trace looks at. The zero value of each field is its
// default.
type Settings struct {
	Prompts int            // default 100
	Workers int            // goroutines, default GOMAXPROCS; no number depends on it
	Pareto  *FrontSettings // nil: no Pareto front and no distances to it

	// Progress, if not nil, is told how many prompts of how many are done. It is
	// called by one goroutine at a time.
	Progress func(done, total int)
}

// Estimate is the mean of a number over prompts. SE is its standard error, the
// standard deviation of the prompts divided by sqrt(Count), and 0 where Count,
// the number of prompts that have the number at all, is below 2.
type Estimate struct {
	Mean, SE float64
	Count    int
}

// Layer is what a trace knows of w_l, l = 0..L.
type Layer struct {
	Layer     int
	W         []Estimate // [q] w_l
	R1, R2    []Estimate // [D] the objectives at w_l
	QueryLoss Estimate   // (-w_l'u - y)^2, the squared error if layer l were the last

	// The gradients' norms |grad R_k(w_l)|, [D].
	Norm1, Norm2 []Estimate

	// The cosine of the layer's step w_{l+1} - w_l with minus the gradient of each
	// objective, [D]: positive where the step descends. Prompts whose step or
	// gradient is 0 have none. Nil for l = L, which takes no step.
	Cosine1, Cosine2 []Estimate

	// With Pareto: the distance of (R1, R2)(w_l) to the prompt's reference front,
	// that is the generational distance of this one point, the same against the
	// front without the points of the trace, and the share of prompts in which
	// w_l itself is dominated. Count is 0 without Pareto.
	GD, GDSampled, Dominated Estimate

	// The same at -w_l = theta_l, against a front with these points instead. The
	// theorem is not about them; but a model whose prediction theta_l'u is good
	// has theta_l near the minimiser of the squared residual, and the paper's
	// sentence y_{n+1} = <w_l, x_{n+1}> puts its objectives there.
	GDMirrored, DominatedMirrored Estimate
}

// Result is what a trace found.
type Result struct {
	Layers  []Layer // [L+1]
	Prompts int

	// IdentityError is the largest deviation from Theorem 4.1 over prompts and
	// layers, relative to 1 + |w_{l+1}|: of the Gram-compressed forward pass in
	// every prompt, and of the explicit one, token by token, in the first
	// ExplicitPrompts ([IdentityError]).
	IdentityError   float64
	ExplicitPrompts int

	LargestW float64 // the largest |w_lk| over all prompts, layers and coordinates
	// With Pareto: GD and GDMirrored of every layer prompt by prompt, flat
	// [Prompts, L+1], for comparisons of layers within a prompt.
	PromptGD, PromptGDMirrored []float64
	// The same with the objectives scaled to the range of the front and of the
	// prompt's whole trace together, which does not vanish where the front is nearly
	// one point: no distance is above sqrt(2D).
	PromptGDJoint, PromptGDJointMirrored []float64

	FrontSize float64 // with Pareto: mean number of points in a reference front
	Box       *Box    // with Pareto: where the fronts were looked for
}

// The explicit forward pass takes time and memory of order n^2, so a trace runs
// it on few prompts, and on none with more columns than this.
const (
	explicitPrompts = 10
	explicitColumns = 1000
)

// Run runs model p on prompts 0..Prompts-1 of a source for task t and looks
// at every layer: see [Layer]. Results are bit-identical for any number of
// workers.
//
// It fails if a number is no longer finite (the model's parameters are too large
// for its depth), if the source fails, or if ctx is done.
func Run(ctx context.Context, p *lsa.Structured, t markov.Task, source markov.Source, s Settings) (*Result, error) {
	if p.Dim != t.Dim() {
		return nil, fmt.Errorf("the model is for prompt matrices of %d rows, and those of the task have %d (%s)", p.Dim, t.Dim(), t)
	}
	if s.Prompts == 0 {
		s.Prompts = 100
	}
	if s.Prompts < 1 {
		return nil, fmt.Errorf("prompts must be at least 1, got %d", s.Prompts)
	}
	phases := 1
	if s.Pareto != nil {
		phases = 2
	}
	report := func(phase int) func(int) {
		return func(done int) {
			if s.Progress != nil {
				s.Progress(phase*s.Prompts+done, phases*s.Prompts)
			}
		}
	}
	total := newLayerSums(p)
	result := &Result{Prompts: s.Prompts}
	err := inChunks(ctx, s.Prompts, s.Workers, func() *tracer { return newTracer(p, t, source) },
		(*tracer).chunk,
		func(c *traceChunk) {
			total.merge(c.sums)
			result.IdentityError = max(result.IdentityError, c.identity)
			result.ExplicitPrompts += c.explicit
			result.LargestW = max(result.LargestW, c.largest)
		}, report(0))
	if err != nil {
		return nil, err
	}
	result.Layers = total.layers(p)
	if s.Pareto == nil {
		return result, nil
	}
	if err := traceFronts(ctx, p, t, source, s, result, report(1)); err != nil {
		return nil, err
	}
	return result, nil
}

// tracer runs prompts for one goroutine.
type tracer struct {
	p          *lsa.Structured
	t          markov.Task
	source     markov.Source
	prompt     markov.Prompt
	forward    *lsa.StructuredForward
	objectives *Objectives
	w          []float64 // [L+1, q]
	u          []float64 // [q]
	next, step []float64 // [q]
	r1, r2     []float64 // [D]
	g1, g2     []float64 // [D, q]
}

func newTracer(p *lsa.Structured, t markov.Task, source markov.Source) *tracer {
	D, q := p.Dim, p.Dim-1
	return &tracer{
		p: p, t: t, source: source, forward: lsa.NewStructuredForward(p), objectives: NewObjectives(q),
		w: make([]float64, (p.Layers+1)*q), u: make([]float64, q), next: make([]float64, q), step: make([]float64, q),
		r1: make([]float64, D), r2: make([]float64, D), g1: make([]float64, D*q), g2: make([]float64, D*q),
	}
}

// run takes prompt i through the model: afterwards w, u and objectives are its.
func (r *tracer) run(i uint64) error {
	if err := r.source.Prompt(&r.prompt, i); err != nil {
		return err
	}
	r.objectives.SetPrompt(r.t, &r.prompt)
	r.t.Query(r.u, &r.prompt)
	if _, err := r.forward.Theta(r.objectives.Gram()); err != nil {
		return fmt.Errorf("prompt %d: %w", i, err)
	}
	q := len(r.u)
	for l := range r.p.Layers + 1 {
		for k, theta := range r.forward.Layer(l) {
			r.w[l*q+k] = 0 - theta // not -theta, whose zeros are negative
		}
	}
	return nil
}

func (r *tracer) layer(l int) []float64 { return r.w[l*len(r.u) : (l+1)*len(r.u)] }

// traceChunk is what a chunk of prompts adds to a trace.
type traceChunk struct {
	sums     *layerSums
	identity float64
	explicit int
	largest  float64
}

// chunk traces prompts first <= i < last.
func (r *tracer) chunk(first, last int) (*traceChunk, error) {
	c := &traceChunk{sums: newLayerSums(r.p)}
	for i := first; i < last; i++ {
		if err := r.run(uint64(i)); err != nil {
			return nil, err
		}
		label := r.t.Target(&r.prompt)
		for l := range r.p.Layers + 1 {
			w, at := r.layer(l), c.sums.at(l)
			r.objectives.Values(r.r1, r.r2, w)
			r.objectives.Gradients(r.g1, r.g2, w)
			if !finite(r.r1) || !finite(r.r2) || !finite(r.g1) || !finite(r.g2) {
				return nil, fmt.Errorf("prompt %d, layer %d: an objective is no finite number; the parameters are too large for this depth", i, l)
			}
			for _, wk := range w {
				c.largest = max(c.largest, math.Abs(wk))
			}
			at.w.add(w)
			at.r1.add(r.r1)
			at.r2.add(r.r2)
			miss := 0 - dot(w, r.u) - label
			at.loss.addOne(miss * miss)
			r.step = r.step[:0]
			if l < r.p.Layers {
				for k, next := range r.layer(l + 1) {
					r.step = append(r.step, next-w[k])
				}
				Step(r.next, w, r.g1, r.g2, r.p, l)
				c.identity = max(c.identity, stepDeviation(r.layer(l+1), r.next))
			}
			at.norm1.addNorms(r.g1, at.cosine1, r.step)
			at.norm2.addNorms(r.g2, at.cosine2, r.step)
		}
		if i < explicitPrompts && r.t.Columns(&r.prompt) <= explicitColumns {
			deviation, err := IdentityError(r.p, r.t.Z0(&r.prompt))
			if err != nil {
				return nil, fmt.Errorf("prompt %d: %w", i, err)
			}
			c.identity = max(c.identity, deviation)
			c.explicit++
		}
	}
	return c, nil
}

func finite(xs []float64) bool {
	for _, x := range xs {
		if math.IsNaN(x - x) {
			return false
		}
	}
	return true
}

// chunkSize is how many prompts a worker takes at a time. Sums are made chunk by
// chunk and merged in order, so it is part of the last bits of every result.
const chunkSize = 16

// inChunks calls work on 0 <= first < last <= total, each chunk once, by several
// workers with a state of their own, and merge on the outcomes in the order of
// the chunks. The first error, in that order, ends it.
func inChunks[S, C any](ctx context.Context, total, workers int, state func() S, work func(s S, first, last int) (C, error), merge func(C), done func(int)) error {
	chunks := (total + chunkSize - 1) / chunkSize
	last := func(c int) int { return min((c+1)*chunkSize, total) }
	return each.Merge(ctx, chunks, each.Settings{Workers: workers}, func(int) func(int) (C, error) {
		s := state()
		return func(c int) (C, error) { return work(s, c*chunkSize, last(c)) }
	}, func(c int, value C) {
		merge(value)
		done(last(c))
	})
}
