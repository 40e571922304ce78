package markov

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
)

var twoKernels = MixtureSpec{
	Kernels: [][][]string{{{"0.8", "0.2"}, {"0.3", "0.7"}}, {{"1/3", "2/3"}, {"1", "0"}}},
	Weights: []string{"1", "3"},
}

// Every mistake is answered with the place and the remedy.
func TestFamilyErrors(t *testing.T) {
	kernels := func(rows ...[]string) PriorSpec {
		return PriorSpec{Mixture: &MixtureSpec{Kernels: [][][]string{rows}}}
	}
	for _, test := range []struct {
		spec Spec
		want []string
	}{
		{Spec{Order: 3, D: 2}, []string{"order", "d = 2", "3"}},
		{Spec{Order: -1}, []string{"order", "-1"}},
		{Spec{Order: 2, Start: "stationary"}, []string{"stationary", "order 2"}},
		{Spec{Order: 2, Start: "correlated:0.5,0.1,0.9"}, []string{"correlated", "order 2"}},
		{Spec{Order: 2, Prior: PriorSpec{Rows: [][]string{{"1", "1"}, {"1", "1"}}}}, []string{"2 rows", "want 4", "oldest first"}},
		{Spec{States: 256, D: 3, Order: 3}, []string{"order 3", "256 states"}},
		{Spec{Prior: kernels([]string{"0.5", "0.5"}, []string{"0.5", "0.4"})}, []string{"kernel 0, row 1", "0.9"}},
		{Spec{Prior: kernels([]string{"0.5", "0.5"}, []string{"1.5", "-0.5"})}, []string{"kernel 0, row 1: column 1", "-0.5"}},
		{Spec{Prior: kernels([]string{"0.5", "0.5"})}, []string{"kernel 0", "1 rows", "want 2"}},
		{Spec{Prior: kernels([]string{"0.5", "0.5"}, []string{"1"})}, []string{"kernel 0, row 1", "1 entries"}},
		{Spec{Prior: kernels([]string{"0.5", "0.5"}, []string{"NaN", "1"})}, []string{"kernel 0, row 1: column 0", "NaN"}},
		{Spec{States: 3, Prior: kernels([]string{"0.5", "0.5"}, []string{"0", "1"})}, []string{"kernel 0", "2 rows", "want 3"}},
		{Spec{Prior: PriorSpec{Mixture: &MixtureSpec{}}}, []string{"no kernels"}},
		{Spec{Prior: PriorSpec{Mixture: &MixtureSpec{Kernels: twoKernels.Kernels, Weights: []string{"1"}}}}, []string{"1 weights for 2 kernels"}},
		{Spec{Prior: PriorSpec{Mixture: &MixtureSpec{Kernels: twoKernels.Kernels, Weights: []string{"1", "0"}}}}, []string{"weight 1", "> 0"}},
		{Spec{Start: "stationary", Prior: kernels([]string{"1", "0"}, []string{"0", "1"})}, []string{"kernel 0", "no unique stationary law"}},
		{Spec{Prior: PriorSpec{Text: "kernels:k.json"}}, []string{"k.json", "not been read"}},
		{Spec{Family: "markow"}, []string{"markow", "regression"}},
		{Spec{Noise: "1"}, []string{"noise", "family regression"}},
		{Spec{Family: "regression", States: 2}, []string{"states"}},
		{Spec{Family: "regression", Start: "uniform"}, []string{"start"}},
		{Spec{Family: "regression", Embedding: "onehot"}, []string{"embedding"}},
		{Spec{Family: "regression", Noise: "-1"}, []string{"noise", ">= 0", "-1"}},
		{Spec{Family: "regression", Mean: "1,2,3", D: 2}, []string{"mean", "3", "d is 2"}},
		{Spec{Family: "regression", Mean: "1,2,3", Covariance: MatrixSpec{Text: "diag:1,2"}}, []string{"mean", "3", "d is 2"}},
		{Spec{Family: "regression", Covariance: MatrixSpec{Text: "diag:1,-2"}}, []string{"covariance", "positive semidefinite"}},
		{Spec{Family: "regression", Covariance: MatrixSpec{Text: "wishart"}}, []string{"wishart", "diag:"}},
		{Spec{Family: "regression", Weights: MatrixSpec{Rows: [][]string{{"1", "2"}, {"3", "1"}}}}, []string{"weights", "row 1, column 0 is 3", "symmetric"}},
		{Spec{Family: "regression", Weights: MatrixSpec{Rows: [][]string{{"1", "2"}, {"2", "1"}}}}, []string{"weights", "positive semidefinite"}},
		{Spec{Family: "regression", Weights: MatrixSpec{Rows: [][]string{{"0", "1"}, {"1", "0"}}}}, []string{"weights", "positive semidefinite", "coordinate 1"}},
		{Spec{Family: "regression", Weights: MatrixSpec{Rows: [][]string{{"1", "2"}, {"2"}}}}, []string{"weights", "row 1", "square"}},
		{Spec{Family: "regression", Weights: MatrixSpec{Rows: [][]string{{"1", "x"}, {"2", "1"}}}}, []string{"weights", "row 0, column 1", "x"}},
	} {
		_, err := NewTask(test.spec)
		if err == nil {
			t.Errorf("%+v was accepted", test.spec)
			continue
		}
		for _, word := range test.want {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("error %q does not say %q", err, word)
			}
		}
	}
}

