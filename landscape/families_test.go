package landscape

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// reference is an entry of testdata/other_tasks.json: optima of chains of higher
// order, of a mixture of kernels and of regressions, and floors of every depth,
// computed by another program.
type reference struct {
	Kind       string          `json:"kind"`
	States     int             `json:"states"`
	D          int             `json:"d"`
	N          int             `json:"n"`
	P          string          `json:"p"`
	Order      int             `json:"order"`
	Alpha      []string        `json:"alpha"`
	Start      json.RawMessage `json:"start"`
	Bias       bool            `json:"bias"`
	Kernels    [][][]float64   `json:"kernels"`
	Covariance [][]float64     `json:"covariance"`
	Weights    json.RawMessage `json:"weights"`
	Noise      float64         `json:"noise"`

	Loss       float64   `json:"loss"`
	LabelPower float64   `json:"label_power"`
	Rank       int       `json:"rank"`
	Dimension  int       `json:"dimension"`
	X          []float64 `json:"x"`

	OneLayer      float64 `json:"one_layer"`
	Floor         float64 `json:"floor"`
	FloorExact    string  `json:"floor_exact"`
	StandardError float64 `json:"standard_error"`
}

func references(t testing.TB) []reference {
	t.Helper()
	data, err := os.ReadFile("testdata/other_tasks.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []reference
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("no references")
	}
	return list
}

// task returns the task that a reference is about.
func (r reference) task(t testing.TB) markov.Task {
	t.Helper()
	matrix := func(rows [][]float64) [][]string {
		out := make([][]string, len(rows))
		for i, row := range rows {
			for _, x := range row {
				out[i] = append(out[i], fmt.Sprint(x))
			}
		}
		return out
	}
	spec := markov.Spec{N: fmt.Sprint(r.N), D: r.D, Bias: r.Bias, P: r.P}
	switch r.Kind {
	case "order":
		var start []string
		if err := json.Unmarshal(r.Start, &start); err != nil {
			t.Fatal(err)
		}
		spec.States, spec.Order, spec.Start = r.States, r.Order, "probs:"+strings.Join(start, ",")
		for range int(math.Pow(float64(r.States), float64(r.Order))) {
			spec.Prior.Rows = append(spec.Prior.Rows, r.Alpha)
		}
	case "mixture":
		spec.Prior.Mixture = &markov.MixtureSpec{}
		for _, k := range r.Kernels {
			spec.Prior.Mixture.Kernels = append(spec.Prior.Mixture.Kernels, matrix(k))
		}
	case "regression":
		var weights [][]float64
		if err := json.Unmarshal(r.Weights, &weights); err != nil {
			t.Fatal(err)
		}
		spec.Family, spec.Noise = "regression", fmt.Sprint(r.Noise)
		spec.Covariance.Rows, spec.Weights.Rows = matrix(r.Covariance), matrix(weights)
	}
	return newTask(t, spec)
}

func TestOtherTasks(t *testing.T) {
	seen := map[string]int{}
	for _, r := range references(t) {
		if r.X == nil {
			continue
		}
		seen[r.Kind]++
		task := r.task(t)
		m, err := moment.Of(t.Context(), task, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := m.At(task.Context())
		o, err := Minimise(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		worst := max(math.Abs(o.Loss-r.Loss), math.Abs(f.C-r.LabelPower))
		for i, x := range r.X {
			worst = max(worst, math.Abs(o.X[i]-x))
		}
		if len(o.X) != len(r.X) || !(worst < 1e-9) || r.Dimension > 0 && (o.Rank != r.Rank || o.Dimension != r.Dimension) {
			t.Errorf("%s: off by %.2g, rank %d of %d, want %d of %d", task, worst, o.Rank, o.Dimension, r.Rank, r.Dimension)
		}
		e, err := moment.ExactOf(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		if o.Dimension > 30 {
			continue
		}
		exact, err := MinimiseExact(t.Context(), e.At(task.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if d := math.Abs(markov.Float(exact.Loss) - r.Loss); !(d < 1e-12) || exact.Rank != o.Rank {
			t.Errorf("%s: in fractions the loss is off by %.2g, rank %d", task, d, exact.Rank)
		}
	}
	if seen["order"] != 5 || seen["mixture"] != 1 || seen["regression"] != 2 {
		t.Errorf("references: %v", seen)
	}
}

// Ahn et al. (NeurIPS 2023), Theorem 1: for w ~ N(0, I), no noise and inputs of
// covariance diag(l), block i of the optimum is zero but for the entry (i, D),
// 1/((n+1)/n l_i + tr(Lambda)/n); it is a transformer. In fractions the equality
// is exact.
func TestAhn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for d := 1; d <= 6; d++ {
		for _, n := range []int64{1, 5, 20} {
			l, trace := make([]*big.Rat, d), new(big.Rat)
			words := make([]string, d)
			for i := range l {
				l[i] = big.NewRat(1+rng.Int64N(9), 1+rng.Int64N(4))
				words[i] = l[i].RatString()
				trace.Add(trace, l[i])
			}
			task := newTask(t, markov.Spec{Family: "regression", D: d, N: fmt.Sprint(n), Covariance: markov.MatrixSpec{Text: "diag:" + strings.Join(words, ",")}})
			want := make([]*big.Rat, d*moment.Pairs(d+1))
			for i := range want {
				want[i] = new(big.Rat)
			}
			for i, x := range l {
				v := new(big.Rat).Mul(big.NewRat(n+1, n), x)
				v.Add(v, new(big.Rat).Quo(trace, big.NewRat(n, 1)))
				want[i*moment.Pairs(d+1)+moment.PairIndex(d+1, i, d)].Inv(v)
			}
			m, err := moment.Of(t.Context(), task, moment.Options{})
			if err != nil {
				t.Fatal(err)
			}
			f := m.At(task.Context())
			o, err := Minimise(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range want {
				if diff := math.Abs(o.X[i] - markov.Float(x)); !(diff < 1e-12) {
					t.Errorf("d %d, n %d: X[%d] is off by %.2g", d, n, i, diff)
				}
			}
			decision, err := DecideExact(want, d, d+1)
			if err != nil {
				t.Fatal(err)
			}
			if decision.Verdict != Realisable {
				t.Errorf("d %d, n %d: the optimum is not realisable", d, n)
			}
			if d > 3 {
				continue
			}
			e, err := moment.ExactOf(t.Context(), task)
			if err != nil {
				t.Fatal(err)
			}
			exact, err := MinimiseExact(t.Context(), e.At(task.Context()))
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range want {
				if exact.X[i].Cmp(x) != 0 {
					t.Errorf("d %d, n %d: X[%d] = %s, want %s", d, n, i, exact.X[i].RatString(), x.RatString())
				}
			}
		}
	}
}
