package paper

import (
	"context"
	"fmt"
	"strings"

	"markovicl/figure"
	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/train"
)

var figure6 = Item{
	ID:        "fig6",
	Title:     "Learning curves: transformers and classical learners",
	Source:    "Figure 6",
	Question:  "As a prompt shows more in-context chains, how do transformers and classical learners come down to the Bayes-optimal predictor?",
	Statement: "GPT-2 models learn Markov chains in context: small and standard predict as well as a support vector machine and logistic regression and better than 3 nearest neighbours, tiny slightly worse, from independent and from correlated starts.",
	Revision:  5,
	Run:       runFigure6,
}

// figure6Size is how large the experiment is.
type figure6Size struct {
	d, context   int   // the task, and that of training
	contexts     []int // numbers of in-context chains; nil is all
	prompts      int
	steps, batch int // of training
	evaluation   int // prompts of the Bayes risk

	transformers []train.Config
}

// correlated6 lets a chain start like the query with probability 0.8.
const correlated6 = "correlated:0.5,0.2,0.8"

func runFigure6(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	size := figure6Size{d: 5, context: 100, prompts: 1280, steps: 1000, batch: 1000, evaluation: 400_000}
	if s.Quick {
		size.d, size.contexts = 3, []int{1, 2, 3, 4, 6, 8, 12, 20, 35, 60, 100}
		size.prompts, size.evaluation = 1500, 20_000
	}
	if s.D > 0 {
		size.d = s.D
	}
	var err error
	if size.transformers, err = transformers6(s); err != nil {
		return nil, err
	}
	return figure6Of(ctx, s.Seed, size, progress)
}

// curveRow6 is a predictor's point of its learning curve.
type curveRow6 struct {
	Starts       string   `column:"starts"`
	Predictor    string   `column:"predictor"`
	N            int      `column:"n"`
	MSE          float64  `column:"mse"`
	MSELow       float64  `column:"mse_low"`
	MSEHigh      float64  `column:"mse_high"`
	Accuracy     float64  `column:"accuracy"`
	AccuracyLow  float64  `column:"accuracy_low"`
	AccuracyHigh float64  `column:"accuracy_high"`
	Exact        *float64 `column:"loss_exact"` // of the one-layer models; nil for others
}

// modelRow6 has the one-layer models of a law of the starts.
type modelRow6 struct {
	Starts   string   `column:"starts"`
	Infinite float64  `column:"loss_enlarged_infinite"`
	Enlarged float64  `column:"loss_enlarged"`
	Lower    *float64 `column:"lower_bound"` // nil where nothing is proven
	Best     float64  `column:"loss_best"`
	Trained  float64  `column:"loss_trained"`
	Bayes    estimate `column:"bayes_risk"`
}

// curves6 is what was found for one law of the starts.
type curves6 struct {
	name    string
	curves  map[string]predict.Curve
	optimum []float64 // exact losses of the enlarged optimum, one for each point
	trained []float64 // of the trained model
	risk    predict.Risk
}

