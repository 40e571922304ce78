// Package landscape studies the loss of one-layer linear self-attention: its
// minimum over the enlarged parameter space, and which points of that space
// are transformers.
//
// Where to read what:
//
//   - phi.go: the map phi from transformer parameters to the enlarged space
//   - optimum.go, factors.go: the minimum over the enlarged space; large ones
//   - jackknife.go: its standard errors where moments are sampled
//   - exact.go, lifting.go: the same in fractions
//   - realise.go: for d = 1, the transformer that a point of it is (paper, Theorem 3.3)
//   - decide.go, decide_exact.go: is a point of the enlarged space a transformer?
//   - recover.go: the best transformer and a proof that it is best, from these parts:
//   - varpro.go, minima.go: the local minima of the loss over transformers
//   - sdp.go, certify.go: the semidefinite certificate and the search for it
//   - admm.go: the best bound of the relaxation where no certificate closes
//   - multiplier.go, space.go, stretch.go: the certificate of level 1 and the search for it
//   - reduced.go: the loss without the features that depend on others
//   - relations.go: relations between products of the parameters, in integers
//   - lbfgs.go, spectrum.go: the numerical methods of that search
//   - certificate.go, multiplier_check.go: the check of a certificate, rounding
//     errors included
//   - proof.go: the same in exact arithmetic
//   - polynomial.go: d = 1 by Sturm's theorem
//   - branch.go: branch and bound over the directions of b
//   - heads.go: models with several heads
//   - point.go, certificate_file.go: files of points and certificates
package landscape
