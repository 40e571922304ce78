package trace

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"

	"markovicl/lsa"
	"markovicl/markov"
)

// A reference front is made in three steps, all from one seed.
//
//  1. Samples points of the box from a randomised Halton sequence, which covers
//     q dimensions more evenly than independent draws, are filtered.
//  2. In each of Rounds rounds as many children of the points kept are added and
//     all are filtered again. Half of the children are a parent moved by a normal
//     step of a standard deviation of a tenth of the box's width (a quarter of
//     that in each further round); the others a parent plus half the difference
//     of two others, as in differential evolution, which follows the shape of the
//     front. Children outside the box are put on its border, where much of the
//     front is: R1_1..R1_q are linear in w.
//  3. Points given by the caller, such as the w_l of a trace, compete as well, and
//     from each of them starts a descent of all objectives at once (Désidéri's
//     multiple-gradient descent) as long as no objective rises. It ends at points
//     near to the start that dominate it, where there are any.
//
// The objectives are polynomials of degree up to 3, not convex: a front found
// this way is a set of points none of which dominates another, and nothing
// proves that no unseen point dominates one of them. What does not depend on the
// sampling: a point that is found to be dominated is dominated.
//
// The box matters: R1_1..R1_q are linear and fall without end where w grows, so
// that without a box there is no ideal point. Whether w is dominated hardly
// depends on it, since whatever dominates w has a squared residual R1_{q+1}
// that is no larger, and with a nonsingular G_xx that is a bounded ellipsoid.

// FrontSettings say how a reference front is made. The zero value of each field
// is its default.
type FrontSettings struct {
	Box     *Box   // where w is looked for; nil: a cube around 0 that holds all w of the trace, see [Run]
	Samples int    // points of the box, and children in each round; default 2048
	Rounds  int    // rounds of refinement; default 3, negative for none
	Seed    uint64 // of the sample and of the refinement
}

func (s FrontSettings) withDefaults() (FrontSettings, error) {
	if s.Samples == 0 {
		s.Samples = 2048
	}
	if s.Rounds == 0 {
		s.Rounds = 3
	}
	s.Rounds = max(s.Rounds, 0)
	if s.Samples < 4 {
		return s, fmt.Errorf("a Pareto front takes at least 4 samples, got %d", s.Samples)
	}
	return s, nil
}

// stream returns the source of randomness number i of a front. Prompts drawn
// with the same seed have other streams.
func (s FrontSettings) stream(i uint64) *rand.PCG {
	return markov.Stream(markov.Stream(s.Seed, math.MaxUint64-1).Uint64(), i)
}

// Box is a box of w: Low_k <= w_k <= High_k.
type Box struct {
	Low, High []float64 // [q]
}

// Cube returns the box of q coordinates from -half to half.
func Cube(q int, half float64) *Box {
	b := &Box{make([]float64, q), make([]float64, q)}
	for k := range q {
		b.Low[k], b.High[k] = -half, half
	}
	return b
}

func (b *Box) check(q int) error {
	if len(b.Low) != q || len(b.High) != q {
		return fmt.Errorf("the box has %d lower and %d upper limits, want %d, one for each coordinate of w", len(b.Low), len(b.High), q)
	}
	for k := range q {
		if !(b.Low[k] < b.High[k]) || math.IsInf(b.High[k]-b.Low[k], 0) {
			return fmt.Errorf("the box is [%v, %v] in coordinate %d of w; the limits must be finite and in order", b.Low[k], b.High[k], k+1)
		}
	}
	return nil
}

// Front is a reference Pareto front of one prompt's objectives: points w and
// their objectives F = (R1, R2), none of which dominates another.
type Front struct {
	W Points // [N, q]
	F Points // [N, 2D]
}

// NewFront returns a reference front of o in the settings' box, which must be
// given. Each of the points start, [.., q], competes and is descended from; they
// may lie outside the box. Equal arguments give equal fronts.
func NewFront(ctx context.Context, o *Objectives, s FrontSettings, start Points) (*Front, error) {
	s, err := s.withDefaults()
	if err != nil {
		return nil, err
	}
	if s.Box == nil {
		return nil, errors.New("a front needs a box in which w is looked for")
	}
	if err := s.Box.check(o.q); err != nil {
		return nil, err
	}
	f, err := sampledFront(ctx, o, s, s.Box.halton(s))
	if err != nil {
		return nil, err
	}
	return f.compete(o, s.Box, start)
}

