package predict

import "markovicl/markov"

// counts are the numbers of transitions in a prompt, flat [S^k*S]: entry (s, r)
// is how often r followed the context s of k states, in the in-context chains and
// in the query's past.
type counts []float64

func countTransitions(S, d int, p *markov.Prompt) counts { return countOrder(S, 1, d, p) }

func countOrder(S, order, d int, p *markov.Prompt) counts {
	rows := S
	for range order - 1 {
		rows *= S
	}
	c := make(counts, rows*S)
	for at := 0; at < len(p.Context); at += d + 1 {
		c.addOrder(S, order, p.Context[at:at+d+1])
	}
	c.addOrder(S, order, p.Query)
	return c
}

// addOrder counts the transitions of one chain after contexts of the given order.
func (c counts) addOrder(S, order int, chain []markov.State) {
	context := 0
	for i, s := range chain {
		if i >= order {
			c[context*S+int(s)]++
		}
		context = (context*S + int(s)) % (len(c) / S)
	}
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
