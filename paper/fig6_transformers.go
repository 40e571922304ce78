package paper

import (
	"context"
	"fmt"
	"strings"

	"markovicl/markov"
	"markovicl/predict"
	"markovicl/train"
	"markovicl/transformer"
)

// What Figure 6 shows of GPT-2: models trained as the paper trains, one for each law
// of the starts, beside the learners of fig6.go.

// compared6 are the numbers of in-context chains at which the verdict compares.
var compared6 = []int{10, 30, 100}

// gpt6 is a trained transformer of Figure 6.
type gpt6 struct {
	name  string // such as gpt2-tiny
	model *transformer.Model
}

// transformers6 returns the configurations of the models that are asked for.
func transformers6(s Settings) ([]train.Config, error) {
	models := s.Models
	if models == "" {
		models = "tiny"
	}
	var configs []train.Config
	for name := range strings.SplitSeq(models, ",") {
		name = "gpt2-" + strings.TrimPrefix(name, "gpt2-")
		if _, err := transformer.Preset(name); err != nil {
			return nil, err
		}
		c := train.DefaultsOf(name)
		c.Steps, c.Curriculum, c.EvalPrompts = 20_000, "26:101", 0
		if s.Quick {
			c.Width, c.Blocks, c.HeadsPerBlock, c.Batch, c.Steps, c.Curriculum = 32, 2, 2, 16, 500, "11:101"
			c.Rate = 2e-3
		}
		configs = append(configs, c)
	}
	return configs, nil
}

// trainedTransformers trains the models for a task.
func (size figure6Size) trainedTransformers(ctx context.Context, task markov.Task, seed uint64) ([]gpt6, error) {
	var list []gpt6
	for _, c := range size.transformers {
		r, err := train.Run(ctx, train.Problem{Task: task, Config: c, Seed: seed}, train.Settings{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Model, err)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err() // an interrupted training is no error by itself
		}
		list = append(list, gpt6{c.Model, r.Transformer})
	}
	return list, nil
}

// predictorsOf returns the predictors of transformers.
func predictorsOf(t markov.Task, list []gpt6) ([]predict.Predictor, error) {
	var out []predict.Predictor
	for _, g := range list {
		p, err := predict.NewTransformer(g.name, t, g.model)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// duel6 is a row of the table of comparisons: a transformer against another
// predictor on the same prompts.
type duel6 struct {
	Starts   string   `column:"starts"`
	Model    string   `column:"model"`
	Against  string   `column:"against"`
	N        int      `column:"n"`
	Accuracy estimate `column:"accuracy"` // of the model, less that of the other
	Loss     estimate `column:"loss"`
}

// standardErrors returns by how many standard errors of the difference x is above 0.
func standardErrors(e estimate) float64 {
	if e.SE == 0 {
		return 0
	}
	return e.Mean / e.SE
}

// duels compares the transformers with the others where the verdict looks.
func (size figure6Size) duels(ctx context.Context, starts string, task markov.Task, list []gpt6, seed uint64) ([]duel6, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var rows []duel6
	for _, n := range compared6 {
		if n > size.context {
			continue
		}
		at := task.WithContext(markov.Context(n))
		floor, err := predict.NewLinearPosterior(at)
		if err != nil {
			return nil, err
		}
		others := []predict.Predictor{predict.NewBayes(at), floor, predict.NewLogistic(at), predict.NewSVM(at), predict.NewNeighbours(at)}
		models, err := predictorsOf(at, list)
		if err != nil {
			return nil, err
		}
		e, err := evaluateFresh(ctx, at, seed, size.prompts, append(others, models...))
		if err != nil {
			return nil, err
		}
		for i := range models {
			for j, other := range others {
				rows = append(rows, duel6{
					Starts: starts, Model: models[i].Name(), Against: other.Name(), N: n,
					Accuracy: differenceOf(e.Hits(len(others)+i), e.Hits(j)), Loss: e.Difference(len(others)+i, j),
				})
			}
		}
	}
	return rows, nil
}

// differenceOf returns the mean of x - y over prompts.
func differenceOf(x, y []float64) estimate {
	diff := make([]float64, len(x))
	for k := range x {
		diff[k] = x[k] - y[k]
	}
	mean, se := meanAndError(diff)
	return estimate{Mean: mean, SE: se}
}

// judgeTransformers gives the verdict where transformers were trained: the paper
// says that small and standard are comparable with logistic regression and the SVM
// and better than 3 neighbours, tiny slightly worse.
func (r *Result) judgeTransformers(size figure6Size, rows []duel6) {
	r.Quantity = fmt.Sprintf("squared error of %s less the floor of linear attention of every depth, independent starts, n = %d", size.transformers[0].Model, size.context)
	var words []string
	ahead, behind, comparable := false, false, true
	for _, row := range rows {
		if row.Starts != "independent" {
			continue
		}
		if row.Against == "linear-posterior" && row.N == size.context && row.Model == size.transformers[0].Model {
			r.Ours, r.StandardError = number(row.Loss.Mean), number(row.Loss.SE)
		}
		if row.N < compared6[1] {
			continue
		}
		switch se := standardErrors(row.Accuracy); row.Against {
		case "knn3":
			ahead, behind = ahead || se > 2, behind || se < -2
			words = append(words, fmt.Sprintf("%s against 3 neighbours at n = %d: accuracy %+.3f (%+.1f standard errors)", row.Model, row.N, row.Accuracy.Mean, se))
		case "logistic", "svm":
			comparable = comparable && row.Accuracy.Mean > -0.02
			words = append(words, fmt.Sprintf("against %s %+.3f (%+.1f)", row.Against, row.Accuracy.Mean, se))
		case "linear-posterior":
			words = append(words, fmt.Sprintf("squared error against the floor of linear attention %+.4f (%+.1f)", row.Loss.Mean, standardErrors(row.Loss)))
		}
	}
	numbers := strings.Join(words, "; ")
	trained := fmt.Sprintf("trained for %d steps of %d prompts, the paper for 50,000 of 64", size.transformers[0].Steps, size.transformers[0].Batch)
	switch {
	case ahead && !behind && comparable && len(size.transformers) == 3:
		r.judge(Holds, "")
		r.Why = numbers
	case ahead && !behind && comparable: // too few of the models
		r.judge(Undecided, "")
		r.Why = fmt.Sprintf("%s; %s", trained, numbers)
	case ahead && !behind:
		r.judge(HoldsUnder, "beside nearest neighbours")
		r.Why = fmt.Sprintf("%s; %s", trained, numbers)
	case !behind:
		r.judge(Undecided, "")
		r.Why = fmt.Sprintf("not clearly better than 3 neighbours (%s): %s", trained, numbers)
	default:
		r.judge(Differs, "")
		r.Why = fmt.Sprintf("not clearly better than 3 neighbours (%s): %s", trained, numbers)
	}
}
