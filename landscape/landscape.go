// Package landscape studies the loss of one-layer linear self-attention: its
// minimum over the enlarged parameter space, and which points of that space
// are transformers.
//
//	moments, err := moment.Of(ctx, task, moment.Options{})
//	form := moments.At(task.Context())
//	optimum, err := landscape.Minimise(ctx, form)                     // the enlarged optimum
//	best, err := landscape.Recover(ctx, form, landscape.Settings{})   // the best transformer
//	fmt.Println(optimum.Loss, best.Loss, best.LowerBound, best.Certified())
//
// Where to read what:
//
//   - phi.go: the map phi from transformer parameters to the enlarged space
//   - optimum.go, factors.go: the minimum over the enlarged space; large ones
//   - jackknife.go: its standard errors where moments are sampled
//   - exact.go, lifting.go: the same in fractions
//   - optimum_proof.go: what is proven of it
//   - factor_quadratic.go: for d = 1, the transformer that a point of it is (paper, Theorem 3.3)
//   - decide.go: is a point of the enlarged space a transformer? From witness.go, why it
//     is, and obstruction.go, why not; decide_scale.go: at any scale
//   - decide_exact.go, obstruction_exact.go, surd.go: the same in fractions and roots
//   - realise.go: is the enlarged optimum one?
//   - recover.go: the best transformer and a proof that it is best: the answer, and the
//     row of its stages; search.go, bound.go: these stages, with scene.go, what they
//     share, and stop.go, why they end; from these parts:
//   - varpro.go, trustregion.go, minima.go: the local minima of the loss over transformers
//   - polynomial.go: d = 1 by Sturm's theorem
//   - branch.go, isotropic.go: branch and bound over the directions of b
//   - heads.go, heads_bound.go: models with several heads
//   - point.go: files of points
//
// Certificates and their checks are package certificate, the searches for them package
// relax; neither knows anything of this one.
package landscape
