// Package markovtest makes tasks for tests, and draws them for property tests:
//
//	rapid.Check(t, func(t *rapid.T) {
//		task := markovtest.Tasks(markovtest.Limits{States: 3}).Draw(t, "task")
//		// what holds for every task
//	})
//
// Everything that a task can be is drawn (priors, mixtures, starts, embeddings, orders, a
// bias), within the Limits, and a counterexample shrinks to a task that is as
// plain as it can be. A new kind of task belongs here, too: then every property is
// tried on it.
package markovtest

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
)

// Task returns the task of a Spec that must be valid.
func Task(t testing.TB, spec markov.Spec) markov.Task {
	t.Helper()
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// Limits bound the tasks that are drawn.
type Limits struct {
	States    int // largest number of states, default 2
	Positions int // largest d, default 3
	QueryDim  int // largest number of query features, 0 for any
	Order     int // largest order, default 1
	Kernels   int // largest number of kernels of a mixture, 0 for Dirichlet priors only

	// Without excludes start laws and embeddings, by the words of the flags:
	// "stationary", "correlated", "onehot", ...
	Without []string
}

// Specs returns a generator of tasks in the words of the flags; every one is
// valid.
func Specs(limits Limits) *rapid.Generator[markov.Spec] {
	maxStates, maxD := max(limits.States, 2), limits.Positions
	if maxD == 0 {
		maxD = 3
	}
	return rapid.Custom(func(t *rapid.T) markov.Spec {
		spec := markov.Spec{
			States: rapid.IntRange(2, maxStates).Draw(t, "states"),
			D:      rapid.IntRange(1, maxD).Draw(t, "d"),
			N:      rapid.SampledFrom([]string{"1", "2", "3", "10", "100", "inf"}).Draw(t, "n"),
			Bias:   rapid.Bool().Draw(t, "bias"),
		}
		S := spec.States
		order, rows := 1, S
		if limits.Order > 1 {
			order = rapid.IntRange(1, min(limits.Order, spec.D)).Draw(t, "order")
			for range order - 1 {
				rows *= S
			}
			spec.Order = order
		}
		number := rapid.SampledFrom([]string{"0.3", "1", "2", "5/2"})
		priors := []string{"uniform", "dirichlet", "rows"}
		starts := []string{"uniform", "probs", "stationary"}
		embeddings := []string{"index", "onehot"}
		if limits.Kernels > 0 {
			priors = append(priors, "kernels")
		}
		if order > 1 {
			starts = []string{"uniform", "probs"}
		}
		if S == 2 {
			priors = append(priors, "beta")
			starts = append(starts, "bernoulli")
			if order == 1 {
				starts = append(starts, "correlated")
			}
			embeddings = append(embeddings, "sign")
		}
		switch prior := pick(t, "prior", priors, limits.Without); prior {
		case "dirichlet":
			spec.Prior.Text = "dirichlet:" + number.Draw(t, "alpha")
		case "beta":
			spec.Prior.Text = fmt.Sprintf("beta:%s,%s", number.Draw(t, "a"), number.Draw(t, "b"))
		case "rows":
			for range rows {
				spec.Prior.Rows = append(spec.Prior.Rows, rapid.SliceOfN(number, S, S).Draw(t, "alpha"))
			}
		case "kernels":
			spec.Prior.Mixture = mixture(t, limits.Kernels, rows, S)
		default:
			spec.Prior.Text = prior
		}
		probability := rapid.SampledFrom([]string{"0.2", "1/3", "0.5", "0.9"})
		switch start := pick(t, "start", starts, limits.Without); start {
		case "probs":
			weights := rapid.SliceOfN(rapid.IntRange(1, 5), S, S).Draw(t, "weights")
			spec.Start = "probs:" + shares(weights)
		case "bernoulli":
			spec.Start = "bernoulli:" + probability.Draw(t, "p")
		case "correlated":
			spec.Start = fmt.Sprintf("correlated:%s,%s,%s", probability.Draw(t, "p"), probability.Draw(t, "g0"), probability.Draw(t, "g1"))
		default:
			spec.Start = start
		}
		spec.Embedding = pick(t, "embedding", embeddings, limits.Without)
		return spec
	}).Filter(func(spec markov.Spec) bool {
		width := 1
		if spec.Embedding == "onehot" {
			width = spec.States
		}
		return limits.QueryDim == 0 || spec.D*width < limits.QueryDim || !spec.Bias && spec.D*width == limits.QueryDim
	})
}

// Tasks returns a generator of tasks.
func Tasks(limits Limits) *rapid.Generator[markov.Task] {
	return rapid.Map(Specs(limits), func(spec markov.Spec) markov.Task {
		task, err := markov.NewTask(spec)
		if err != nil {
			panic(fmt.Sprintf("markovtest: %+v is not valid: %v", spec, err))
		}
		return task
	})
}

func pick(t *rapid.T, label string, words, without []string) string {
	var left []string
	for _, w := range words {
		if !strings.Contains(" "+strings.Join(without, " ")+" ", " "+w+" ") {
			left = append(left, w)
		}
	}
	return rapid.SampledFrom(left).Draw(t, label)
}

// mixture draws up to the given number of kernels, with zeros among their entries
// but in the first column, so that each has one stationary law.
func mixture(t *rapid.T, most, rows, states int) *markov.MixtureSpec {
	spec := &markov.MixtureSpec{}
	for range rapid.IntRange(1, most).Draw(t, "kernels") {
		var kernel [][]string
		for range rows {
			weights := rapid.SliceOfN(rapid.IntRange(0, 3), states, states).Draw(t, "row")
			weights[0]++
			kernel = append(kernel, strings.Split(shares(weights), ","))
		}
		spec.Kernels = append(spec.Kernels, kernel)
		spec.Weights = append(spec.Weights, rapid.SampledFrom([]string{"1", "0.5", "7/3"}).Draw(t, "weight"))
	}
	return spec
}

// shares returns weights as fractions of their sum.
func shares(weights []int) string {
	var sum int
	for _, w := range weights {
		sum += w
	}
	words := make([]string, len(weights))
	for i, w := range weights {
		words[i] = fmt.Sprintf("%d/%d", w, sum)
	}
	return strings.Join(words, ",")
}
