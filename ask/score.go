package ask

import (
	"context"
	"fmt"
	"math"

	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/predict"
	"markovicl/train"
)

// Score asks how good given parameters are: their loss, beside what one layer could
// reach, the best transformer with its proof, and the Bayes risk. Its answer is a
// ScoreAnswer.
type Score struct {
	Task
	Params  string `placeholder:"FILE" xor:"model" help:"Parameters of a model (.safetensors, .npz, .json): b and A, or P and Q, of any depth, or of a transformer."`
	X       string `name:"x" placeholder:"FILE" xor:"model" help:"Instead: a point of the enlarged space (NPY, or CSV with one block a line)."`
	Best    bool   `help:"Search for the best one-layer transformer also where that takes minutes."`
	Level   int    `default:"0" help:"Highest level of the certificate of the best transformer, as in recover."`
	Prompts int    `default:"100000" help:"Prompts for what is not had exactly: the accuracy, and the loss of deep models."`
	Seed    uint64 `default:"1" help:"Seed of the prompts and of the search."`
}

// Command implements Question.
func (*Score) Command() string { return "score" }

// ScoreAnswer is how good given parameters are. What cannot be had is null, and Notes
// say why.
type ScoreAnswer struct {
	Task   markov.Task `json:"task"`
	Model  ScoredModel `json:"model"`
	Loss   float64     `json:"loss"`
	LossSE float64     `json:"loss_se"` // 0 where the loss is exact up to rounding

	LossEnlarged *float64     `json:"loss_enlarged"` // the least that one layer with any number of heads could have
	Best         *float64     `json:"best"`          // loss of the best one-layer transformer with one head that was found
	LowerBound   *float64     `json:"lower_bound"`   // no such transformer is below it; null where nothing is proven
	Claim        moment.Claim `json:"claim"`         // of the lower bound
	Certified    *bool        `json:"certified"`     // the two meet
	AboveBest    *float64     `json:"above_best"`    // (loss - best)/best; negative where depth or heads gain
	FloorAnswer               // no linear self-attention of any depth is below it; the gain is over the loss
	BayesRisk    *float64     `json:"bayes_risk"` // no predictor is below it
	BayesRiskSE  *float64     `json:"bayes_risk_se"`
	Accuracy     *float64     `json:"accuracy"` // how often the state nearest to the prediction is the label
	AccuracySE   *float64     `json:"accuracy_se"`
	Prompts      int          `json:"prompts"` // that were drawn; 0 if none
	Notes        []string     `json:"notes,omitempty"`
}

// ScoredModel says which parameters they are.
type ScoredModel struct {
	File       string `json:"file"`
	Kind       string `json:"kind"` // structured, dense, transformer, or enlarged: a point X
	Layers     int    `json:"layers"`
	Heads      int    `json:"heads"` // 0 for a point X, which needs not be a transformer
	Parameters int    `json:"parameters"`
}

// The sizes, in enlarged parameters, up to which what one layer could do is computed
// unasked, a matter of seconds.
const (
	quickEnlarged = 1000
	quickRecover  = 400
)

// scored are the parameters of a question: a model, or a point X.
type scored struct {
	field string // of the question
	about ScoredModel
	dim   int // D

	file *fileModel // nil for a point

	// One of these.
	model     lsa.Model
	nonlinear *fileModel
	X         []float64
}

func (q *Score) ask(ctx context.Context, env Env) (Answer, error) {
	switch {
	case q.Prompts < 2:
		return nil, inputf("prompts", "`prompts` must be at least 2, got %d: there is no standard error from fewer", q.Prompts)
	case q.Level < 0 || q.Level > 1:
		return nil, inputf("level", "`level` must be 0 or 1, got %d", q.Level)
	}
	given, err := q.read(env)
	if err != nil {
		return nil, err
	}
	if q.needsForm() {
		return q.scoreForm(ctx, env, given)
	}
	task, err := q.taskOf(env, given)
	if err != nil {
		return nil, err
	}
	a := &ScoreAnswer{Task: task, Model: given.about, Claim: moment.Numeric}
	if given.file != nil {
		a.Notes = given.file.notes(q.Params, task)
	}
	form, err := q.form(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := q.score(ctx, a, given, form); err != nil {
		return nil, err
	}
	if form != nil {
		if err := q.compare(ctx, env, a, &forms{}, form); err != nil {
			return nil, err
		}
	}
	risk, err := predict.BayesRisk(ctx, task, q.Seed, predict.Settings{Prompts: bayesPrompts(task)})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		a.Notes = append(a.Notes, "the Bayes risk is left out: "+err.Error())
	default:
		a.BayesRisk, a.BayesRiskSE = &risk.Mean, &risk.SE
	}
	return *a, nil
}

