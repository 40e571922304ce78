// Package markovtest draws tasks for property tests.
package markovtest

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"markovicl/markov"
)

// Limits bound the tasks that are drawn.
type Limits struct {
	States    int // largest number of states, default 2
	Positions int // largest d, default 3
	QueryDim  int // largest number of query features, 0 for any

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
		number := rapid.SampledFrom([]string{"0.3", "1", "2", "5/2"})
		priors := []string{"uniform", "dirichlet", "rows"}
		starts := []string{"uniform", "probs", "stationary"}
		embeddings := []string{"index", "onehot"}
		if S == 2 {
			priors = append(priors, "beta")
			starts = append(starts, "bernoulli", "correlated")
			embeddings = append(embeddings, "sign")
		}
		switch prior := pick(t, "prior", priors, limits.Without); prior {
		case "dirichlet":
			spec.Prior.Text = "dirichlet:" + number.Draw(t, "alpha")
		case "beta":
			spec.Prior.Text = fmt.Sprintf("beta:%s,%s", number.Draw(t, "a"), number.Draw(t, "b"))
		case "rows":
			for range S {
				spec.Prior.Rows = append(spec.Prior.Rows, rapid.SliceOfN(number, S, S).Draw(t, "alpha"))
			}
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
