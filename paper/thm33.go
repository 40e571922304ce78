package paper

import (
	"context"
	"fmt"
	"strconv"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

var theorem33 = Item{
	ID:       "thm3.3",
	Title:    "The closed form of the optimum for d = 1",
	Source:   "Theorem 3.3",
	Question: "For chains of length two with independent starts: is the optimum of the enlarged model a transformer, as the closed form says?",
	Claim:    "For d = 1 the global optimum of the one-layer loss is given in closed form by parameters (b, A) that realise X* = H⁻¹h.",
	Revision: 1,
	Run:      runTheorem33,
}

// runTheorem33 finds, for each p, the smallest n from which on X* is a
// transformer, which it is where X_xy^2 >= 4 X_xx X_yy.
func runTheorem33(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	step, largest := 5, 40 // of p in hundredths; of n
	if s.Quick {
		step, largest = 10, 20
	}
	smallest := Table{
		Name:    "smallest-n",
		Caption: "The smallest number n of in-context chains from which on the optimum is a transformer, by the probability p of starting in state 1, with the discriminant X_xy² - 4 X_xx X_yy there and just below.",
		Columns: []string{"p", "smallest_n", "discriminant_at_n", "discriminant_below"},
	}
	losses := Table{
		Name:    "losses",
		Caption: "The optimum for p = 1/2 by the number n of in-context chains.",
		Columns: []string{"n", "loss", "x_xx", "x_xy", "x_yy", "discriminant", "realisable"},
	}
	curve := Series{Name: "smallest n"}
	discriminants := Series{Name: "p = 0.5"}

	for p := step; p < 100; p += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		progress(p, 100)
		text := strconv.FormatFloat(float64(p)/100, 'f', 2, 64)
		task, err := markov.NewTask(markov.Spec{D: 1, P: text})
		if err != nil {
			return nil, err
		}
		moments, err := moment.Of(ctx, task, moment.Options{})
		if err != nil {
			return nil, err
		}
		first, before := 0, 0.0
		var at float64
		for n := 1; n <= largest; n++ {
			o, err := landscape.Minimise(ctx, moments.At(markov.Context(n)))
			if err != nil {
				return nil, err
			}
			discriminant := landscape.Discriminant(o.X)
			_, _, ok := landscape.Realise(o.X)
			switch {
			case ok && first == 0:
				first, at = n, discriminant
			case !ok && first != 0:
				return nil, fmt.Errorf("p = %s: realisable at n = %d but not at n = %d", text, first, n)
			case !ok:
				before = discriminant
			}
			if p == 50 {
				losses.Add(n, o.Loss, o.X[0], o.X[1], o.X[2], discriminant, ok)
				discriminants.X = append(discriminants.X, float64(n))
				discriminants.Y = append(discriminants.Y, discriminant)
			}
		}
		if first == 0 {
			return nil, fmt.Errorf("p = %s: not realisable up to n = %d", text, largest)
		}
		smallest.Add(float64(p)/100, first, at, before)
		curve.X = append(curve.X, float64(p)/100)
		curve.Y = append(curve.Y, float64(first))
	}
	return &Result{
		Verdict: AgreesWithCondition,
		Why: fmt.Sprintf("the closed form needs X_xy² ≥ 4 X_xx X_yy, which fails for few in-context chains: the optimum is a transformer from n = %.0f on (p = %.2f) to n = %.0f on (p = %.2f)",
			curve.Y[0], curve.X[0], curve.Y[len(curve.Y)-1], curve.X[len(curve.X)-1]),
		Tables: []Table{smallest, losses},
		Plots: []Plot{
			{
				Name: "smallest-n", Title: "From how many chains on is the optimum a transformer? (d = 1)",
				Caption: "Below the line no parameters (b, A) realise the optimum of the enlarged model. Exact moments.",
				X:       Axis{Label: "probability p that a chain starts in state 1", Min: number(0), Max: number(1)},
				Y:       Axis{Label: "smallest n", Min: number(0)},
				Series:  []Series{curve},
			},
			{
				Name: "discriminant", Title: "The condition of the closed form for p = 1/2",
				Caption: "The optimum is a transformer where the discriminant is not negative.",
				X:       Axis{Label: "in-context chains n", Log: true}, Y: Axis{Label: "X_xy² - 4 X_xx X_yy"},
				Series: []Series{discriminants},
				Levels: []Level{{Name: "0", Y: 0}},
			},
		},
	}, nil
}