// read reads the parameters.
func (q *Score) read(env Env) (*scored, error) {
	switch {
	case q.Params != "" && q.X != "":
		return nil, inputf("x", "`params` and `x` both name what is to be scored; give one of them")
	case q.X != "":
		data, err := env.read("x", q.X)
		if err != nil {
			return nil, err
		}
		X, blocks, D, err := landscape.ReadPoint(called(q.X, data), data)
		if err != nil {
			return nil, input("x", err)
		}
		if blocks != D-1 {
			return nil, inputf("x", "%s has %d blocks for prompt matrices of %d rows, want %d", q.X, blocks, D, D-1)
		}
		return &scored{field: "x", about: ScoredModel{q.X, "enlarged", 1, 0, len(X)}, X: X, dim: D}, nil
	case q.Params == "":
		return nil, inputf("params", "there is nothing to score; give `params`, a file of parameters, or `x`, a point of the enlarged space")
	}
	read, err := env.readModel("params", q.Params)
	if err != nil {
		return nil, err
	}
	if m := read.nonlinear; m != nil {
		return &scored{field: "params", about: ScoredModel{q.Params, "transformer", m.Blocks, m.Heads, m.ParameterCount()}, file: read, nonlinear: read, dim: read.dim()}, nil
	}
	model := read.linear
	layers, heads, dim := model.Size()
	kind := "structured"
	if _, dense := model.(*lsa.Dense); dense {
		kind = "dense"
	}
	return &scored{field: "params", about: ScoredModel{q.Params, kind, layers, heads, lsa.ParameterCount(model)}, file: read, model: model, dim: dim}, nil
}

// taskOf returns the task. Without `d` the number of positions follows from the
// parameters.
func (q *Score) taskOf(env Env, given *scored) (markov.Task, error) {
	spec, err := q.oneSpec(env)
	if err != nil {
		return markov.Task{}, err
	}
	if spec.D == 0 {
		if spec.D, err = positionsOf(given.dim, spec, 0); err != nil {
			return markov.Task{}, err
		}
	}
	task, err := markov.NewTask(spec)
	if err != nil {
		return markov.Task{}, input("", err)
	}
	if task.Dim() != given.dim {
		return markov.Task{}, inputf("d", "%s is for prompt matrices of %d rows, and those of the task have %d (%s)", given.about.File, given.dim, task.Dim(), task)
	}
	return task, nil
}

// form returns the loss of one-layer models, or nil where it would take long or is
// not known exactly.
func (q *Score) form(ctx context.Context, a *ScoreAnswer) (*moment.Form, error) {
	if dim := a.Task.QueryDim() * moment.Pairs(a.Task.Dim()); dim > quickEnlarged && !q.Best {
		a.Notes = append(a.Notes, leftOutForSize(dim))
		return nil, nil
	}
	moments, err := moment.Of(ctx, a.Task, moment.Options{})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		a.Notes = append(a.Notes, "what one layer could reach is left out: "+err.Error())
		return nil, nil
	}
	sampled, err := landscape.StandardErrors(ctx, moments, a.Task.Context())
	switch {
	case err != nil:
		return nil, err
	case sampled != nil:
		a.Notes = append(a.Notes, "what one layer could reach is left out: the moments of this task are had by sampling only")
		return nil, nil
	}
	return moments.At(a.Task.Context()), nil
}

// leftOutForSize is a note.
func leftOutForSize(dim int) string {
	return fmt.Sprintf("what one layer could reach is left out, for with %d enlarged parameters it takes long; `best` computes it", dim)
}

