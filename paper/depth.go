package paper

import (
	"context"
	"fmt"
	"math"

	"markovicl/figure"
	"markovicl/internal/plural"
	"markovicl/markov"
	"markovicl/train"
)

var depth = Item{
	ID:        "depth",
	Title:     "How much can depth gain at all?",
	Source:    "Figure 3, and beyond it",
	Question:  "By how much can any number of layers and heads of linear self-attention beat the enlarged optimum of one layer, and how much of it do trained models reach?",
	Statement: "Depth helps: one layer is close to random guessing, three layers predict well.",
	Revision:  4,
	Run:       runDepth,
}

// gainRow is a point of the map.
type gainRow struct {
	Bias     bool     `column:"bias"`
	D        int      `column:"d"`
	N        string   `column:"n"`
	Alpha    string   `column:"alpha"`
	Enlarged float64  `column:"loss_enlarged"`
	Floor    estimate `column:"floor"`
	Gain     float64  `column:"gain"`
}

// trainedRow is a kind of model that was trained at a point of the map.
type trainedRow struct {
	Alpha    string    `column:"alpha"`
	Layers   int       `column:"layers"`
	Heads    int       `column:"heads"`
	Kind     string    `column:"kind"`
	Loss     estimate  `column:"loss"`
	Enlarged float64   `column:"loss_enlarged"`
	Floor    estimate  `column:"floor"`
	Reached  *estimate `column:"reached"` // a share, nil where there is none
}

// depthSize is how much of the map is drawn, and what is trained.
type depthSize struct {
	ds       []int
	ns       []string
	alphas   []string
	contexts int
	layers   []int
	steps    int
	seeds    int
	prompts  int
}

func runDepth(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := depthSize{
		ds: []int{1, 2, 3, 5}, ns: []string{"1", "3", "10", "30", "100"}, alphas: []string{"0.1", "0.2", "0.5", "1", "2", "5"},
		contexts: 4000, layers: []int{1, 2, 4, 10}, steps: 4000, seeds: 2, prompts: 100_000,
	}
	if s.Quick {
		size = depthSize{
			ds: []int{1, 2}, ns: []string{"1", "10", "100"}, alphas: []string{"0.1", "1"},
			contexts: 300, layers: []int{1, 2}, steps: 200, seeds: 1, prompts: 4000,
		}
	}
	total := 2*len(size.ds)*len(size.ns)*len(size.alphas) + 10*len(size.layers)
	done := 0
	step := func(k int) { done += k; progress(done, total) }
	var gains []gainRow
	plot := figure.Plot{
		Name: "gain", Title: "What depth can gain at most", Columns: 2,
		Caption: "Part of the one-layer optimum's loss between it and the floor of every depth, in percent.",
	}
	var uniform, largest float64
	for _, bias := range []bool{false, true} {
		for _, d := range size.ds {
			heat := figure.Heat{Label: "gain, percent", X: logarithms(size.ns), Y: logarithms(size.alphas)}
			for _, alpha := range size.alphas {
				var row figure.Numbers
				for _, n := range size.ns {
					step(1)
					b, err := bound(ctx, markov.Spec{D: d, N: n, Bias: bias, Prior: markov.PriorSpec{Text: "dirichlet:" + alpha}}, size.contexts, s.Seed)
					if err != nil {
						return nil, err
					}
					gains = append(gains, gainRow{bias, d, n, alpha, b.o.Loss, b.floorEstimate(), b.gain()})
					row = append(row, 100*b.gain())
					largest = max(largest, b.gain())
					if alpha == "1" && n != "1" && !bias {
						uniform = max(uniform, b.gain())
					}
				}
				heat.Z = append(heat.Z, row)
			}
			title := fmt.Sprintf("d = %d", d)
			if bias {
				title += ", bias"
			}
			plot.Panels = append(plot.Panels, figure.Plot{Title: title, X: figure.Axis{Label: "n, as a power of ten"}, Y: figure.Axis{Label: "α, as a power of ten"}, Heat: &heat})
		}
	}
	reached, best, err := trainDepths(ctx, s, size, step)
	if err != nil {
		return nil, err
	}
	progress(total, total)
	result := &Result{
		Setup: fmt.Sprintf("two states, p = 1/2, d from %d to %d, n up to %s, alpha from %s to %s; exact optima, %d contexts for a floor that is no sum; models of up to %d layers, %d steps of 1000 fresh prompts, %s (from %d), losses on %d fresh prompts.",
			size.ds[0], size.ds[len(size.ds)-1], size.ns[len(size.ns)-1], size.alphas[0], size.alphas[len(size.alphas)-1], size.contexts, size.layers[len(size.layers)-1], size.steps, plural.Of(size.seeds, "seed"), s.Seed, size.prompts),
		Why: fmt.Sprintf("over the map depth and heads can take up to %.0f%% off the loss of the one-layer optimum, most for concentrated kernels; for uniform kernels, as in the paper, no number of layers and heads gains more than %.1f%% from n = 3 on without a bias; %s",
			100*largest, 100*uniform, best.words()),
		Quantity: "largest part of the one-layer optimum's loss that depth can gain for uniform kernels, n ≥ 3, no bias",
		Ours:     number(uniform),
		Tables: []Table{
			TableOf("gain", "Binary chains, p = 1/2, rows Dirichlet(alpha): the enlarged optimum of one layer, the floor of every depth with its standard error (0: a sum), and the part of the optimum that depth and heads can gain at most.", gains),
			TableOf("trained", "Trained models, d = 2, n = 10: mean loss on fresh prompts over the seeds with its standard error, and how much of the way from the enlarged optimum to the floor it is (negative: above the optimum; one layer with one head need not reach it), with the standard error of both losses; no value where the floor is not below the optimum by more than two standard errors.", reached),
		},
		Plots: []figure.Plot{plot},
	}
	result.judge(verdictDepth(largest, uniform), "concentrated kernels only")
	return result, nil
}

