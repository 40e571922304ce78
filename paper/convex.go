package paper

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/trace"
)

var convexItem = Item{
	ID:        "convex",
	Title:     "The curvature of the last R2 objective",
	Source:    "Section 4, after Theorem 4.1",
	Question:  "Is the last objective of R2 convex in w where w_d < 0 and concave elsewhere?",
	Statement: "The last R2 objective is convex if w_d < 0 and concave otherwise.",
	Revision:  1,
	Run:       runConvex,
}

// curvature counts how the Hessian was at random points on one side of w_d = 0.
type curvature struct {
	D        int    `column:"d"`
	Part     string `column:"columns"`      // which in-context columns
	Negative bool   `column:"w_d_negative"` // w_d < 0
	Points   int    `column:"points"`
	AsStated int    `column:"as_stated"`           // jointly in all of w
	Fixed    int    `column:"as_stated_w_d_fixed"` // in the other coordinates, w_d being fixed
	Mixed    int    `column:"indefinite"`          // jointly indefinite
}

const (
	allColumns  = "all columns"
	zeroColumns = "columns with x_d = 0"
)

func runConvex(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	prompts := 2000
	if s.Quick {
		prompts = 200
	}
	ds := []int{2, 3, 5}
	var all []curvature
	for k, d := range ds {
		progress(k, len(ds))
		task, err := markov.NewTask(markov.Spec{D: d, N: "10"})
		if err != nil {
			return nil, err
		}
		sampler, err := markov.NewSampler(task, s.Seed)
		if err != nil {
			return nil, err
		}
		for _, part := range []string{allColumns, zeroColumns} {
			for _, negative := range []bool{true, false} {
				c := curvature{D: d, Part: part, Negative: negative}
				for i := range prompts {
					if err := ctx.Err(); err != nil {
						return nil, err
					}
					var prompt markov.Prompt
					if err := sampler.Prompt(&prompt, uint64(i)); err != nil {
						return nil, err
					}
					if err := c.add(task, &prompt, rand.New(markov.Stream(s.Seed, uint64(i)))); err != nil {
						return nil, err
					}
				}
				all = append(all, c)
			}
		}
	}
	progress(len(ds), len(ds))
	whole, zero := sumCurvature(all, allColumns), sumCurvature(all, zeroColumns)
	return &Result{
		Setup:   fmt.Sprintf("two states, p = 1/2, uniform kernels, n = 10, d = 2, 3 and 5, %d prompts with a random w on each side (seed %d); eigenvalues of the Hessian, 0 within 1e-12 of the largest.", prompts, s.Seed),
		Verdict: verdictConvex(whole, zero), Condition: under(verdictConvex(whole, zero), "w_d fixed, x_d=0"),
		Why: fmt.Sprintf("jointly in w the curvature is as stated at %d of %d points and of both signs at %d; with w_d fixed it is as stated at %d, and at %d of %d for the part of the columns with x_d = 0, whose Hessian has 0 for w_d alone and mixed derivatives beside it",
			whole.AsStated, whole.Points, whole.Mixed, whole.Fixed, zero.Fixed, zero.Points),
		Quantity: "share of points at which the curvature is as stated, jointly in w",
		Ours:     number(float64(whole.AsStated) / float64(whole.Points)),
		Tables: []Table{TableOf("curvature",
			fmt.Sprintf("Second derivatives of the last R2 objective at random w (standard normal, with the sign of w_d as given), on %d prompts of n = 10 chains of two states: at how many of the points it is convex where w_d < 0 and concave elsewhere, jointly in w and in the other coordinates with w_d fixed, and at how many it is neither. The definition has one formula for columns with x_d ≠ 0 and another for those with x_d = 0, which are also taken for themselves.", prompts), all)},
	}, nil
}

// add draws a w and looks at the Hessian of the prompt there; a prompt without a
// column of the part has none.
func (c *curvature) add(task markov.Task, prompt *markov.Prompt, rng *rand.Rand) error {
	Z0 := task.Z0(prompt)
	q := task.QueryDim()
	_, n := Z0.Dims()
	var columns []float64
	for j := range n - 1 {
		if c.Part == allColumns || Z0.At(q-1, j) == 0 {
			columns = append(columns, mat.Col(nil, j, Z0)...)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	o := trace.NewObjectives(q)
	if err := o.SetColumns(columns); err != nil {
		return err
	}
	w := make([]float64, q)
	for i := range w {
		w[i] = rng.NormFloat64()
	}
	w[q-1] = math.Abs(w[q-1])
	if c.Negative {
		w[q-1] = -w[q-1]
	}
	h := make([]float64, q*q)
	o.Hessian(h, w)
	H := mat.NewSymDense(q, h)
	convex, concave := curvatureSigns(H)
	convexFixed, concaveFixed := curvatureSigns(H.SliceSym(0, q-1).(*mat.SymDense))
	c.Points++
	if c.Negative && convex || !c.Negative && concave {
		c.AsStated++
	}
	if c.Negative && convexFixed || !c.Negative && concaveFixed {
		c.Fixed++
	}
	if !convex && !concave {
		c.Mixed++
	}
	return nil
}

// curvatureSigns reports whether no eigenvalue is negative, and whether none is
// positive, up to rounding.
func curvatureSigns(H *mat.SymDense) (convex, concave bool) {
	var eigen mat.EigenSym
	if !eigen.Factorize(H, false) {
		panic("paper: no eigenvalues of a finite symmetric matrix")
	}
	values := eigen.Values(nil) // rising
	least, most := values[0], values[len(values)-1]
	const relative = 1e-12 // of eigenvalues of a few numbers of order 1
	rounding := relative * math.Max(math.Abs(least), math.Abs(most))
	return least >= -rounding, most <= rounding
}

func sumCurvature(all []curvature, part string) curvature {
	sum := curvature{Part: part}
	for _, c := range all {
		if c.Part == part {
			sum.Points, sum.AsStated, sum.Fixed, sum.Mixed = sum.Points+c.Points, sum.AsStated+c.AsStated, sum.Fixed+c.Fixed, sum.Mixed+c.Mixed
		}
	}
	return sum
}

// verdictConvex judges by the points at which the curvature is as stated: jointly in
// w at all of them; or, under a condition, with w_d fixed and for the columns with
// x_d = 0, for which the sign of w_d decides.
func verdictConvex(whole, zero curvature) Verdict {
	switch {
	case whole.AsStated == whole.Points:
		return Holds
	case zero.Fixed == zero.Points:
		return HoldsUnder
	}
	return Differs
}