// A task written as JSON reads back as the same task.
func TestFamilyJSON(t *testing.T) {
	for _, spec := range []Spec{
		{D: 3, Order: 2, N: "inf"}, {D: 3, Order: 3, Prior: PriorSpec{Text: "beta:2,0.5"}, Bias: true},
		{D: 2, Order: 2, Prior: PriorSpec{Rows: [][]string{{"1", "2"}, {"1/3", "1"}, {"1", "1"}, {"5", "1"}}}},
		{D: 2, Prior: PriorSpec{Mixture: &twoKernels}, Start: "stationary"},
		{Family: "regression", D: 3, Mean: "1", Noise: "1/3"},
		{Family: "regression", Mean: "1,-2", Covariance: MatrixSpec{Rows: [][]string{{"1", "1/2"}, {"0.5", "1"}}}, Weights: MatrixSpec{Text: "diag:1,0"}, Bias: true},
	} {
		task := mustTask(t, spec)
		first, err := json.Marshal(task)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseTask(first)
		if err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		second, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if string(first) != string(second) {
			t.Errorf("%s became %s", first, second)
		}
	}
}

func readMixture(text string, states int) (*Mixture, error) {
	spec, err := ParseMixture([]byte(text), states, 1)
	if err != nil {
		return nil, err
	}
	return NewMixture(spec, states, 1)
}

func TestParseMixture(t *testing.T) {
	want := `{"kernels":[[["0.8","0.2"],["0.3","0.7"]],[["1/3","2/3"],["1","0"]]],"weights":["0.25","0.75"]}`
	for _, text := range []string{
		`{"kernels":[[[0.8,0.2],[0.3,0.7]],[["1/3","2/3"],[1,0]]],"weights":[1,3]}`,
		"0.8,0.2,0.3,0.7,1\n1/3,2/3,1,0,3\n",
	} {
		m, err := ParseMixture([]byte(text), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(mustTask(t, Spec{Prior: PriorSpec{Mixture: &m}}))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(got), want) {
			t.Errorf("%s is %s", text, got)
		}
	}
	for _, text := range []string{"[[[0.8,0.2],[0.3,0.7]],[[0.5,0.5],[0,1]]]", "0.8,0.2\n0.3,0.7\n\n0.5,0.5\n0,1\n"} {
		m, err := readMixture(text, 0)
		if err != nil || m.Len() != 2 || m.WeightRat(1).Cmp(big.NewRat(1, 2)) != 0 {
			t.Errorf("%q: %v, %v", text, m, err)
		}
	}
	// A row within 1e-9 of 1 is divided by its sum.
	m, err := readMixture("[[[0.3333333333,0.6666666666],[0,1]]]", 2)
	if err != nil {
		t.Fatal(err)
	}
	k := m.KernelRat(0)
	if k[0].Cmp(big.NewRat(1, 3)) != 0 || k[1].Cmp(big.NewRat(2, 3)) != 0 {
		t.Errorf("row %s, %s", k[0], k[1])
	}
	for text, word := range map[string]string{
		`{"kernels":[[[0.8,0.2]`: "", `{"kernel":[]}`: "kernel", "0.5,0.5\n": "1 rows", "0.5,0.5,1\n": "line 1", "1,2\n\n1,2,3\n": "line 3", "": "no kernels",
	} {
		if _, err := ParseMixture([]byte(text), 0, 1); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: error %v, want one with %q", text, err, word)
		}
	}
}

// The stationary law in fractions is stationary, also where a state is left for
// good.
func TestStationaryRat(t *testing.T) {
	for _, text := range []string{"[[[0.8,0.2],[0.3,0.7]]]", "[[[0.5,0.5],[0,1]]]", "[[[0,1,0],[0,0,1],[1,0,0]]]", "[[[0.2,0.3,0.5],[0.1,0.9,0],[0.4,0.4,0.2]]]"} {
		m, err := readMixture(text, 0)
		if err != nil {
			t.Fatal(err)
		}
		mu, err := m.StationaryRat(0)
		if err != nil {
			t.Fatal(err)
		}
		S, total := m.States(), new(big.Rat)
		for r := range S {
			sum := new(big.Rat)
			for s := range S {
				sum.Add(sum, new(big.Rat).Mul(mu[s], m.KernelRat(0)[s*S+r]))
			}
			if sum.Cmp(mu[r]) != 0 || mu[r].Sign() < 0 {
				t.Errorf("%s: %v", text, mu)
			}
			total.Add(total, mu[r])
		}
		if total.Cmp(big.NewRat(1, 1)) != 0 {
			t.Errorf("%s: %v", text, mu)
		}
	}
}