// halton returns the first Samples points of a Halton sequence with randomly
// permuted digits, in the box.
func (b *Box) halton(s FrontSettings) Points {
	q := len(b.Low)
	batch := mat.NewDense(s.Samples, q, nil)
	samplemv.Halton{
		Kind: samplemv.Owen, Q: distmv.NewUnitUniform(q, nil), Src: s.stream(0),
	}.Sample(batch)
	w := Points{M: q, F: batch.RawMatrix().Data}
	for i := range w.F {
		k := i % q
		w.F[i] = b.Low[k] + w.F[i]*(b.High[k]-b.Low[k])
	}
	return w
}

// sampledFront does steps 1 and 2 from the given sample of the box.
func sampledFront(ctx context.Context, o *Objectives, s FrontSettings, sample Points) (*Front, error) {
	f := &Front{W: Points{M: o.q}, F: Points{M: 2 * (o.q + 1)}}
	for i := range sample.Len() {
		f.add(o, sample.At(i))
	}
	if err := f.filter(); err != nil {
		return nil, err
	}
	w := make([]float64, o.q)
	spread := 0.1
	for round := range s.Rounds {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		rng := rand.New(s.stream(uint64(round) + 1))
		parents := f.W.Len()
		for child := range s.Samples {
			copy(w, f.W.At(rng.IntN(parents)))
			if child%2 == 0 {
				for k := range w {
					w[k] += spread * (s.Box.High[k] - s.Box.Low[k]) * rng.NormFloat64()
				}
			} else {
				a, b := f.W.At(rng.IntN(parents)), f.W.At(rng.IntN(parents))
				for k := range w {
					w[k] += (a[k] - b[k]) / 2
				}
			}
			for k := range w {
				w[k] = min(max(w[k], s.Box.Low[k]), s.Box.High[k])
			}
			f.add(o, w)
		}
		if err := f.filter(); err != nil {
			return nil, err
		}
		spread /= 4
	}
	return f, nil
}

// compete returns the front with the points start, and what a descent from each
// of them finds, added. The points of f do not dominate each other, so only
// pairs with a new point are compared.
func (f *Front) compete(o *Objectives, box *Box, start Points) (*Front, error) {
	added := &Front{W: Points{M: f.W.M}, F: Points{M: f.F.M}}
	d := newDescender(o, box)
	for i := range start.Len() {
		added.add(o, start.At(i))
		added.add(o, d.descend(start.At(i)))
	}
	if err := added.filter(); err != nil {
		return nil, err
	}
	out := &Front{W: Points{M: f.W.M}, F: Points{M: f.F.M}}
	out.appendUndominated(f, added)
	out.appendUndominated(added, f)
	return out, nil
}

// appendUndominated appends the points of f that no point of other dominates.
func (out *Front) appendUndominated(f, other *Front) {
next:
	for i := range f.F.Len() {
		for j := range other.F.Len() {
			if Dominates(other.F.At(j), f.F.At(i)) {
				continue next
			}
		}
		out.W.Append(f.W.At(i))
		out.F.Append(f.F.At(i))
	}
}

// add evaluates the objectives at w and appends both.
func (f *Front) add(o *Objectives, w []float64) {
	at := len(f.F.F)
	f.F.F = append(f.F.F, make([]float64, f.F.M)...)
	o.Values(f.F.F[at:at+o.q+1], f.F.F[at+o.q+1:], w)
	f.W.Append(w)
}

// filter drops dominated points.
func (f *Front) filter() error {
	keep, err := NonDominated(f.F)
	if err != nil {
		return err
	}
	f.W, f.F = f.W.Select(keep), f.F.Select(keep)
	return nil
}

// traceFronts fills in what a trace says with Pareto. One sample of the box
// serves all prompts.
func traceFronts(ctx context.Context, p *lsa.Structured, t markov.Task, source markov.Source, s Settings, result *Result, done func(int)) error {
	settings, err := s.Pareto.withDefaults()
	if err != nil {
		return err
	}
	if settings.Box == nil {
		settings.Box = Cube(p.Dim-1, max(1, 1.25*result.LargestW))
	}
	if err := settings.Box.check(p.Dim - 1); err != nil {
		return err
	}
	sample := settings.Box.halton(settings)
	newSums := func() *frontSums {
		each := func() sums { return make(sums, p.Layers+1) }
		return &frontSums{gd: each(), sampled: each(), dominated: each(), gdMirrored: each(), dominatedMirrored: each()}
	}
	total := newSums()
	err = inChunks(ctx, s.Prompts, s.Workers, func() *tracer { return newTracer(p, t, source) },
		func(r *tracer, first, last int) (*frontSums, error) {
			c := newSums()
			for i := first; i < last; i++ {
				if err := r.run(uint64(i)); err != nil {
					return nil, err
				}
				if err := c.addPrompt(ctx, r.objectives, settings, sample, Points{M: p.Dim - 1, F: r.w}); err != nil {
					return nil, err
				}
			}
			return c, nil
		}, total.merge, done)
	if err != nil {
		return err
	}
	for l := range result.Layers {
		layer := &result.Layers[l]
		layer.GD, layer.GDSampled, layer.Dominated = total.gd[l].estimate(), total.sampled[l].estimate(), total.dominated[l].estimate()
		layer.GDMirrored, layer.DominatedMirrored = total.gdMirrored[l].estimate(), total.dominatedMirrored[l].estimate()
	}
	result.PromptGD, result.PromptGDMirrored = total.byPrompt, total.byPromptMirrored
	result.PromptGDJoint, result.PromptGDJointMirrored = total.byPromptJoint, total.byPromptJointMirrored
	result.FrontSize, result.Box = total.size.mean, settings.Box
	return nil
}

