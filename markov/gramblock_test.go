package markov

import (
	"slices"
	"testing"
)

// TestDrawTogether: prompts that were drawn ahead are the prompts, to the bit.
func TestDrawTogether(t *testing.T) {
	if drawLanes == nil {
		t.Log("no vector instructions for this here: nothing is drawn ahead")
	}
	for _, spec := range []Spec{
		{D: 10, N: "100"}, {D: 3, N: "65"}, {D: 2, N: "128"}, {D: 4, N: "64"}, {D: 1, N: "1"}, {D: 5, N: "40"},
		{D: 3, N: "100", Prior: PriorSpec{Text: "beta:0.02,0.03"}}, {D: 3, N: "100", Prior: PriorSpec{Text: "beta:20,0.01"}},
		{D: 3, N: "100", Start: "bernoulli:1e-9"}, {D: 3, N: "100", Start: "correlated:0.3,0.2,0.9"},
		{D: 3, N: "100", Start: "stationary"}, {D: 3, N: "300"}, {States: 3, D: 3, N: "100"},
		{D: 3, N: "100", Embedding: "onehot"}, {D: 3, N: "90", Embedding: "sign", Bias: true},
	} {
		task := mustTask(t, spec)
		ahead, err := NewGramSampler(task, 5)
		if err != nil {
			t.Fatal(err)
		}
		one, err := NewGramSampler(task, 5)
		if err != nil {
			t.Fatal(err)
		}
		D := task.Dim()
		G, want := make([]float64, D*D), make([]float64, D*D)
		u, wantU := make([]float64, D-1), make([]float64, D-1)
		upper, queries, labels := make([]float64, D*(D+1)/2*Together), make([]float64, (D-1)*Together), [Together]float64{}
		for i := uint64(0); i < 400; i++ {
			switch i % 13 { // blocks, whole and cut, and prompts outside of them
			case 0:
				ahead.prepare(i, Together)
			case 9:
				ahead.prepare(i, 3)
			}
			y, err := ahead.Draw(i, G, u)
			wantY, wantErr := one.Draw(i, want, wantU)
			if y != wantY || !slices.Equal(G, want) || !slices.Equal(u, wantU) || (err == nil) != (wantErr == nil) {
				t.Fatalf("%v: prompt %d is another one", task, i)
			}
			if i%7 != 0 || err != nil {
				continue
			}
			count := 1 + int(i/7)%Together
			if err := ahead.DrawTogether(i, count, upper, queries, &labels); err != nil {
				continue // some other of them cannot be drawn
			}
			for k := range count {
				y, err := one.Draw(i+uint64(k), want, wantU)
				same := err == nil && y == labels[k]
				r := 0
				for a := range D {
					for c := a; c < D; c++ {
						same = same && upper[r*Together+k] == want[a*D+c]
						r++
					}
				}
				for j, x := range wantU {
					same = same && queries[j*Together+k] == x
				}
				if !same {
					t.Fatalf("%v: prompt %d is another one, %d of %d together", task, i, k, count)
				}
			}
		}
	}
}