// Words drawn from a task of order 2 and from a mixture have the frequencies of
// their law; neither sampler draws other words than the other.
func TestFamilySampling(t *testing.T) {
	const prompts = 40_000
	order2 := mustTask(t, Spec{D: 2, N: "1", Order: 2, P: "0.3", Prior: PriorSpec{Rows: [][]string{{"1", "3"}, {"2", "1"}, {"1", "1"}, {"0.5", "0.5"}}}})
	mixed := mustTask(t, Spec{D: 2, N: "1", Start: "stationary", Prior: PriorSpec{Mixture: &twoKernels}})
	laws := []map[string]float64{{}, {}} // of the query with its label
	start := []float64{0.7, 0.3}
	for w := range 8 {
		a, b, c := w>>2, w>>1&1, w&1
		alpha := order2.Prior().Alpha(2*a + b)
		laws[0][fmt.Sprint(a, b, c)] = start[a] * start[b] * alpha[c] / (alpha[0] + alpha[1])
		for k, mu := range [][]float64{{0.6, 0.4}, {0.6, 0.4}} {
			p := mixed.Prior().Mixture().Kernel(k)
			laws[1][fmt.Sprint(a, b, c)] += []float64{0.25, 0.75}[k] * mu[a] * p.Row(State(a))[b] * p.Row(State(b))[c]
		}
	}
	for i, task := range []Task{order2, mixed} {
		s, err := NewSampler(task, 1)
		if err != nil {
			t.Fatal(err)
		}
		g, err := NewGramSampler(task, 1)
		if err != nil {
			t.Fatal(err)
		}
		counts := [2]map[string]float64{{}, {}} // of the query, and of the chain
		var p Prompt
		G, u := make([]float64, 9), make([]float64, 2)
		want := make([]float64, 9)
		for n := range uint64(prompts) {
			if err := s.Prompt(&p, n); err != nil {
				t.Fatal(err)
			}
			counts[0][fmt.Sprint(p.Query[0], p.Query[1], p.Label)]++
			counts[1][fmt.Sprint(p.Context[0], p.Context[1], p.Context[2])]++
			if n < 100 {
				y, err := g.Draw(n, G, u)
				if err != nil {
					t.Fatal(err)
				}
				task.Gram(want, &p)
				if fmt.Sprint(G, u, y) != fmt.Sprint(want, []float64{float64(p.Query[0]), float64(p.Query[1])}, float64(p.Label)) {
					t.Fatalf("prompt %d: %v %v %v", n, G, u, y)
				}
			}
		}
		for _, count := range counts {
			for word, probability := range laws[i] {
				se := math.Sqrt(probability * (1 - probability) / prompts)
				if got := count[word] / prompts; !(math.Abs(got-probability) <= 5*se) {
					t.Errorf("%s: word %s has frequency %.4f, probability %.4f", task, word, got, probability)
				}
			}
		}
	}
}

// Regression prompts have the covariances that were asked for.
func TestRegressionSampling(t *testing.T) {
	const prompts = 40_000
	task := mustTask(t, Spec{Family: "regression", N: "2", Noise: "0.5", Mean: "1,-1", Bias: true,
		Covariance: MatrixSpec{Rows: [][]string{{"2", "1"}, {"1", "1"}}}, Weights: MatrixSpec{Rows: [][]string{{"1", "1"}, {"1", "1"}}}})
	s, err := NewSampler(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	var xx, ww [4]float64
	var w1, noise float64
	var p Prompt
	column := make([]float64, 4)
	for n := range uint64(prompts) {
		if err := s.Prompt(&p, n); err != nil {
			t.Fatal(err)
		}
		x, w := p.Real.Input(2), p.Real.Weights
		for i := range 4 {
			xx[i] += x[i/2] * x[i%2] / prompts
			ww[i] += (w[i/2] - []float64{1, -1}[i/2]) * (w[i%2] - []float64{1, -1}[i%2]) / prompts
		}
		w1 += w[0] / prompts
		task.PromptColumn(column, &p, 1)
		e := column[3] - w[0]*column[1] - w[1]*column[2]
		noise += e * e / prompts
		if column[0] != 1 {
			t.Fatal("the bias is not 1")
		}
	}
	for i, want := range []float64{2, 1, 1, 1} {
		if math.Abs(xx[i]-want) > 0.06 || math.Abs(ww[i]-1) > 0.06 {
			t.Errorf("covariances %v of x, %v of w", xx, ww)
		}
	}
	if math.Abs(w1-1) > 0.03 || math.Abs(noise-0.5) > 0.02 {
		t.Errorf("mean weight %v, noise %v", w1, noise)
	}
}