// frontSums holds the sums of what a trace says with Pareto, each [L+1].
type frontSums struct {
	gd, sampled, dominated, gdMirrored, dominatedMirrored sums

	byPrompt, byPromptMirrored           []float64 // [prompts, L+1] the distances themselves
	byPromptJoint, byPromptJointMirrored []float64 // the same, scaled by front and path together
	size                                 sum       // points of a front
}

// addPrompt adds the prompt of o, whose w_l are the points of path.
func (c *frontSums) addPrompt(ctx context.Context, o *Objectives, s FrontSettings, sample, path Points) error {
	sampled, err := sampledFront(ctx, o, s, sample)
	if err != nil {
		return err
	}
	front, err := sampled.compete(o, s.Box, path)
	if err != nil {
		return err
	}
	mirrored := Points{M: path.M, F: make([]float64, len(path.F))}
	for i, x := range path.F {
		mirrored.F[i] = 0 - x
	}
	mirroredFront, err := sampled.compete(o, s.Box, mirrored)
	if err != nil {
		return err
	}
	gd, joint := front.distances(o, path)
	c.gd.add(gd)
	c.byPrompt, c.byPromptJoint = append(c.byPrompt, gd...), append(c.byPromptJoint, joint...)
	c.dominated.add(positive(gd))
	alone, _ := sampled.distances(o, path)
	c.sampled.add(alone)
	gd, joint = mirroredFront.distances(o, mirrored)
	c.gdMirrored.add(gd)
	c.byPromptMirrored, c.byPromptJointMirrored = append(c.byPromptMirrored, gd...), append(c.byPromptJointMirrored, joint...)
	c.dominatedMirrored.add(positive(gd))
	c.size.addOne(float64(front.F.Len()))
	return nil
}

func (c *frontSums) merge(other *frontSums) {
	for l := range c.gd {
		c.gd[l].merge(other.gd[l])
		c.sampled[l].merge(other.sampled[l])
		c.dominated[l].merge(other.dominated[l])
		c.gdMirrored[l].merge(other.gdMirrored[l])
		c.dominatedMirrored[l].merge(other.dominatedMirrored[l])
	}
	c.byPrompt = append(c.byPrompt, other.byPrompt...)
	c.byPromptMirrored = append(c.byPromptMirrored, other.byPromptMirrored...)
	c.byPromptJoint = append(c.byPromptJoint, other.byPromptJoint...)
	c.byPromptJointMirrored = append(c.byPromptJointMirrored, other.byPromptJointMirrored...)
	c.size.merge(other.size)
}

// distances returns the generational distance of each of the points w alone, with the
// objectives scaled to the front's range, and with them scaled to the range of the
// front and of all points w together. The first is large wherever the front is nearly
// one point; the second is not above sqrt(2D), since it has both within the unit cube.
// Each is exactly 0 for a w of the front.
func (f *Front) distances(o *Objectives, w Points) (own, joint []float64) {
	values := Points{M: f.F.M, F: make([]float64, w.Len()*f.F.M)}
	for i := range w.Len() {
		value := values.F[i*values.M : (i+1)*values.M]
		o.Values(value[:o.q+1], value[o.q+1:], w.At(i))
	}
	in := func(scale Range) []float64 {
		scaled := scale.Scale(f.F)
		out := make([]float64, w.Len())
		for i := range out {
			out[i] = GD(scale.Scale(NewPoints(values.At(i))), scaled)
		}
		return out
	}
	together := Points{M: f.F.M, F: slices.Concat(f.F.F, values.F)}
	return in(RangeOf(f.F)), in(RangeOf(together))
}

// positive returns 1 for each x that is positive and 0 for the others.
func positive(xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		if x > 0 {
			out[i] = 1
		}
	}
	return out
}
