// Package relax searches for certificates that no one-layer transformer is better than
// one that is known. Package certificate checks what it finds and knows nothing of it, so
// that nothing here has to be trusted: a mistake costs a proof, and makes none.
//
// The loss of a transformer is f(X) = X'HX - 2h'X + c with X = phi(b, A) (package
// moment), a quartic in its parameters. A relaxation forgets part of what makes X a
// phi(b, A), so that the best lower bound l is a semidefinite program. There are two:
//
//   - Level 0 asks for f - l to be a sum of squares of combinations of 1 and the b_i A_kj.
//     [Level0] looks for it at a local minimum, in the hope that it is global;
//     [Maximise] looks for the best l where it is not; [Round] moves what either
//     found so that rounding errors leave a proof.
//   - Level 1 asks the same of b'Pb (f - l), for a positive definite P. It closes gaps
//     that level 0 leaves, and works for a singular H, by way of a [Reduced] form:
//     [Level1] looks for it at one minimum, or at several of equal loss; [Attained] is
//     for where the loss is that of the enlarged optimum.
//
// Level 0 is the dual of a known relaxation, Shor's with all 2 x 2 minors (Bertsimas,
// Cory-Wright, Lo and Pauphilet 2023, arXiv 2305.12292, for matrix completion); for d = 1 it
// always closes (Calderon 1973), beyond it need not (Choi 1975). Level 1 is of the kind of
// Doherty, Parrilo and Spedalieri (2004) and Fang and Fawzi (arXiv 1908.05155), in fewer
// monomials.
//
// A search is handed a form and parameters as plain numbers and ends with its context.
// Its answer is the matrix W of a certificate and what it was checked to prove.
//
//	W, proven, err := relax.Level0(ctx, form, best.B, best.A, nil) // best: a local minimum
//	if proven != nil {
//		fmt.Println("no transformer is below", proven.Bound)
//	}
//
// Where to read what:
//
//   - level0.go, sdp.go, minors.go: level 0 at a minimum
//   - admm.go: the best bound of level 0 without one
//   - level1.go, multiplier.go, space.go, products.go, stretch.go: level 1
//   - reduced.go: the loss without the features that depend on others
//   - relations.go: relations between products of the parameters, in integers
//   - spectrum.go: the lowest eigenvalues of a symmetric matrix; krylov.go: of one that
//     is close to the matrix before
package relax

// Minimum is a local minimum of the loss over transformers.
type Minimum struct {
	Loss float64
	B    []float64 // [D]
	A    []float64 // [D, q] row-major
	X    []float64 // phi(B, A) (paper, Eq. 8), length q*D(D+1)/2
}