// tooLarge refuses parameters whose loss is no number.
func (g *scored) tooLarge() error {
	return inputf(g.field, "%s: its numbers are so large that the loss is not a finite number", g.about.File)
}

// score sets the loss and the accuracy.
func (q *Score) score(ctx context.Context, a *ScoreAnswer, given *scored, form *moment.Form) error {
	exact := true
	var err error
	switch infinite := a.Task.Context() == markov.Infinite; {
	case given.X != nil && form != nil:
		a.Loss = form.Loss(given.X)
	case given.model != nil && given.about.Layers == 1 && form != nil:
		a.Loss, err = train.PopulationLoss(form, given.model)
	case infinite && given.model != nil && a.Task.States() == 2 && a.Task.Regression() == nil:
		a.Loss, err = train.InfiniteLoss(a.Task, given.model)
	case infinite:
		return inputf("n", "no prompts with n = inf can be drawn, and the loss is not known in closed form here; give a finite `n`")
	default:
		exact = false
	}
	if err != nil {
		return input(given.field, err)
	}
	if math.IsNaN(a.Loss - a.Loss) {
		return given.tooLarge()
	}
	if a.Task.Context() == markov.Infinite {
		a.Notes = append(a.Notes, "there is no accuracy: no prompts with n = inf can be drawn")
		return nil
	}
	loss, lossSE, accuracy, accuracySE, err := q.sample(ctx, a.Task, given)
	if err != nil {
		return err
	}
	a.Prompts = q.Prompts
	if !exact {
		a.Loss, a.LossSE = loss, lossSE
	}
	if a.Task.Regression() == nil {
		a.Accuracy, a.AccuracySE = &accuracy, &accuracySE
	}
	return nil
}

// sample scores the parameters on prompts of the task.
func (q *Score) sample(ctx context.Context, task markov.Task, given *scored) (loss, lossSE, accuracy, accuracySE float64, err error) {
	predictor, err := given.predictor(task)
	if err != nil {
		return 0, 0, 0, 0, input(given.field, err)
	}
	sampler, err := markov.NewSampler(task, q.Seed)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	e, err := predict.Evaluate(ctx, task, sampler, []predict.Predictor{predictor}, predict.Settings{Prompts: q.Prompts})
	if err != nil {
		return 0, 0, 0, 0, err
	}
	s := e.Scores[0]
	return s.MSE.Mean, s.MSE.SE, s.Accuracy.Mean, s.Accuracy.SE, nil
}

// predictor returns the predictor that the parameters are.
func (g *scored) predictor(task markov.Task) (predict.Predictor, error) {
	switch {
	case g.model != nil:
		return predict.NewLSA("lsa", task, g.model)
	case g.nonlinear != nil:
		return g.nonlinear.predictor(task)
	}
	return predict.NewEnlarged("x", task, g.X)
}

// compare adds what one layer could reach, and the floor of every depth unless the
// source is a form of one's own.
func (q *Score) compare(ctx context.Context, env Env, a *ScoreAnswer, source *forms, form *moment.Form) error {
	o, err := landscape.Minimise(ctx, form)
	if err != nil {
		return err
	}
	a.LossEnlarged, a.Claim = &o.Loss, moment.Numeric
	if source.own == nil {
		floor, err := source.floor(ctx, env, a.Task, form, o, a.Loss, contextsBeside(a.Task), q.Seed)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			a.Notes = append(a.Notes, "the floor of every depth is left out: "+err.Error())
		default:
			a.FloorAnswer = *floor
		}
	}
	if dim := form.Dim(); dim > quickRecover && !q.Best {
		a.Notes = append(a.Notes, fmt.Sprintf("the best transformer is left out, for with %d enlarged parameters the search for it takes long; `best` runs it", dim))
		return nil
	}
	best, err := (&Recover{Heads: 1, Seed: q.Seed, Level: q.Level}).recover(ctx, env, a.Task, form)
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	above := (a.Loss - best.Loss) / best.Loss
	a.Claim = best.Claim
	a.Best, a.LowerBound, a.Certified, a.AboveBest = &best.Loss, best.LowerBound, &best.Certified, &above
	return nil
}
