package paper

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

var lemma31 = Item{
	ID:        "lemma3.1",
	Title:     "Is H positive definite?",
	Source:    "Lemma 3.1",
	Question:  "For which embeddings, starts and numbers of in-context chains is H positive definite, so that X* = H⁻¹h is the one minimiser?",
	Statement: "H is positive definite, so the loss is strictly convex in the enlarged parameters.",
	Revision:  2,
	Run:       runLemma31,
}

// lemma31Task is a family of tasks, one for each d.
type lemma31Task struct {
	name  string
	spec  markov.Spec // without d
	paper bool        // within the paper's setting: states as numbers, starts that leave no state out
}

var lemma31Tasks = []lemma31Task{
	{"p = 1/2", markov.Spec{P: "1/2"}, true},
	{"p = 1/10", markov.Spec{P: "1/10"}, true},
	{"correlated, g0 = 1/4, g1 = 3/4", markov.Spec{Start: "correlated:1/2,1/4,3/4"}, true},
	{"correlated, g0 = 0, g1 = 1", markov.Spec{Start: "correlated:1/2,0,1"}, false},
	{"stationary", markov.Spec{Start: "stationary"}, false},
	{"three states", markov.Spec{States: 3}, true},
	{"-1 and +1", markov.Spec{Embedding: "sign"}, false},
	{"constant coordinate", markov.Spec{Bias: true}, false},
	{"one-hot", markov.Spec{Embedding: "onehot"}, false},
	{"three states, one-hot", markov.Spec{States: 3, Embedding: "onehot"}, false},
}

// runLemma31 computes the rank of H: in floating point from its eigenvalues,
// and exactly in fractions where the moments are rational and H is not large.
func runLemma31(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	dimension, exactDimension := 220, 110 // the largest of H, and of H in fractions
	if s.Quick {
		dimension, exactDimension = 110, 60
	}
	numbers := []markov.Context{1, 2, 10, 100, markov.Infinite}
	var ranks []rankRow31
	var smallest []figure.Series // eigenvalues by n, for p = 1/2
	paperFinite, paperHolds := 0, 0
	total := 5 * len(lemma31Tasks)
	for k, family := range lemma31Tasks {
		for d := 1; d <= 5; d++ {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			progress(5*k+d-1, total)
			spec := family.spec
			spec.D = d
			task, err := markov.NewTask(spec)
			if err != nil {
				return nil, err
			}
			if q := task.QueryDim(); q*moment.Pairs(q+1) > dimension || task.States() > 2 && d > 3 {
				continue
			}
			moments, err := moment.Of(ctx, task, moment.Options{})
			if err != nil {
				return nil, err
			}
			var exact *moment.ExactMoments
			if q := task.QueryDim(); q*moment.Pairs(q+1) <= exactDimension && task.Start().Kind() != markov.StationaryStart {
				if exact, err = moment.ExactOf(ctx, task); err != nil {
					return nil, err
				}
			}
			for _, n := range numbers {
				row, err := rank31(ctx, moments, exact, n)
				if err != nil {
					return nil, fmt.Errorf("%s, d = %d, n = %v: %w", family.name, d, n, err)
				}
				row.Setting, row.D = family.name, d
				ranks = append(ranks, row)
				if family.paper && n != markov.Infinite {
					paperFinite++
					if row.Definite {
						paperHolds++
					}
				}
			}
			if k == 0 {
				curve := figure.Series{Name: fmt.Sprintf("d = %d", d)}
				for n := markov.Context(1); n <= 1<<16; n *= 4 {
					values, rank, err := eigenvalues(moments.At(n).H)
					if err != nil {
						return nil, err
					}
					if rank == len(values) {
						curve.Add(float64(n), slices.Min(values))
					}
				}
				smallest = append(smallest, curve)
			}
		}
	}
	progress(total, total)
	infinite := func(d int) (rank, dimension int) {
		for _, row := range ranks {
			if row.Setting == lemma31Tasks[0].name && row.D == d && row.N == "inf" {
				return row.Rank, row.Dimension
			}
		}
		panic("paper: no row for infinitely many chains")
	}
	rank3, dimension3 := infinite(3)
	rank4, dimension4 := infinite(4)
	result := &Result{
		Setup: fmt.Sprintf("%d settings (starts, embeddings, states), d from 1 to 5 as far as H has at most %d rows, n = 1, 2, 10, 100 and infinity; exact moments; ranks in fractions up to %d rows.",
			len(lemma31Tasks), dimension, exactDimension),
		Why: fmt.Sprintf("with states as the numbers 0, 1, .. and starts that can reach every state, H is positive definite for every finite n tried (%d of %d); for two states the limit of infinitely many chains is singular from d = 3 on (rank %d of %d at d = 3, %d of %d at d = 4), and H is singular for every n where products of features are linearly dependent (embeddings -1 and +1 or one-hot, a constant coordinate, starts that copy the query's)",
			paperHolds, paperFinite, rank3, dimension3, rank4, dimension4),
		Ours: number(float64(rank3)), StandardError: number(0),
		Quantity: fmt.Sprintf("rank of H for d = 3 and infinitely many chains, of %d", dimension3),
		Tables:   []Table{TableOf("ranks", "The rank of H, by eigenvalues above 1e-11 times the largest and, where it is affordable, exactly in fractions. smallest and condition are of the eigenvalues that count. Uniform kernels, two states embedded as 0 and 1 with p = 1/2 where nothing else is said.", ranks)},
		Plots: []figure.Plot{{
			Name: "smallest-eigenvalue", Title: "The smallest eigenvalue of H (p = 1/2)",
			Caption: "For d = 1 and 2 it has a positive limit; from d = 3 on it falls like 1/n. Uniform kernels, exact moments.",
			X:       figure.Axis{Label: "in-context chains n", Log: true}, Y: figure.Axis{Label: "smallest eigenvalue", Log: true},
			Series: smallest,
		}},
	}
	result.judge(verdictLemma31(paperFinite, paperHolds, rank3, dimension3), "finite, independent features")
	if result.Verdict == Differs {
		result.Why = fmt.Sprintf("H is positive definite in %d of %d cases with finite n", paperHolds, paperFinite)
	}
	return result, nil
}

