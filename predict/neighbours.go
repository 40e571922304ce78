package predict

import (
	"slices"

	"markovicl/markov"
)

// Neighbours is the vote of the k in-context chains whose first d states are
// nearest to the query in Hamming distance (the number of positions that
// differ). All chains nearer than the k-th vote; those at the distance of the
// k-th share the votes that are left equally. With fewer than k chains all
// vote.
type Neighbours struct{ task markov.Task }

// neighbours is k.
const neighbours = 3

// NewNeighbours returns the vote of 3 nearest neighbours, "knn3".
func NewNeighbours(t markov.Task) *Neighbours { return &Neighbours{t} }

// Name returns "knn3".
func (n *Neighbours) Name() string { return "knn3" }

// Predict implements Predictor.
func (n *Neighbours) Predict(prompt *markov.Prompt, out *Prediction) error {
	p := newPairs(n.task, prompt)
	atDistance := make([]float64, p.d+1) // chains at each distance
	distance := make([]int, len(p.y))
	for i, x := range p.x {
		for k, s := range x {
			if s != prompt.Query[k] {
				distance[i]++
			}
		}
		atDistance[distance[i]] += p.weight[i]
	}
	votes := slices.Clone(atDistance) // votes of each distance
	left := float64(neighbours)
	for k := range votes {
		votes[k] = min(votes[k], left)
		left -= votes[k]
	}
	law := out.law(p.S)
	for i, k := range distance {
		law[p.y[i]] += p.weight[i] * votes[k] / atDistance[k]
	}
	normalise(law)
	out.mean(n.task.Embedding())
	return nil
}
