package markov

import "fmt"

// Embedding turns states into numbers. The label of a state is always one
// number e(s); what an input position becomes may be more than one.
type Embedding int

// The embeddings.
const (
	Index  Embedding = iota // e(s) = s, the paper's
	Sign                    // e(s) = -1, +1; two states only
	OneHot                  // an input state is S coordinates, one of them 1; the label stays e(s) = s
)

var embeddingNames = []string{"index", "sign", "onehot"}

func parseEmbedding(text string, states int) (Embedding, error) {
	for e, name := range embeddingNames {
		if text != name && !(text == "" && e == 0) {
			continue
		}
		if Embedding(e) == Sign && states != 2 {
			return 0, fmt.Errorf("embedding sign is for 2 states, this task has %d; choose index or onehot", states)
		}
		return Embedding(e), nil
	}
	return 0, fmt.Errorf("embedding %q is not known; choose index, sign (2 states) or onehot", text)
}

// Label returns e(s), the number that stands for state s as a label.
func (e Embedding) Label(s State) float64 {
	if e == Sign {
		return 2*float64(s) - 1
	}
	return float64(s)
}

// Width returns the number of coordinates of one input position.
func (e Embedding) Width(states int) int {
	if e == OneHot {
		return states
	}
	return 1
}

// String returns the embedding's name as the flag --embedding writes it.
func (e Embedding) String() string { return embeddingNames[e] }