type rankRow31 struct {
	Setting   string  `column:"setting"`
	D         int     `column:"d"`
	N         any     `column:"n"` // a number, or inf
	Dimension int     `column:"dimension"`
	Rank      int     `column:"rank"`
	Exact     *int    `column:"rank_exact"` // nil: not affordable
	Definite  bool    `column:"definite"`
	Smallest  float64 `column:"smallest"`
	Condition float64 `column:"condition"`
	Loss      float64 `column:"loss_enlarged"`
}

// rank31 finds the rank of H at one n by its eigenvalues, and compares it with that in
// fractions unless exact is nil.
func rank31(ctx context.Context, moments *moment.Moments, exact *moment.ExactMoments, n markov.Context) (row rankRow31, err error) {
	form := moments.At(n)
	o, err := landscape.Minimise(ctx, form)
	if err != nil {
		return row, err
	}
	_, rank, err := eigenvalues(form.H)
	if err != nil {
		return row, err
	}
	row = rankRow31{
		N: contextCell(n), Dimension: o.Dimension, Rank: rank, Definite: rank == o.Dimension,
		Smallest: o.LambdaMin, Condition: o.Condition, Loss: o.Loss,
	}
	if exact == nil {
		return row, nil
	}
	e := o.Exact // where the optimum was proven in fractions
	if e == nil {
		if e, err = landscape.MinimiseExact(ctx, exact.At(n)); err != nil {
			return row, err
		}
	}
	if e.Rank != rank {
		return row, fmt.Errorf("rank %d by eigenvalues, %d exactly", rank, e.Rank)
	}
	row.Exact = &e.Rank
	return row, nil
}

// eigenvalues returns those of H, and how many are above [landscape.RankTolerance] times
// the largest.
func eigenvalues(H mat.Symmetric) (values []float64, rank int, err error) {
	var e mat.EigenSym
	if !e.Factorize(H, false) {
		return nil, 0, fmt.Errorf("the eigenvalues of a matrix of %d rows were not found", H.SymmetricDim())
	}
	values = e.Values(nil)
	largest := slices.Max(values)
	for _, v := range values {
		if v > landscape.RankTolerance*largest {
			rank++
		}
	}
	return values, rank, nil
}

// contextCell returns n as a cell of a table.
func contextCell(n markov.Context) any {
	if n == markov.Infinite {
		return "inf"
	}
	return int(n)
}
