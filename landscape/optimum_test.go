package landscape

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/markov"
	"markovicl/markov/markovtest"
	"markovicl/moment"
)

// minimise returns the enlarged optimum of a task.
func minimise(t testing.TB, task markov.Task) *Optimum {
	t.Helper()
	m, err := moment.Of(t.Context(), task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := Minimise(t.Context(), m.At(task.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

var newTask = markovtest.Task

// flagTask makes a task from the words of a command line.
func flagTask(t testing.TB, words []string) markov.Task {
	t.Helper()
	var spec markov.Spec
	for len(words) > 0 {
		flag := words[0]
		words = words[1:]
		if flag == "--bias" {
			spec.Bias = true
			continue
		}
		value := words[0]
		words = words[1:]
		switch flag {
		case "--d":
			spec.D, _ = strconv.Atoi(value)
		case "--states":
			spec.States, _ = strconv.Atoi(value)
		case "--n":
			spec.N = value
		case "--p":
			spec.P = value
		case "--prior":
			spec.Prior.Text = value
		case "--start":
			spec.Start = value
		case "--embedding":
			spec.Embedding = value
		default:
			t.Fatalf("flag %s", flag)
		}
	}
	return newTask(t, spec)
}

// The numbers of an independent program, which enumerated all chains.
func TestReference(t *testing.T) {
	for _, name := range []string{"optimum_binary.json", "optimum_general.json"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Cases []struct {
				Flags      []string
				Loss       float64
				LabelPower float64 `json:"label_power"`
				Dimension  int
				Rank       int
				Unique     bool
				XFirst     float64 `json:"x_first"`
				XLast      float64 `json:"x_last"`
				XNorm      float64 `json:"x_norm"`
				LambdaMax  float64 `json:"lambda_max"`
			}
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		for _, want := range file.Cases {
			t.Run(strings.Join(want.Flags, " "), func(t *testing.T) {
				task := flagTask(t, want.Flags)
				o := minimise(t, task)
				close := func(name string, got, want float64) {
					if !(math.Abs(got-want) <= 1e-9*(1+math.Abs(want))) {
						t.Errorf("%s = %.15g, want %.15g", name, got, want)
					}
				}
				if o.Dimension != want.Dimension || o.Rank != want.Rank || o.Unique != want.Unique {
					t.Errorf("dimension %d, rank %d, unique %v; want %d, %d, %v", o.Dimension, o.Rank, o.Unique, want.Dimension, want.Rank, want.Unique)
				}
				close("loss", o.Loss, want.Loss)
				close("x_first", o.X[0], want.XFirst)
				close("x_last", o.X[len(o.X)-1], want.XLast)
				close("x_norm", floats.Norm(o.X, 2), want.XNorm)
				close("lambda_max", o.LambdaMax, want.LambdaMax)
			})
		}
	}
}

// Factorisations and eigenvectors find the same optimum, singular or not.
func TestFactors(t *testing.T) {
	for _, spec := range []markov.Spec{
		{D: 1}, {D: 5}, {D: 9, N: "3"}, {D: 4, N: "inf"}, {D: 3, Bias: true, N: "2"}, {D: 2, States: 3, Embedding: "onehot"},
	} {
		task := newTask(t, spec)
		m, err := moment.Of(t.Context(), task, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := m.At(task.Context())
		a, b := &Optimum{Dimension: f.Dim()}, &Optimum{Dimension: f.Dim()}
		if err := a.byEigenvalues(f); err != nil {
			t.Fatal(err)
		}
		if err := b.byFactors(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if a.Rank != b.Rank {
			t.Errorf("%s: rank %d by eigenvalues, %d by factors", task, a.Rank, b.Rank)
		}
		for name, pair := range map[string][2]float64{"largest": {a.LambdaMax, b.LambdaMax}, "smallest": {a.LambdaMin, b.LambdaMin}} {
			// What rounding leaves of a small eigenvalue: 1e-15 of the largest.
			if d := math.Abs(pair[0] - pair[1]); !(d <= 1e-9*pair[0]+1e-14*a.LambdaMax) {
				t.Errorf("%s: %s eigenvalue %v by eigenvectors, %v by factors", task, name, pair[0], pair[1])
			}
		}
		tolerance := 1e-14 * a.LambdaMax / a.LambdaMin * floats.Norm(a.X, math.Inf(1))
		if d := floats.Distance(a.X, b.X, math.Inf(1)); !(d <= tolerance) {
			t.Errorf("%s: X differs by %.2g", task, d)
		}
	}
}

func TestMinimiseErrors(t *testing.T) {
	f := func() *moment.Form {
		return &moment.Form{Q: 1, H: mat.NewSymDense(3, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}), L: make([]float64, 3)}
	}
	bad := f()
	bad.L[1] = math.NaN()
	if _, err := Minimise(t.Context(), bad); err == nil {
		t.Error("h with NaN was accepted")
	}
	bad = f()
	bad.H.SetSym(2, 2, math.Inf(1))
	if _, err := Minimise(t.Context(), bad); err == nil {
		t.Error("H with Inf was accepted")
	}
	bad = f()
	bad.H.Zero()
	bad.L[0] = 1
	if _, err := Minimise(t.Context(), bad); err == nil {
		t.Error("H = 0 with an h that is not was accepted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Minimise(ctx, f()); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gave %v", err)
	}
}

// Where eigenvalues of H lie below what floats can know, the optimum is that of
// the fractions: the values are those of an independent computation.
func TestBelowFloats(t *testing.T) {
	for _, c := range []struct {
		flags string
		loss  float64
	}{
		{"--d 3 --n inf --prior beta:100,1", 0.0140081625},
		{"--d 3 --n inf --prior beta:1000,1", 0.00144931057},
		{"--d 3 --n 1000 --prior beta:1000,1", 0.0014759204},
		{"--d 3 --n inf --prior beta:1000,1 --p 0.01", 0.00134081},
	} {
		task := flagTask(t, strings.Fields(c.flags))
		o, exact := minimise(t, task), minimiseExact(t, task)
		want := nearest(exact.Loss)
		if o.Loss != want || math.Abs(want-c.loss) > 6e-9 {
			t.Errorf("%s: loss %.12g, in fractions %.12g, want %.12g", task, o.Loss, want, c.loss)
		}
		if o.Exact == nil || o.Exact.Rank != exact.Rank || o.Exact.Loss.Cmp(exact.Loss) != 0 {
			t.Errorf("%s: the optimum is not that of the fractions", task)
		}
		for i, x := range exact.X {
			if o.X[i] != nearest(x) {
				t.Fatalf("%s: X[%d] = %v, in fractions %v", task, i, o.X[i], nearest(x))
			}
		}
	}
}
