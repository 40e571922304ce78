package landscape_test

import (
	"fmt"
	"math/big"
	"strings"

	"markovicl/markov"
)

// The oracle knows a task in exact fractions, by code that shares nothing with
// the packages under test: it lists every query and every pair of in-context
// chains as words of states, weighs them by Dirichlet moments of their added-up
// transitions, and evaluates models on them by the definition of linear
// self-attention. It is slow, and for few states and short chains only.

// description is a task in plain fractions.
type description struct {
	S, d, n   int // n = 0 stands for infinity
	alpha     [][]string
	start     string     // in the words of a task file
	query     []string   // law of the query's first state
	context   [][]string // of a chain's first state, given the query's
	embedding string
	bias      bool
}

func (t *description) spec() markov.Spec {
	n := "inf"
	if t.n > 0 {
		n = fmt.Sprint(t.n)
	}
	return markov.Spec{
		States: t.S, D: t.d, N: n, Prior: markov.PriorSpec{Rows: t.alpha},
		Start: t.start, Embedding: t.embedding, Bias: t.bias,
	}
}

func (t *description) String() string {
	text := fmt.Sprintf("S=%d d=%d n=%d start %s alpha %v %s", t.S, t.d, t.n, t.start, t.alpha, t.embedding)
	if t.bias {
		text += " bias"
	}
	return text
}

// fraction reads a/b or a decimal.
func fraction(text string) *big.Rat {
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("not a fraction: " + text)
	}
	return x
}

// iid fills in chains that all start by one law.
func (t *description) iid(law ...string) {
	t.query, t.context = law, nil
	for range t.S {
		t.context = append(t.context, law)
	}
	t.start = "probs:" + strings.Join(law, ",")
}

// correlated fills in query starts Bernoulli(p) and chains Bernoulli(g0) or g1.
func (t *description) correlated(p, g0, g1 string) {
	law := func(p string) []string {
		return []string{new(big.Rat).Sub(big.NewRat(1, 1), fraction(p)).RatString(), p}
	}
	t.query, t.context = law(p), [][]string{law(g0), law(g1)}
	t.start = fmt.Sprintf("correlated:%s,%s,%s", p, g0, g1)
}

// words lists the words of the given length over S states.
func words(S, length int) [][]int {
	list := [][]int{nil}
	for range length {
		var longer [][]int
		for _, w := range list {
			for s := range S {
				longer = append(longer, append(append([]int(nil), w...), s))
			}
		}
		list = longer
	}
	return list
}

// input returns the features of the first d states of a word, the bias included.
func (t *description) input(word []int) []int64 {
	var x []int64
	if t.bias {
		x = append(x, 1)
	}
	for _, s := range word[:t.d] {
		if t.embedding == "onehot" {
			for k := range t.S {
				if k == s {
					x = append(x, 1)
				} else {
					x = append(x, 0)
				}
			}
		} else {
			x = append(x, t.label(s))
		}
	}
	return x
}

func (t *description) label(s int) int64 {
	if t.embedding == "sign" {
		return int64(2*s - 1)
	}
	return int64(s)
}
