package paper

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
)

var diversity = Item{
	ID:        "diversity",
	Title:     "From memorising K kernels to learning in context",
	Source:    "beyond the paper; after Raventos et al. (2023) and Park et al. (2024)",
	Question:  "How does a model that was made for K given kernels do on new kernels of the prior that they were drawn from?",
	Statement: "The paper draws a new kernel for every prompt; the number of kernels is unlimited.",
	Revision:  3,
	Run:       runDiversity,
}

// drawnKernels returns K kernels drawn from the uniform prior of two states, as
// fractions of a million.
func drawnKernels(rng *rand.Rand, K int) *markov.MixtureSpec {
	const fine = 1_000_000
	spec := &markov.MixtureSpec{}
	for range K {
		var rows [][]string
		for range 2 {
			p := 1 + rng.IntN(fine-1)
			rows = append(rows, []string{fmt.Sprintf("%d/%d", fine-p, fine), fmt.Sprintf("%d/%d", p, fine)})
		}
		spec.Kernels = append(spec.Kernels, rows)
	}
	return spec
}

// kernelsRow has the losses of what was made for K kernels: on these, and on new ones.
type kernelsRow struct {
	K          int      `column:"K"`
	OptimumOwn estimate `column:"optimum_own"`
	OptimumNew estimate `column:"optimum_new"`
	BayesOwn   estimate `column:"bayes_own"`
	BayesNew   estimate `column:"bayes_new"`
}

func runDiversity(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	d, n, draws, prompts := 3, "100", 20, 4000
	counts := []int{1, 2, 4, 8, 16, 32, 64}
	if s.Quick {
		draws, prompts, counts = 4, 500, []int{1, 4, 16, 64}
	}
	prior, err := bound(ctx, markov.Spec{D: d, N: n}, 2, s.Seed)
	if err != nil {
		return nil, err
	}
	risk, err := predict.BayesRisk(ctx, prior.task, s.Seed, predict.Settings{Prompts: 10 * prompts})
	if err != nil {
		return nil, err
	}
	sampler, err := markov.NewSampler(prior.task, s.Seed)
	if err != nil {
		return nil, err
	}
	names := []string{"optimum of the K, own kernels", "optimum of the K, new kernels", "Bayes of the K, own kernels", "Bayes of the K, new kernels"}
	curves := make([]figure.Series, len(names))
	for i, name := range names {
		curves[i].Name = name
		curves[i].Quantity = []figure.Quantity{figure.Enlarged, figure.Enlarged, figure.Bayes, figure.Bayes}[i]
	}
	var rows []kernelsRow
	for at, K := range counts {
		values := make([][]float64, len(names))
		for draw := range draws {
			progress(at*draws+draw, len(counts)*draws)
			rng := rand.New(markov.Stream(s.Seed, uint64(1000*K+draw)))
			task, err := markov.NewTask(markov.Spec{D: d, N: n, Prior: markov.PriorSpec{Mixture: drawnKernels(rng, K)}})
			if err != nil {
				return nil, err
			}
			moments, err := moment.Of(ctx, task, moment.Options{})
			if err != nil {
				return nil, err
			}
			form := moments.At(task.Context())
			o, err := landscape.Minimise(ctx, form)
			if err != nil {
				return nil, err
			}
			own, err := predict.BayesRisk(ctx, task, s.Seed, predict.Settings{Prompts: prompts})
			if err != nil {
				return nil, err
			}
			e, err := predict.Evaluate(ctx, prior.task, sampler, []predict.Predictor{predict.NewBayes(task)}, predict.Settings{Prompts: prompts})
			if err != nil {
				return nil, err
			}
			for i, x := range []float64{o.Loss, prior.form.Loss(o.X), own.Mean, e.Scores[0].MSE.Mean} {
				values[i] = append(values[i], x)
			}
		}
		row := kernelsRow{K, meanOf(values[0]), meanOf(values[1]), meanOf(values[2]), meanOf(values[3])}
		for i, e := range []estimate{row.OptimumOwn, row.OptimumNew, row.BayesOwn, row.BayesNew} {
			addWithError(&curves[i], float64(K), e)
		}
		rows = append(rows, row)
	}
	progress(len(counts)*draws, len(counts)*draws)
	top := 0.0 // the optimum of few kernels is far off on new ones
	for _, y := range curves[3].Y {
		top = math.Max(top, y)
	}
	K, last := counts[len(counts)-1], rows[len(rows)-1].OptimumNew
	result := &Result{
		Setup: fmt.Sprintf("two states, d = %d, n = %s, p = 1/2; kernels from the uniform prior, %d draws of K up to %d, %d prompts for Bayes (seed %d); optima are exact.", d, n, draws, K, prompts, s.Seed),
		Why: fmt.Sprintf("with K kernels the optimum memorises them: few give it a loss on new kernels far above the prior's own optimum %.4f, and at K = %d it is %.4f ± %.4f; Bayes for the K goes from %.3f to %.3f on new kernels, against the prior's own Bayes risk %.3f",
			prior.o.Loss, K, last.Mean, last.SE, curves[3].Y[0], curves[3].Last(), risk.Mean),
		Quantity: fmt.Sprintf("loss on new kernels of the optimum for %d kernels, less the prior's optimum", K),
		Ours:     number(last.Mean - prior.o.Loss), StandardError: number(last.SE),
		Tables: []Table{TableOf("kernels",
			fmt.Sprintf("K kernels drawn from the uniform prior, means over %d draws with their standard errors: the enlarged optimum of the K on themselves and on new kernels of the prior, and Bayes for the K on both.", draws), rows)},
		Plots: []figure.Plot{{
			Name: "kernels", Title: "Loss by the number of kernels", Caption: "Bands: standard errors over draws of the kernels. The axis ends where Bayes on new kernels does.",
			X: figure.Axis{Label: "kernels K", Log: true}, Y: figure.Axis{Label: "loss", Max: number(1.1 * top)},
			Levels: []figure.Level{{Name: "optimum of the prior", Y: prior.o.Loss, Quantity: figure.Enlarged}, {Name: "Bayes risk of the prior", Y: risk.Mean, Quantity: figure.Bayes}},
			Series: curves,
		}},
	}
	result.judge(verdictDiversity(prior.o.Loss, rows), "few kernels only")
	return result, nil
}

// verdictDiversity judges by the losses on new kernels of the optima for K kernels, K
// growing, beside the prior's own optimum: a new kernel for every prompt matters if
// the largest K is above it by more than 1% and two standard errors, matters under a
// condition (few kernels) if only smaller K are, and does not matter if none is.
func verdictDiversity(prior float64, rows []kernelsRow) Verdict {
	above := func(r kernelsRow) bool { return r.OptimumNew.Mean-2*r.OptimumNew.SE > 1.01*prior }
	switch {
	case above(rows[len(rows)-1]):
		return Holds
	case slices.ContainsFunc(rows, above):
		return HoldsUnder
	}
	return Differs
}
