// Package landscape studies the loss of one-layer linear self-attention: its
// minimum over the enlarged parameter space, and which points of that space
// are transformers.
//
// Where to read what:
//
//   - phi.go: the map phi from transformer parameters to the enlarged space
package landscape
