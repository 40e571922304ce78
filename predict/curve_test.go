package predict

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/markov"
)

func TestLearningCurves(t *testing.T) {
	task := newTask(t, markov.Spec{D: 1, N: "30"})
	sampler, err := markov.NewSampler(task, 5)
	if err != nil {
		t.Fatal(err)
	}
	run := func(workers int) []Curve {
		curves, err := LearningCurves(context.Background(), task, sampler, func(n int) ([]Predictor, error) {
			return []Predictor{NewBayes(task), NewNeighbours(task), fixed{0.5, nil}}, nil
		}, CurveSettings{Contexts: []int{1, 5, 30}, Prompts: 2000, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return curves
	}
	curves := run(1)
	if diff := cmp.Diff(curves, run(3)); diff != "" {
		t.Errorf("the number of workers changes the curves: %s", diff)
	}
	if len(curves) != 3 || curves[0].Name != "bayes" || len(curves[0].Points) != 3 {
		t.Fatalf("got %v", curves)
	}
	for _, point := range curves[0].Points {
		r, err := BayesRisk(context.Background(), task.WithContext(markov.Context(point.N)), 1, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		// A 90% interval is 3.3 standard errors wide.
		if se := (point.MSE.High - point.MSE.Low) / 3.3; math.Abs(point.MSE.Mean-r.Mean) > 4.5*se {
			t.Errorf("n = %d: squared error %v, risk %v", point.N, point.MSE, r.Mean)
		}
	}
	if b := curves[2].Points[0].MSE; b != (Band{0.25, 0.25, 0.25}) {
		t.Errorf("constant losses have the band %v", b)
	}
	if _, err := LearningCurves(context.Background(), task, sampler, nil, CurveSettings{Contexts: []int{31}}); err == nil {
		t.Error("more chains than the task has are taken")
	}
}

// TestBootstrap compares the interval of a mean with its normal approximation.
func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	xs := make([]float64, 2000)
	for i := range xs {
		xs[i] = rng.NormFloat64()
	}
	m := metric(xs)
	b := newBootstrap(len(xs), 4000, 0.9, 1).band(xs)
	const z = 1.6449
	for _, end := range []struct{ got, want float64 }{{b.Low, m.Mean - z*m.SE}, {b.High, m.Mean + z*m.SE}} {
		if math.Abs(end.got-end.want) > 0.1*m.SE {
			t.Errorf("end of the interval %v, normal approximation %v", end.got, end.want)
		}
	}
}
