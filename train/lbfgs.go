package train

import (
	"cmp"
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// minimize runs L-BFGS (gonum's) from the initial parameters. It is
// deterministic and short, so a resumed run starts again: there is no state to
// restore, and the result is the same.
func (r *run) minimize(ctx context.Context) (Status, error) {
	c := r.problem.Config
	r.optimizer = stateless{}
	initial := append([]float64(nil), r.params...)
	var failed error // of an evaluation; a line search may step over a divergence
	var last Row
	at := append([]float64(nil), r.params...) // where last was evaluated
	evaluate := func(x []float64) (float64, []float64) {
		copy(r.params, x)
		copy(at, x)
		loss, err := r.objective.gradient(0, r.grad)
		if err != nil || !(loss <= r.bound) {
			failed = r.checkDivergence(loss, err)
			return math.Inf(1), r.grad
		}
		return loss, r.grad
	}
	fresh := func(x []float64) bool { // whether at is x
		for i := range x {
			if x[i] != at[i] {
				return false
			}
		}
		return true
	}
	var loss float64
	evaluated := false
	ensure := func(x []float64) {
		if !evaluated || !fresh(x) {
			loss, _ = evaluate(x)
			evaluated = true
		}
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 { ensure(x); return loss },
		Grad: func(grad, x []float64) { ensure(x); copy(grad, r.grad) },
		Status: func() (optimize.Status, error) {
			if ctx.Err() != nil {
				return optimize.RuntimeLimit, nil
			}
			return optimize.NotTerminated, nil
		},
	}
	recorder := recorderFunc(func(location *optimize.Location, operation optimize.Operation, stats *optimize.Stats) {
		if operation != optimize.MajorIteration {
			return
		}
		r.step = stats.MajorIterations
		last = Row{Step: r.step, Loss: location.F, Norm: norm(location.Gradient)}
		if c.keeps(r.step) {
			r.history = append(r.history, last)
		}
		if r.progress != nil {
			r.progress(Progress{Seed: r.problem.Seed, Step: r.step, Steps: c.Steps, Loss: location.F})
		}
	})
	result, err := optimize.Minimize(problem, append([]float64(nil), initial...), &optimize.Settings{
		MajorIterations:   c.Steps,
		GradientThreshold: 1e-12,
		Converger:         &optimize.FunctionConverge{Absolute: 1e-14, Relative: 1e-14, Iterations: 20},
		Recorder:          recorder,
	}, &optimize.LBFGS{Store: 30})
	if result == nil || math.IsInf(result.F, 0) || math.IsNaN(result.F) {
		if ctx.Err() != nil { // before the first loss was known
			copy(r.params, initial)
			return Interrupted, nil
		}
		return 0, cmp.Or(errors.Join(failed, err), errors.New("L-BFGS found no finite loss"))
	}
	// A line search that finds nothing lower is how a descent to the last digit
	// ends; the point is the best one seen.
	copy(r.params, result.X)
	if ctx.Err() != nil {
		return Interrupted, nil
	}
	if result.Status == optimize.IterationLimit {
		return Finished, nil
	}
	return Converged, nil
}

func norm(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// recorderFunc is an optimize.Recorder.
type recorderFunc func(*optimize.Location, optimize.Operation, *optimize.Stats)

func (f recorderFunc) Init() error { return nil }

func (f recorderFunc) Record(l *optimize.Location, o optimize.Operation, s *optimize.Stats) error {
	f(l, o, s)
	return nil
}

// stateless is what a checkpoint of L-BFGS holds beside the parameters: nothing.
type stateless struct{}

func (stateless) update(_, _ []float64, _ float64, _ int) {}
func (stateless) state() ([]string, [][]float64)          { return nil, nil }
