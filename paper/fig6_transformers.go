package paper

import (
	"context"
	"fmt"
	"slices"
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

// standing6 is how a transformer stands beside another predictor in accuracy: the mean
// difference over the laws of the starts and the numbers of chains that are compared.
// These share kernels, so that the standard error is the mean of theirs, which it is
// not above.
type standing6 struct {
	model, against string
	accuracy       estimate
}

func standings(rows []duel6) []standing6 {
	var list []standing6
	var counts []float64
	for _, row := range rows {
		i := slices.IndexFunc(list, func(s standing6) bool { return s.model == row.Model && s.against == row.Against })
		if i < 0 {
			i = len(list)
			list, counts = append(list, standing6{model: row.Model, against: row.Against}), append(counts, 0)
		}
		counts[i]++
		list[i].accuracy.Mean += row.Accuracy.Mean
		list[i].accuracy.SE += row.Accuracy.SE
	}
	for i, n := range counts {
		list[i].accuracy.Mean /= n
		list[i].accuracy.SE /= n
	}
	return list
}

// names6 are whom a transformer is compared with.
var names6 = map[string]string{"bayes": "Bayes", "linear-posterior": "the floor of linear attention", "logistic": "logistic regression", "svm": "the SVM", "knn3": "3 neighbours"}

// judgeTransformers gives the verdict where transformers were trained.
func (r *Result) judgeTransformers(size figure6Size, rows []duel6) {
	first := size.transformers[0]
	r.Quantity = fmt.Sprintf("squared error of %s less the floor of linear attention of every depth, independent starts, n = %d", first.Model, size.context)
	reduced := false
	for _, c := range size.transformers {
		reduced = reduced || c.Width > 0
	}
	var words []string
	place := "" // model and n that the last words are about
	for _, row := range rows {
		if row.Starts != "independent" {
			continue
		}
		if row.Against == "linear-posterior" && row.N == size.context && row.Model == first.Model {
			r.Ours, r.StandardError = number(row.Loss.Mean), number(row.Loss.SE)
		}
		text := fmt.Sprintf("accuracy %+.3f (%+.1f) against %s", row.Accuracy.Mean, standardErrors(row.Accuracy), names6[row.Against])
		if row.Against == "linear-posterior" || row.Against == "bayes" {
			text = fmt.Sprintf("squared error %+.4f (%+.1f) against %s", row.Loss.Mean, standardErrors(row.Loss), names6[row.Against])
		}
		if at := fmt.Sprintf("%s at n = %d", row.Model, row.N); at != place {
			place, text = at, at+": "+text
			words = append(words, text)
			continue
		}
		words[len(words)-1] += ", " + text
	}
	list := standings(rows)
	var pooled []string
	for _, s := range list {
		if s.against != "bayes" && s.against != "linear-posterior" {
			pooled = append(pooled, fmt.Sprintf("%s %+.3f ± %.3f against %s", s.model, s.accuracy.Mean, s.accuracy.SE, names6[s.against]))
		}
	}
	r.judge(verdictTransformers(list, reduced), "")
	about := fmt.Sprintf("trained for %d steps of %d prompts, the paper for 50,000 of 64", first.Steps, first.Batch)
	if r.Verdict == Undecided {
		about += "; the sentence is about small and standard, both at full size, which a verdict takes"
	}
	r.Why = fmt.Sprintf("%s. Accuracy over all starts and n: %s. Independent starts, standard errors in brackets: %s", about, strings.Join(pooled, ", "), strings.Join(words, "; "))
}
