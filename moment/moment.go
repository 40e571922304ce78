// Package moment computes the moments of a task that the loss of a one-layer
// linear self-attention model depends on.
//
// In the enlarged parameter space of the paper's Section 3 that loss is a
// quadratic form, [Form]. Given the kernel, the query and the in-context chains
// are independent, so that the form for n chains is
//
//	H(n) = (1/n) H4 + (1-1/n) H22,
//	H4 = E[Qp (x) M4],  H22 = E[Qp (x) m2 m2'],  h = E[q_y (x) m2],
//
// where, given the kernel, m2 and M4 are the second and fourth moments of one
// in-context chain, and Qp = E[uu'], q_y = E[u y] those of the query. (Without
// the kernel given they are not independent, for d >= 2: H is not a product of
// means.) [Of] computes H4, H22, h and c once; [Moments.At] gives the form of
// any n, infinity included, from them.
//
//	moments, err := moment.Of(ctx, task, moment.Options{})
//	form := moments.At(10)                  // H, h and c for n = 10
//	loss := form.Loss(X)                    // of a point of the enlarged space
//	exact, err := moment.ExactOf(ctx, task) // the same in fractions
//
// Where to read what:
//
//   - form.go: Form, the loss as a quadratic form
//   - errors.go: Claim, FormErrors: how far its numbers are from the exact ones, proven where that can be
//   - moments.go: Of, Moments, At
//   - monomial.go: which products of coordinates there are to average
//   - chain.go: their means for one chain, given the kernel
//   - rule.go: how kernels are averaged: Rule; plan.go: what each costs, and the one chosen for a task
//   - census.go: exact moments of counted transitions, without quadrature
//   - order.go: means for chains of an order above 1
//   - mixture.go, regression.go: the moments of the other task families
//   - posterior.go: what a context tells about its query; posterior_counts.go for
//     Dirichlet chains, posterior_stationary.go and posterior_drawn.go where their starts
//     depend on the kernel, posterior_mixture.go and posterior_gaussian.go for mixtures
//     and regression
//   - contexts.go, contextsum.go, mixturesum.go: contexts drawn, and added up, for the floor of
//     every depth; solve.go: their linear systems
//   - formfile.go: forms of one's own, and those of prompts given as data; averages
//     over n
//   - exact.go: the same as fractions: ExactOf, ExactMoments; exact_form.go: ExactForm
//   - polynomial.go: entries as polynomials in p and 1/n; the paper's Lemma C.1
//   - stationary.go: the rule for two states that start from the stationary law
//   - jacobi.go: Gauss-Jacobi rules for Beta laws; enclosure.go proves their digits
//   - lattice.go: quasi-Monte Carlo, where nothing better is affordable
package moment