// share is how much of what depth can gain a trained model reached: (enlarged
// optimum - its loss) / (enlarged optimum - floor), with the standard error that the
// sampling of the loss and of the floor give it.
type share estimate

// shareOf returns the share of a model's loss. There is none where the floor is not
// below the optimum by more than two of its standard errors: a share of nothing.
func shareOf(enlarged float64, loss, floor estimate) (share, bool) {
	possible := enlarged - floor.Mean
	if !(possible > 2*floor.SE) || possible <= 0 {
		return share{}, false
	}
	r := (enlarged - loss.Mean) / possible
	return share{Mean: r, SE: math.Hypot(loss.SE, r*floor.SE) / possible}, true
}

// least is what the share is at least, within two standard errors.
func (r share) least() float64 { return r.Mean - 2*r.SE }

// words tells the share, and where it is above 1 whether chance explains it.
func (r *share) words() string {
	if r == nil {
		return "no trained model has a share of it, since the floors' errors are as large as the gain"
	}
	text := fmt.Sprintf("the trained model with the largest share of what is possible reached %.0f%% ± %.0f%% of it", 100*r.Mean, 100*r.SE)
	switch {
	case r.least() > 1:
		text += ", which sampling does not explain, since no linear self-attention is below the floor"
	case r.Mean > 1:
		text += ", which is all of it within the error"
	}
	return text
}

// trainDepths trains models at two points of the map, and says how much of the
// possible gain they reach: in rows, and the share that is the largest at least.
func trainDepths(ctx context.Context, s Settings, size depthSize, step func(int)) ([]trainedRow, *share, error) {
	var rows []trainedRow
	var best *share
	for _, alpha := range []string{"0.1", "1"} {
		b, err := bound(ctx, markov.Spec{D: 2, N: "10", Prior: markov.PriorSpec{Text: "dirichlet:" + alpha}}, 10*size.contexts, s.Seed)
		if err != nil {
			return nil, nil, err
		}
		for _, layers := range size.layers {
			for _, kind := range []struct {
				name  string
				heads int
				dense bool
			}{{"structured", 1, false}, {"structured", 2, false}, {"dense", 1, true}} {
				config := train.Defaults()
				config.Layers, config.Heads, config.Dense, config.Steps = layers, kind.heads, kind.dense, size.steps
				config.EvalPrompts = size.prompts
				study, err := train.RunSeeds(ctx, train.Problem{Task: b.task, Config: config, Seed: s.Seed}, size.seeds, train.Settings{})
				switch {
				case ctx.Err() != nil:
					return nil, nil, ctx.Err()
				case err != nil:
					return nil, nil, err
				case len(study.Results) == 0:
					continue // every seed diverged
				}
				var losses, ses []float64
				for _, r := range study.Results {
					losses, ses = append(losses, r.Fresh.MSE.Mean), append(ses, r.Fresh.MSE.SE)
				}
				row := trainedRow{Alpha: alpha, Layers: layers, Heads: kind.heads, Kind: kind.name, Loss: overSeedsOf(losses, ses), Enlarged: b.o.Loss, Floor: b.floorEstimate()}
				if r, ok := shareOf(row.Enlarged, row.Loss, row.Floor); ok {
					row.Reached = &estimate{Mean: r.Mean, SE: r.SE}
					if best == nil || r.least() > best.least() {
						best = &r
					}
				}
				rows = append(rows, row)
			}
			step(5)
		}
	}
	return rows, best, nil
}
