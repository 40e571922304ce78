// Package landscape studies the loss of one-layer linear self-attention: its
// minimum over the enlarged parameter space, and which points of that space
// are transformers.
//
// Where to read what:
//
//   - phi.go: the map phi from transformer parameters to the enlarged space
//   - optimum.go: the minimum over the enlarged space
//   - realise.go: for d = 1, the transformer that a point of it is (paper, Theorem 3.3)
package landscape
