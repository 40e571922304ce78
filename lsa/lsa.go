// Package lsa is linear self-attention: its parameters, its forward pass and
// its gradient.
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
// The mask M hides the query, so all that a layer uses of the n in-context
// tokens is their Gram matrix G = (1/n) sum_i z_i z_i'. Carrying G through the
// layers instead of the tokens is exact, not an approximation, and its cost
// does not depend on n. The prediction is linear in the query's features u:
// a model turns G into a vector theta and predicts theta'u.
//
//	model, err := lsa.Load("run/params.safetensors")
//	predicted, err := model.NewForward().Predict(G, u) // of a prompt: G [D, D] row-major, u [q]
//	theta, err := model.NewForward().Theta(G)          // the model at once for every query
//
// Where to read what:
//
//   - explicit.go: the definition, token by token; the reference for the rest
//   - structured.go, dense.go: the forward pass through Gram matrices
//   - model.go: what both kinds of model have in common
//   - batch.go: many prompts, laid out for the gradient
//   - gradient.go, densepass.go: loss and gradient by reverse mode
//   - kernel.go: the loops below them; kernel_amd64.s: the same for AVX
//   - params.go: Structured and Dense parameters
//   - file.go: parameters as safetensors, NPZ and JSON
package lsa
