package moment

import (
	"fmt"
	"math"
	"math/big"

	"markovicl/markov"
)

// Rule says how the mean over kernels was taken.
type Rule struct {
	Name  string // "gauss-jacobi" or "gauss-jacobi-split"
	Nodes int    // kernels at which the products were evaluated
	Exact bool   // exact but for rounding

	// Change is the largest relative change of test integrals when the nodes
	// for each variable were doubled, where a rule is not exact but converges:
	// an error bound, generous because the error falls geometrically.
	Change float64
}

// cubature is a rule for the mean over the kernels of a prior: nodes, each a
// kernel with a weight.
type cubature struct {
	rule Rule
	// at writes the kernel of node i, [S*S], and returns its weight. It may be
	// called by several goroutines at once.
	at func(i int, kernel []float64) float64
}

// gaussJacobi returns the product Gauss-Jacobi rule with the given nodes for
// each variable. Row s ~ Dirichlet(alpha) is broken off a stick: the variables
// v_1 ~ Beta(alpha_1, alpha_2 + .. + alpha_S), v_2 ~ Beta(alpha_2, alpha_3 + ..)
// and so on are independent, and P_s1 = v_1, P_s2 = (1-v_1) v_2, .. A polynomial
// of degree g in the row's entries has degree at most g in each variable, so
// that the rule is exact up to degree 2*nodes-1 in each row.
func gaussJacobi(p markov.Prior, nodes int) (cubature, error) {
	S := p.Rows()
	axes := make([]axis, 0, S*(S-1))
	known := make(map[string]axis)
	total := 1
	for s := range S {
		alpha := p.AlphaRat(s)
		for k := range S - 1 {
			rest := new(big.Rat)
			for _, a := range alpha[k+1:] {
				rest.Add(rest, a)
			}
			key := alpha[k].RatString() + "," + rest.RatString()
			ax, ok := known[key]
			if !ok {
				var err error
				if ax, err = betaAxis(nodes, alpha[k], rest); err != nil {
					return cubature{}, err
				}
				known[key] = ax
			}
			axes = append(axes, ax)
			if total > math.MaxInt/nodes {
				return cubature{}, fmt.Errorf("moment: a product rule for %d states has more nodes than can be counted", S)
			}
			total *= nodes
		}
	}
	at := func(i int, kernel []float64) float64 {
		weight := 1.0
		for s := range S {
			left := 1.0
			for k := range S - 1 {
				ax := axes[s*(S-1)+k]
				j := i % nodes
				i /= nodes
				kernel[s*S+k] = left * ax.x[j]
				left *= ax.y[j]
				weight *= ax.w[j]
			}
			kernel[s*S+S-1] = left
		}
		return weight
	}
	return cubature{Rule{Name: "gauss-jacobi", Nodes: total, Exact: true}, at}, nil
}
