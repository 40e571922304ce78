package predict

import "markovicl/markov"

// counts are the numbers of transitions in a prompt, flat [S*S]: entry (s, r)
// is how often r followed s, in the in-context chains and in the query's past.
type counts []float64

func countTransitions(S int, d int, p *markov.Prompt) counts {
	c := make(counts, S*S)
	for at := 0; at < len(p.Context); at += d + 1 {
		c.add(S, p.Context[at:at+d+1])
	}
	c.add(S, p.Query)
	return c
}

// add counts the transitions of one chain.
func (c counts) add(S int, chain []markov.State) {
	for i := 1; i < len(chain); i++ {
		c[int(chain[i-1])*S+int(chain[i])]++
	}
}

// normalise turns non-negative weights into probabilities. It returns false,
// and does nothing, if they are all zero.
func normalise(w []float64) bool {
	var sum float64
	for _, x := range w {
		sum += x
	}
	if sum == 0 {
		return false
	}
	for i := range w {
		w[i] /= sum
	}
	return true
}

func last(query []markov.State) markov.State { return query[len(query)-1] }
