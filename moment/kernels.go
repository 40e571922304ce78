package moment

import "markovicl/markov"

// Kernels returns a rule for the mean over the kernels of a task: kernels, each
// flat [S^k*S] row-major, and their weights, which sum to 1: those of a mixture
// themselves. Under a Dirichlet prior it has the given
// nodes for each of the S(S-1) free numbers of a kernel: a product Gauss-Jacobi
// rule, exact for polynomials of degree 2*nodes-1 in each row; for a binary
// task with a stationary start the rule that takes apart the corner where the
// stationary law is not continuous, with several times as many.
func Kernels(t markov.Task, nodes int) (kernels [][]float64, weights []float64, err error) {
	S := t.States()
	var rule cubature
	if t.Prior().Mixture() != nil {
		rule, err = mixtureRule(t)
	} else if S == 2 && t.Start().Kind() == markov.StationaryStart {
		rule, err = stationaryBinary(t.Prior(), nodes)
	} else {
		rule, err = gaussJacobi(t.Prior(), nodes, false)
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range rule.rule.Nodes {
		kernel := make([]float64, t.Prior().Rows()*S)
		weights = append(weights, rule.at(i, kernel))
		kernels = append(kernels, kernel)
	}
	return kernels, weights, nil
}
