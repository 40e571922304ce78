package predict

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/floats"

	"markovicl/markov"
)

// Neighbours is the vote of the k in-context chains whose first d states are
// nearest to the query in Hamming distance (the number of positions that
// differ). All chains nearer than the k-th vote; those at the distance of the
// k-th share the votes that are left equally. With fewer than k chains all
// vote. For a regression it is the mean label of the k pairs nearest to the query in
// Euclidean distance.
type Neighbours struct{ task markov.Task }

// neighbours is k.
const neighbours = 3

// NewNeighbours returns the vote of 3 nearest neighbours, "knn3".
func NewNeighbours(t markov.Task) *Neighbours { return &Neighbours{t} }

// Name returns "knn3".
func (n *Neighbours) Name() string { return "knn3" }

// Predict implements Predictor.
func (n *Neighbours) Predict(prompt *markov.Prompt, out *Prediction) error {
	if prompt.Real != nil {
		out.none()
		out.Expected = nearestMean(prompt.Real)
		return nil
	}
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

// nearestMean is the mean label of the nearest pairs; of pairs at the same distance
// the first count.
func nearestMean(p *markov.RealPrompt) float64 {
	query := p.Input(p.Len())
	type pair struct{ distance, label float64 }
	pairs := make([]pair, p.Len())
	for i := range pairs {
		pairs[i] = pair{floats.Distance(p.Input(i), query, 2), p.Labels[i]}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.distance, b.distance) })
	pairs = pairs[:min(neighbours, len(pairs))]
	var sum float64
	for _, nearest := range pairs {
		sum += nearest.label
	}
	return sum / float64(len(pairs))
}
