package train

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"markovicl/internal/each"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
)

// Huge, tiny, subnormal, zero and non-finite numbers as settings, initial parameters and
// forms: every result is finite or there is an error, and never a panic.
func FuzzNumbers(f *testing.F) {
	extreme := []float64{0, 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-310, 1e300, 1e-160, 0x1p511, 0x1p-537, 0.5, math.Inf(1), math.NaN()}
	for which := range uint8(24) {
		for i, x := range extreme {
			if (i+int(which))%4 > 0 {
				continue
			}
			f.Add(which, x, extreme[(i+3)%len(extreme)], extreme[(i+7)%len(extreme)], 0.5, 0.5)
			f.Add(which, extreme[(i+5)%len(extreme)], 1.0, -1.0, x, extreme[(i+1)%len(extreme)])
		}
	}
	specs := []markov.Spec{{D: 1, N: "3"}, {D: 2, N: "inf"}, {D: 1, N: "2", Embedding: "sign", Bias: true}}
	var tasks []markov.Task
	for _, spec := range specs {
		task, err := markov.NewTask(spec)
		if err != nil {
			f.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	f.Fuzz(func(t *testing.T, which uint8, x, y, z, rate, setting float64) {
		finite := func(what string, values ...float64) {
			for _, v := range values {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%s is %v (case %d; %v, %v, %v, %v, %v)", what, v, which, x, y, z, rate, setting)
				}
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		task := tasks[which%3]
		m, form := modelOfNumbers(task, x, y, z), formOfNumbers(task, x, y, z)
		p := Problem{Task: task, Config: configOfNumbers(task, which, rate, setting), Seed: 1}
		if which%2 == 0 {
			p.Initial = &Initial{Model: m}
		}
		if which%7 == 6 {
			p.Form, p.Config.Data = form, Population
		}
		if r, err := Run(ctx, p, Settings{Workers: 1}); err == nil {
			finite("a loss", r.Train.MSE.Mean, r.Train.MSE.SE, r.Fresh.MSE.Mean, r.Fresh.MSE.SE, r.QuadratureError)
			for _, part := range r.Model.Parts() {
				finite("a parameter", part.Data...)
			}
			for _, row := range r.History {
				finite("a loss of the history", row.Loss)
			}
		} else if err.Error() == "" {
			t.Fatal("an error that says nothing")
		}
		if loss, err := PopulationLoss(form, m); err == nil {
			finite("the population loss", loss)
		}
		if task.Context() == markov.Infinite {
			if loss, err := InfiniteLoss(task, m); err == nil {
				finite("the loss at n = infinity", loss)
			}
			return
		}
		p.Config.EvalPrompts = 5
		if score, err := p.scoreFresh(ctx, m, 1); err == nil {
			finite("a score", score.MSE.Mean, score.MSE.SE)
		}
		if score, err := EvaluateBatch(ctx, p, 0, m, 1); err == nil {
			finite("a score of the batch", score.MSE.Mean, score.MSE.SE)
		}
		if risk, err := ExactRisk(task, func(G, u []float64) (float64, error) { return x*u[0] + y, nil }); err == nil {
			finite("the exact risk", risk)
		}
		if own, err := formOfPrompts(ctx, task, x, y, z); err == nil {
			finite("c of prompts", own.C)
			finite("h of prompts", own.L...)
			finite("H of prompts", own.H.RawSymmetric().Data...)
		} else if errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

// configOfNumbers has settings of every kind, by the case's number.
func configOfNumbers(task markov.Task, which uint8, rate, setting float64) Config {
	c := Defaults()
	c.Steps, c.Batch, c.EvalPrompts, c.Rate = 3, 4, 8, rate
	c.Optimizer = []string{"adam", "adamw", "sgd", "lbfgs"}[which/3%4]
	c.Data = []string{Fresh, Fixed, Population}[which/12%2+which%3/2]
	if task.Context() == markov.Infinite || c.Optimizer == "lbfgs" {
		c.Data = Population
	}
	switch which % 5 {
	case 0:
		c.Clip, c.Epsilon = math.Abs(setting), max(math.Abs(setting), math.SmallestNonzeroFloat64)
	case 1:
		c.Scale = setting
	case 2:
		c.WeightDecay, c.LossBound = setting, math.MaxFloat64
	case 3:
		c.Beta1, c.Beta2, c.Momentum = setting, setting, setting
	case 4:
		c.Clip, c.LossBound = 0, math.MaxFloat64
	}
	return c
}

// modelOfNumbers has x, y, z in turn as its parameters.
func modelOfNumbers(task markov.Task, x, y, z float64) *lsa.Structured {
	m := lsa.NewStructured(1, 1, task.Dim())
	i := 0
	for _, part := range m.Parts() {
		for k := range part.Data {
			part.Data[k] = []float64{x, y, z}[i%3]
			i++
		}
	}
	return m
}

// formOfNumbers is H = x I, h = (y, .., y), c = z.
func formOfNumbers(task markov.Task, x, y, z float64) *moment.Form {
	form := &moment.Form{Q: task.QueryDim(), C: z}
	form.H, form.L = mat.NewSymDense(form.Dim(), nil), make([]float64, form.Dim())
	for i := range form.Dim() {
		form.H.SetSym(i, i, x)
		form.L[i] = y
	}
	return form
}

// formOfPrompts is the form of two prompts whose Gram matrix is all x, whose query is all
// y, and whose label is z.
func formOfPrompts(ctx context.Context, task markov.Task, x, y, z float64) (*moment.Form, error) {
	return moment.FromPrompts(ctx, task.Dim(), 2, each.Settings{}, func() (moment.Draw, error) {
		return func(i int, G, u []float64) (float64, error) {
			for k := range G {
				G[k] = x
			}
			for k := range u {
				u[k] = y
			}
			return z, nil
		}, nil
	})
}
