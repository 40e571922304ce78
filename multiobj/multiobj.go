// Package multiobj looks into a deep linear self-attention layer by layer, as
// the paper's Theorem 4.1 does: the forward pass of a structured model is a
// preconditioned descent of several objectives at once.
//
// A structured model of L layers turns a prompt into vectors w_0 = 0, w_1, ..,
// w_L of length q. After l layers the label of an in-context column (x_j, y_j)
// has become y_j - w_l'x_j, and the query's, which starts at 0, is -w_l'u: the
// prediction. (The paper's text writes y_{n+1} = <w_l, x_{n+1}>; with the signs
// of its own Theorem 4.1 it is the negative of that.) So a model that predicts
// well has w near minus the regression vector of the labels, not near the
// minimiser of the squared residuals, which is one of the objectives below.
//
// Each prompt has 2D objectives of w, D = q+1: R1(w) and R2(w) in R^D. With
// their gradients as rows of the [D, q] matrices grad R1 and grad R2, and layer
// l written as A_l = -[Abar_l; a_l'],
//
//	w_{l+1}' = w_l' - b_l' ( grad R1(w_l) Abar_l + grad R2(w_l) [0; a_l'] ),
//
// summed over the heads of the layer where there are several.
//
// Where to read what:
//
//   - objectives.go: R1, R2 and their gradients for a prompt
//   - identity.go: the update above, and how far a real forward pass is from it
//   - trace.go: w, R1, R2 and the loss of a model layer by layer, over many prompts
//   - pareto.go: points, and which of them are not dominated
//   - front.go: a reference Pareto front of a prompt's objectives
//   - indicators.go: generational distances and hypervolume
//   - random.go: random models whose w stays bounded
package multiobj
