package paper

import (
	"context"
	"fmt"
	"math/rand/v2"

	"markovicl/internal/plural"
	"markovicl/markov"
	"markovicl/train"
	"markovicl/transformer"
)

var figure7 = Item{
	ID:        "fig7",
	Title:     "Attention between chains of one kernel",
	Source:    "Figure 7",
	Question:  "In prompts of several kernels, does a trained transformer attend more to the chains of the same kernel?",
	Statement: "By the third layer of GPT-2 tiny, chains that are driven by the same kernel attend to each other more.",
	Revision:  2,
	Run:       runFigure7,
}

// figure7Size is how large the experiment is.
type figure7Size struct {
	d, n    int // of training and of the prompts
	model   train.Config
	groups  []int
	prompts int
	seeds   []uint64
}

func runFigure7(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := figure7Size{d: 5, n: 40, groups: []int{1, 2, 4}, prompts: 200, seeds: s.SeedList(3)}
	size.model = train.DefaultsOf("gpt2-tiny")
	size.model.Steps = 8000
	if s.Quick {
		size.d, size.n, size.prompts, size.seeds = 3, 16, 60, s.SeedList(2)
		size.model.Width, size.model.Batch, size.model.Steps, size.model.Rate = 32, 16, 800, 2e-3
	}
	return figure7Of(ctx, size, progress)
}

// pooled is what the seeds found for one layer, mean over its heads.
type pooled struct{ contrast, mantel estimate }

func figure7Of(ctx context.Context, size figure7Size, progress func(done, total int)) (*Result, error) {
	task, err := markov.NewTask(markov.Spec{D: size.d, N: fmt.Sprint(size.n)})
	if err != nil {
		return nil, err
	}
	size.model.EvalPrompts = 0
	total := len(size.seeds) * (1 + 2*len(size.groups))
	var rows []headRow
	result := &Result{}
	studies := map[bool]map[int][]*transformer.Study{true: {}, false: {}} // by trained, groups; of each seed
	done := 0
	for _, seed := range size.seeds {
		progress(done, total)
		run, err := train.Run(ctx, train.Problem{Task: task, Config: size.model, Seed: seed}, train.Settings{})
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err() // an interrupted training is no error by itself
		}
		done++
		untrained, err := transformer.New(run.Transformer.Config)
		if err != nil {
			return nil, err
		}
		untrained.Draw(rand.New(markov.Stream(seed, 0)))
		for _, groups := range size.groups {
			for _, trained := range []bool{true, false} {
				progress(done, total)
				m := untrained
				if trained {
					m = run.Transformer
				}
				study, err := transformer.StudyAttention(ctx, m, task, transformer.StudySettings{Groups: groups, Prompts: size.prompts, Seed: seed})
				if err != nil {
					return nil, err
				}
				done++
				rows = append(rows, headRows(study, fmt.Sprint(seed), trained)...)
				studies[trained][groups] = append(studies[trained][groups], study)
				if trained && seed == size.seeds[0] {
					name := fmt.Sprintf("groups-%d", groups)
					result.Plots = append(result.Plots, AttentionPlot(study, name, false))
					result.Tables = append(result.Tables, AttentionMaps(study, "map-"+name))
				}
			}
		}
	}
	progress(total, total)
	heads := TableOf("heads", fmt.Sprintf("Attention within and across groups, its difference with the standard error over %d prompts, and the rank correlation of attention with similarity (Mantel's test, 199 relabelings). Head 0 is the mean over a layer's heads. contrast is empty for one group.", size.prompts), rows)
	result.Tables = append([]Table{heads}, result.Tables...)
	return result.judge7(size, task, studies), nil
}

// poolLayer pools a layer over seeds.
func poolLayer(list []*transformer.Study, layer int) pooled {
	var contrast, errors, mantel []float64
	for _, s := range list {
		for _, h := range s.Heads {
			if h.Layer == layer && h.Head == 0 {
				contrast, errors, mantel = append(contrast, h.Contrast), append(errors, h.ContrastSE), append(mantel, h.Mantel)
			}
		}
	}
	return pooled{overSeedsOf(contrast, errors), meanOf(mantel)}
}

// judge7 compares the last layer, with the most groups, with what it is untrained.
func (r *Result) judge7(size figure7Size, task markov.Task, studies map[bool]map[int][]*transformer.Study) *Result {
	groups := size.groups[len(size.groups)-1]
	trained, untrained := studies[true][groups], studies[false][groups]
	layers := trained[0].Heads[len(trained[0].Heads)-1].Layer
	last, first, before := poolLayer(trained, layers), poolLayer(trained, 1), poolLayer(untrained, layers)
	r.Setup = fmt.Sprintf("%s; %s, trained with one kernel a prompt for %d steps of %d prompts, %s; then %d prompts of %s groups in random order each.",
		task, size.model.Model, size.model.Steps, size.model.Batch, plural.Of(len(size.seeds), "seed"), size.prompts, listed(size.groups))
	r.Quantity = fmt.Sprintf("attention within groups less across, last layer, %d groups", groups)
	r.Ours, r.StandardError = number(last.contrast.Mean), number(last.contrast.SE)
	words := fmt.Sprintf("with %d groups the last layer attends to a chain of the same kernel by %.5f ± %.5f more than to another (first layer %+.5f ± %.5f, untrained %+.5f ± %.5f); its rank correlation with similarity is %.3f, untrained %.3f",
		groups, last.contrast.Mean, last.contrast.SE, first.contrast.Mean, first.contrast.SE, before.contrast.Mean, before.contrast.SE, last.mantel.Mean, before.mantel.Mean)
	switch {
	case last.contrast.Mean < 2*last.contrast.SE:
		r.judge(Differs, "")
		r.Why = "there is no clear preference: " + words
	case last.contrast.Mean > first.contrast.Mean && last.contrast.Mean > before.contrast.Mean+2*before.contrast.SE:
		r.judge(Holds, "")
		r.Why = words
	default:
		r.judge(HoldsUnder, "not by depth")
		r.Why = "there is a preference, but it does not grow from the first layer to the last, or is there without training: " + words
	}
	return r
}
