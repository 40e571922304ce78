package predict

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
)

func taskOf(t interface{ Fatal(...any) }, spec markov.Spec) markov.Task {
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// A prior whose mean kernel is (3/4, 1/4; 1/2, 1/2) expects state 0 in two of
// three places, whatever the prompt is.
func TestConstant(t *testing.T) {
	task := taskOf(t, markov.Spec{States: 2, D: 1, Prior: markov.PriorSpec{Rows: [][]string{{"3", "1"}, {"5", "5"}}}})
	c, err := NewConstant(task)
	if err != nil {
		t.Fatal(err)
	}
	var out Prediction
	for _, prompt := range []*markov.Prompt{{Query: []markov.State{0}}, {Query: []markov.State{1}, Context: []markov.State{1, 1, 1, 1}}} {
		if err := c.Predict(prompt, &out); err != nil || math.Abs(out.Distribution[0]-2./3) > 1e-12 || math.Abs(out.Expected-1./3) > 1e-12 {
			t.Error(out, err)
		}
	}
	for states := 2; states < 6; states++ {
		c, err := NewConstant(taskOf(t, markov.Spec{States: states, D: 1}))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range c.law {
			if math.Abs(p-1/float64(states)) > 1e-12 {
				t.Errorf("%d states: %v, want the uniform law", states, c.law)
			}
		}
	}
}

// Every predictor that always answers does so for a single state.
func TestOneState(t *testing.T) {
	task := taskOf(t, markov.Spec{States: 1, OneState: true, D: 2})
	c, err := NewConstant(task)
	if err != nil {
		t.Fatal(err)
	}
	prompt := &markov.Prompt{Context: make([]markov.State, 6), Query: make([]markov.State, 2)}
	for _, p := range []Predictor{c, NewFrequency(task), NewBayes(task), NewBigram(task), NewSmoothedBigram(task)} {
		var out Prediction
		if err := p.Predict(prompt, &out); err != nil || len(out.Distribution) != 1 || out.Distribution[0] != 1 || out.Expected != 0 {
			t.Errorf("%s: %v, %v", p.Name(), out, err)
		}
	}
}

// Frequencies are counts by a plain loop, and do not change when the states of
// the prompt change places.
func TestFrequency(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		S, d := rapid.IntRange(2, 5).Draw(t, "states"), rapid.IntRange(1, 4).Draw(t, "d")
		n := rapid.IntRange(1, 6).Draw(t, "n")
		state := rapid.SliceOfN(rapid.Uint8Range(0, uint8(S-1)), n*(d+1)+d, n*(d+1)+d).Draw(t, "states")
		f := NewFrequency(taskOf(t, markov.Spec{States: S, D: d}))
		var out Prediction
		check := func() {
			if err := f.Predict(&markov.Prompt{Context: state[:n*(d+1)], Query: state[n*(d+1):]}, &out); err != nil {
				t.Fatal(err)
			}
			for s, p := range out.Distribution {
				count := 0
				for _, x := range state {
					if int(x) == s {
						count++
					}
				}
				if math.Abs(p-float64(count)/float64(len(state))) > 1e-12 {
					t.Fatalf("state %d: %v, want %d of %d", s, p, count, len(state))
				}
			}
		}
		check()
		state = rapid.Permutation(state).Draw(t, "order")
		check()
	})
}

// A continuation ends with the first absorbing state.
func TestContinueAbsorbing(t *testing.T) {
	task := taskOf(t, markov.Spec{States: 3, D: 1})
	prompt := &markov.Prompt{Context: []markov.State{0, 1, 1, 2, 2, 0}, Query: []markov.State{0}}
	p := NewBigram(task)
	for _, c := range []struct {
		absorbing []markov.State
		want      int
	}{{nil, 9}, {[]markov.State{2}, 2}, {[]markov.State{1, 2}, 1}, {[]markov.State{0}, 0}} {
		got, err := Continue(task, p, prompt, 9, nil, c.absorbing...)
		if err != nil || len(got) != c.want || c.want > 0 && c.absorbing != nil && got[c.want-1] != c.absorbing[len(c.absorbing)-1] && len(c.absorbing) == 1 {
			t.Errorf("%v: %v, %v", c.absorbing, got, err)
		}
	}
}