func figure6Of(ctx context.Context, seed uint64, size figure6Size, progress func(done, total int)) (*Result, error) {
	starts := []struct {
		name string
		spec markov.Spec
	}{{"independent", markov.Spec{D: size.d, P: "1/2"}}, {"correlated", markov.Spec{D: size.d, Start: correlated6}}}
	if size.contexts == nil {
		for n := 1; n <= size.context; n++ {
			size.contexts = append(size.contexts, n)
		}
	}
	var points []curveRow6
	var models []modelRow6
	total := len(starts) * (len(size.contexts) + 3)
	var found []*curves6
	var duels []duel6
	for k, start := range starts {
		base := k * (len(size.contexts) + 3)
		progress(base, total)
		moments, err := momentsOf(ctx, start.spec)
		if err != nil {
			return nil, err
		}
		task := moments.Task().WithContext(markov.Context(size.context))
		model, err := size.trained(ctx, task, seed)
		if err != nil {
			return nil, fmt.Errorf("%s starts: %w", start.name, err)
		}
		progress(base+1, total)
		transformers, err := size.trainedTransformers(ctx, task, seed)
		if err != nil {
			return nil, fmt.Errorf("%s starts: %w", start.name, err)
		}
		progress(base+2, total)
		rows, err := size.duels(ctx, start.name, task, transformers, seed)
		if err != nil {
			return nil, fmt.Errorf("%s starts: %w", start.name, err)
		}
		duels = append(duels, rows...)
		c, err := size.curves(ctx, moments, model, transformers, seed, func(done int) { progress(base+2+done, total) })
		if err != nil {
			return nil, fmt.Errorf("%s starts: %w", start.name, err)
		}
		c.name = start.name
		found = append(found, c)
		points = append(points, c.rows()...)

		best, err := recoverForm(ctx, moments.At(markov.Context(size.context)))
		if err != nil {
			return nil, err
		}
		limit, err := landscape.Minimise(ctx, moments.At(markov.Infinite))
		if err != nil {
			return nil, err
		}
		if c.risk, err = predict.BayesRisk(ctx, task, seed, predict.Settings{Prompts: size.evaluation}); err != nil {
			return nil, err
		}
		models = append(models, modelRow6{start.name, limit.Loss, best.LossEnlarged, provenBound(best), best.Loss, c.trained[len(c.trained)-1], c.risk.Metric})
	}
	progress(total, total)
	result := figure6Result(found, size, seed, []Table{
		TableOf("curves", fmt.Sprintf("Every predictor on the same %d prompts, of which n in-context chains are shown; means and 90%% bootstrap intervals (1000 resamples of the prompts, the same for all). loss_exact: the population loss of the one-layer models. optimum is the enlarged optimum for each n; trained-lsa was trained at n = %d only.",
			size.prompts, size.context), points),
		TableOf("models", fmt.Sprintf("The one-layer models at n = %d: exact losses of the enlarged optimum (also at n = ∞), of the best transformer with the proven lower bound, and of the trained one; the Bayes risk, a mean over %d prompts.", size.context, size.evaluation), models),
	})
	if len(duels) > 0 {
		result.Tables = append(result.Tables, TableOf("comparisons", "Each transformer less another predictor on the same prompts, with the standard error of the difference: accuracy, where more is better, and squared error, where less is. linear-posterior is the best that linear attention of any depth could hope for: its loss is the floor of every depth.", duels))
		result.judgeTransformers(size, duels)
	}
	return result, nil
}

// trained returns a one-layer transformer trained as the paper trains.
func (size figure6Size) trained(ctx context.Context, task markov.Task, seed uint64) (lsa.Model, error) {
	config := train.Defaults()
	config.Steps, config.Batch, config.EvalPrompts = size.steps, size.batch, 0
	r, err := train.Run(ctx, train.Problem{Task: task, Config: config, Seed: seed}, train.Settings{})
	if err != nil {
		return nil, err
	}
	return r.Model, ctx.Err() // an interrupted training is no error by itself
}

// curves measures all predictors.
func (size figure6Size) curves(ctx context.Context, moments *moment.Moments, model lsa.Model, transformers []gpt6, seed uint64, progress func(done int)) (*curves6, error) {
	task := moments.Task().WithContext(markov.Context(size.context))
	sampler, err := markov.NewSampler(task, seed)
	if err != nil {
		return nil, err
	}
	c := &curves6{curves: map[string]predict.Curve{}}
	predictors := func(n int) ([]predict.Predictor, error) {
		at := task.WithContext(markov.Context(n))
		form := moments.At(markov.Context(n))
		o, err := landscape.Minimise(ctx, form)
		if err != nil {
			return nil, err
		}
		optimum, err := predict.NewEnlarged("optimum", at, o.X)
		if err != nil {
			return nil, err
		}
		trained, err := predict.NewLSA("trained-lsa", at, model)
		if err != nil {
			return nil, err
		}
		loss, err := train.PopulationLoss(form, model)
		if err != nil {
			return nil, err
		}
		c.optimum, c.trained = append(c.optimum, o.Loss), append(c.trained, loss)
		floor, err := predict.NewLinearPosterior(at)
		if err != nil {
			return nil, err
		}
		nonlinear, err := predictorsOf(at, transformers)
		if err != nil {
			return nil, err
		}
		list := append([]predict.Predictor{predict.NewBayes(at), predict.NewOracle(at), floor, optimum, trained}, nonlinear...)
		return append(list, predict.Classical(at)...), nil
	}
	curves, err := predict.LearningCurves(ctx, task, sampler, predictors, predict.CurveSettings{
		Contexts: size.contexts, Prompts: size.prompts, Seed: seed, Progress: func(done, _ int) { progress(done) },
	})
	if err != nil {
		return nil, err
	}
	for _, curve := range curves {
		c.curves[curve.Name] = curve
	}
	return c, nil
}

