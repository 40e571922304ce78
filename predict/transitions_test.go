package predict

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"markovicl/chainfile"
	"markovicl/markov"
)

func countsOf(t interface{ Fatal(...any) }, text string, opts chainfile.Options) *chainfile.Counts {
	s, err := chainfile.Read(strings.NewReader(text), "x.txt", opts)
	if err != nil {
		t.Fatal(err)
	}
	return s.Counts()
}

func transitionsOf(t interface{ Fatal(...any) }, c *chainfile.Counts, spec markov.Spec) *Transitions {
	spec.States, spec.OneState, spec.D = len(c.Labels), len(c.Labels) == 1, 1
	tr, err := NewTransitions(c, taskOf(t, spec).Prior())
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// A small case by hand.
// In aabba, aab the transitions are aa 2, ab 2, bb 1, ba 1. Under the flat
// prior p(a|a) = 3/6 with variance 3*3/(36*7), p(a|b) = 2/4 with variance 2*2/(16*5).
func TestTransitionsByHand(t *testing.T) {
	tr := transitionsOf(t, countsOf(t, "aabba\naab\n", chainfile.Options{}), markov.Spec{})
	for i, want := range []float64{0.5, 0.5, 0.5, 0.5} {
		if math.Abs(tr.Probabilities[i]-want) > 1e-15 {
			t.Errorf("probabilities %v", tr.Probabilities)
		}
	}
	for i, want := range []float64{math.Sqrt(9. / 252), math.Sqrt(9. / 252), math.Sqrt(4. / 80), math.Sqrt(4. / 80)} {
		if math.Abs(tr.StandardErrors[i]-want) > 1e-15 {
			t.Errorf("standard errors %v", tr.StandardErrors)
		}
	}
	// The frequencies are 1/2, 1/2; 1/2, 1/2, whose stationary law is 1/2, 1/2.
	if tr.Stationary == nil || math.Abs(tr.Stationary[0]-0.5) > 1e-15 {
		t.Error(tr.Stationary, tr.WhyNot)
	}
	// Positions with two states before: aab, abb, bba and aab. Order 0: a 1, b 3.
	// Order 1: after a: b 2; after b: a 1, b 1. Order 2: aa-b 2, ab-b 1, bb-a 1.
	o := tr.Order
	zero := 3*math.Log(3./4) + math.Log(1./4)
	one := 2 * math.Log(1./2)
	if o.Positions != 4 || math.Abs(o.Models[0].LogLikelihood-zero) > 1e-12 || math.Abs(o.Models[1].LogLikelihood-one) > 1e-12 || o.Models[2].LogLikelihood != 0 {
		t.Errorf("%+v", o)
	}
	if o.Models[0].Parameters != 1 || o.Models[1].Parameters != 2 || o.Models[2].Parameters != 3 {
		t.Errorf("%+v", o.Models)
	}
	if got, want := o.Tests[1].P, 1-math.Erf(math.Sqrt(-2*one/2)); math.Abs(got-want) > 1e-12 { // chi-square with one degree of freedom
		t.Errorf("p = %v, want %v", got, want)
	}
}

// Posterior means and errors are those of draws from the posterior.
func TestStandardErrorsAreThoseOfDraws(t *testing.T) {
	tr := transitionsOf(t, countsOf(t, "aabbaacabcab\n", chainfile.Options{}), markov.Spec{Prior: markov.PriorSpec{Text: "dirichlet:1/2"}})
	c := tr.Counts
	for s := range 3 {
		var sum float64
		for r := range 3 {
			sum += 0.5 + float64(c.Two[s*3+r])
		}
		for r := range 3 {
			a := 0.5 + float64(c.Two[s*3+r])
			beta := distuv.Beta{Alpha: a, Beta: sum - a}
			if math.Abs(beta.Mean()-tr.Probabilities[s*3+r]) > 1e-12 || math.Abs(math.Sqrt(beta.Variance())-tr.StandardErrors[s*3+r]) > 1e-12 {
				t.Errorf("row %d, column %d: %v ± %v, want %v ± %v", s, r, tr.Probabilities[s*3+r], tr.StandardErrors[s*3+r], beta.Mean(), math.Sqrt(beta.Variance()))
			}
		}
	}
}

// A stationary law is left alone by the frequencies, is 0 outside of the closed
// class, and is what a long walk through the chain of frequencies visits.
func TestStationaryOfFrequencies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 12, 60).Draw(t, "word")
		c := countsOf(t, "abcd"+strings.Join(word, "")+"abcda\n", chainfile.Options{Alphabet: []string{"a", "b", "c", "d"}})
		law, why := stationaryOf(c)
		if law == nil {
			t.Fatalf("no law where every state leads to every other: %s", why)
		}
		for b := range 4 {
			var after float64
			for a := range 4 {
				var out int64
				for r := range 4 {
					out += c.Two[a*4+r]
				}
				after += law[a] * float64(c.Two[a*4+b]) / float64(out)
			}
			if math.Abs(after-law[b]) > 1e-12 || law[b] <= 0 {
				t.Fatalf("%v P = %v at %d", law, after, b)
			}
		}
	})
	for text, want := range map[string]string{
		"home list cart end\nhome end\n": `"end" is never followed by a state`,
		"a b a b\nc d c d\n":             `"a" and "c" never lead to each other`,
		"a b c\n":                        `"c" is never followed by a state`,
	} {
		if law, why := stationaryOf(countsOf(t, text, chainfile.Options{})); law != nil || !strings.Contains(why, want) {
			t.Errorf("%q: %v, %s", text, law, why)
		}
	}
	// x is left for good: it has no part in the long run.
	law, why := stationaryOf(countsOf(t, "x a b a a b a\n", chainfile.Options{}))
	if law == nil || law[2] != 0 || math.Abs(law[0]-0.6) > 1e-12 { // aa 1, ab 2, ba 2: p(b|a) = 2/3, mu_a = 3/5
		t.Error(law, why)
	}
	if law, _ := stationaryOf(countsOf(t, "aaaa\n", chainfile.Options{})); len(law) != 1 || law[0] != 1 {
		t.Error(law)
	}
}

// The order that makes a sequence is found, and the test of a true order rejects
// about as often as its level says.
func TestOrderIsFound(t *testing.T) {
	draw := func(seed uint64, order int) string {
		rng := rand.New(markov.Stream(seed, 1))
		b := []byte("0101")
		for len(b) < 3000 {
			p := 0.3
			switch n := len(b); {
			case order == 1 && b[n-1] == '1':
				p = 0.8
			case order == 2 && b[n-2] == '1':
				p = 0.8
			}
			next := byte('0')
			if rng.Float64() < p {
				next = '1'
			}
			b = append(b, next)
		}
		return string(b) + "\n"
	}
	for order := range 3 {
		rejected := 0
		const times = 200
		for seed := range uint64(times) {
			o := testOrder(countsOf(t, draw(seed, order), chainfile.Options{}))
			if o.Chosen != order && !(order < 2 && o.Chosen == order+1) {
				t.Errorf("order %d, seed %d: BIC chooses %d", order, seed, o.Chosen)
			}
			if order < 2 && o.Tests[order].P < 0.05 {
				rejected++
			}
		}
		// 200 draws at level 0.05: 10 expected, standard deviation 3.1.
		if order < 2 && (rejected < 1 || rejected > 24) {
			t.Errorf("order %d: the true order was rejected %d times of %d at the level 0.05", order, rejected, times)
		}
	}
}
