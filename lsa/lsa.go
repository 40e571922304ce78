// Package lsa is linear self-attention: its parameters and its forward pass.
//
// With M = diag(1,..,1,0) an LSA layer is, summed over its heads t (the paper
// has one),
//
//	Z_{l+1} = Z_l + (1/n) sum_t P_{l,t} Z_l M (Z_l' Q_{l,t} Z_l)      (paper, Eq. 4-6)
//
// and the prediction is the last entry of Z_L's last row. In [Structured]
// parameters P is zero but for its last row b' and Q = [A 0] (Eq. 7, 11); in
// [Dense] parameters all of P and Q are free.
//
// Where to read what:
//
//   - params.go: Structured and Dense parameters
package lsa