// predictors6 is the order of tables.
var predictors6 = []string{"bayes", "oracle", "gpt2-standard", "gpt2-small", "gpt2-tiny", "linear-posterior", "optimum", "trained-lsa", "bigram", "bigram-smoothed", "linear", "logistic", "knn3", "svm"}

// labels6 are the names of lines.
var labels6 = map[string]string{
	"gpt2-tiny": "GPT-2 tiny", "gpt2-small": "GPT-2 small", "gpt2-standard": "GPT-2 standard", "linear-posterior": "floor of linear attention",
	"bayes": "Bayes", "optimum": "LSA optimum", "trained-lsa": "trained LSA", "bigram": "bigram", "bigram-smoothed": "smoothed bigram",
	"linear": "linear", "logistic": "logistic", "knn3": "3 neighbours", "svm": "SVM",
}

// quantities6 are the lines that show one of the quantities of the project.
var quantities6 = map[string]figure.Quantity{
	"linear-posterior": figure.Floor, "bayes": figure.Bayes, "optimum": figure.Enlarged, "trained-lsa": figure.Trained,
}

// rows returns the points of all predictors.
func (c *curves6) rows() []curveRow6 {
	var rows []curveRow6
	for _, name := range predictors6 {
		for i, p := range c.curves[name].Points {
			row := curveRow6{c.name, name, p.N, p.MSE.Mean, p.MSE.Low, p.MSE.High, p.Accuracy.Mean, p.Accuracy.Low, p.Accuracy.High, nil}
			switch name {
			case "optimum":
				row.Exact = &c.optimum[i]
			case "trained-lsa":
				row.Exact = &c.trained[i]
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// last returns a predictor's last point.
func (c *curves6) last(name string) predict.CurvePoint {
	points := c.curves[name].Points
	return points[len(points)-1]
}

// plot6 draws some predictors for both laws of the starts, over the same axes.
func plot6(found []*curves6, name, title string, accuracy bool, predictors []string, size figure6Size) figure.Plot {
	p := figure.Plot{
		Name: name, Title: title,
		Caption: fmt.Sprintf("d = %d, %d prompts, bands: 90%% bootstrap intervals. Nothing that does not see the kernel beats Bayes; the oracle sees it. The floor of linear attention holds for every depth and number of heads. The LSA optimum is that of the enlarged model for each n, the trained LSA was trained at n = %d. The SVM names a state, so its squared error is its share of wrong states.", size.d, size.prompts, size.context),
		Columns: len(found),
	}
	label, pick := "mean squared error", func(point predict.CurvePoint) predict.Band { return point.MSE }
	if accuracy {
		label, pick = "accuracy", func(point predict.CurvePoint) predict.Band { return point.Accuracy }
	}
	kind := figure.Line
	if len(size.contexts) > 20 {
		kind = figure.Curve
	}
	low, high := 1.0, 0.0
	for _, c := range found {
		panel := figure.Plot{
			Title: c.name + " starts",
			X:     figure.Axis{Label: "in-context chains", Log: true}, Y: figure.Axis{Label: label, Min: &low, Max: &high},
			Levels: []figure.Level{{Name: "oracle", Y: pick(c.last("oracle")).Mean}},
		}
		for _, name := range predictors {
			if len(c.curves[name].Points) == 0 {
				continue // a transformer that was not trained
			}
			s := figure.Series{Name: labels6[name], Kind: kind, Quantity: quantities6[name]}
			for _, point := range c.curves[name].Points {
				b := pick(point)
				s.AddBand(float64(point.N), b.Mean, b.Low, b.High)
				low, high = min(low, b.Low), max(high, b.High)
			}
			panel.Series = append(panel.Series, s)
		}
		p.Panels = append(p.Panels, panel)
	}
	return p
}

// overtakes returns the number of in-context chains from which on a predictor
// has a smaller mean squared error than another on the same prompts; ok is false
// if it has not even with the most chains.
func (c *curves6) overtakes(name, other string) (n int, ok bool) {
	points, others := c.curves[name].Points, c.curves[other].Points
	for i := len(points) - 1; i >= 0 && points[i].MSE.Mean < others[i].MSE.Mean; i-- {
		n, ok = points[i].N, true
	}
	return n, ok
}

// overtaking says in words which classical learners overtake the enlarged
// optimum, and from how many chains on.
func (c *curves6) overtaking() string {
	var words []string
	for _, name := range []string{"bigram-smoothed", "logistic", "linear", "knn3"} {
		if n, ok := c.overtakes(name, "optimum"); ok {
			words = append(words, fmt.Sprintf("%s from n = %d", labels6[name], n))
		}
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, ", ")
}

func figure6Result(found []*curves6, size figure6Size, seed uint64, tables []Table) *Result {
	result := &Result{
		Setup: fmt.Sprintf("two states, uniform kernels, d = %d, up to %d in-context chains; starts Bernoulli(1/2), or in-context chains that start like the query with probability 0.8; %d prompts (seed %d), 1000 bootstrap resamples; one layer of one head trained at n = %d by Adam at 0.01, %d steps on fresh batches of %d.",
			size.d, size.context, size.prompts, seed, size.context, size.steps, size.batch) + size.about(),
		Quantity: fmt.Sprintf("mean squared error of the trained LSA above Bayes, independent starts, n = %d", size.context),
		Tables:   tables,
		Plots: []figure.Plot{
			plot6(found, "mse", "Mean squared error against in-context chains", false, []string{"trained-lsa", "linear-posterior", "bayes", "gpt2-tiny", "gpt2-small", "gpt2-standard", "logistic"}, size),
			plot6(found, "accuracy", "Accuracy against in-context chains", true, []string{"trained-lsa", "bayes", "gpt2-tiny", "gpt2-small", "gpt2-standard", "logistic", "svm", "knn3"}, size),
			plot6(found, "mse-classical", "Mean squared error of the classical learners", false, []string{"knn3", "linear", "bayes", "logistic", "svm", "bigram"}, size),
		},
	}
	first, last := found[0], len(size.contexts)-1
	result.Ours, result.StandardError = number(first.trained[last]-first.risk.Mean), number(first.risk.SE)
	var improve []bool
	var changes []string
	for _, c := range found {
		improve = append(improve, c.trained[last] < c.trained[0] && c.optimum[last] < c.optimum[0])
		changes = append(changes, fmt.Sprintf("%s starts: from %.3f to %.3f, the best of the enlarged model for each n from %.3f to %.3f, Bayes risk %.3f",
			c.name, c.trained[0], c.trained[last], c.optimum[0], c.optimum[last], c.risk.Mean))
	}
	change := strings.Join(changes, "; ")
	result.judge(verdictFigure6(improve), "")
	if result.Verdict == Differs {
		result.Why = "more chains do not help one-layer models throughout (" + change + ")"
		return result
	}
	result.Why = fmt.Sprintf("more chains help the trained LSA (loss %s), but one layer ends above Bayes, and classical learners are ahead of the enlarged optimum on the same prompts (independent starts: %s)",
		change, first.overtaking())
	return result
}

// about says which transformers were trained, and how.
func (size figure6Size) about() string {
	var b strings.Builder
	for _, c := range size.transformers {
		fmt.Fprintf(&b, " %s", c.Model)
		if c.Width > 0 {
			fmt.Fprintf(&b, ", reduced to width %d and %d blocks,", c.Width, c.Blocks)
		}
		fmt.Fprintf(&b, " trained for each law of the starts by Adam at %g, %d steps of %d fresh prompts of %s chains.", c.Rate, c.Steps, c.Batch, strings.Replace(c.Curriculum, ":", " to ", 1))
	}
	return b.String()
}
