package moment

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"gonum.org/v1/gonum/floats"

	"markovicl/markov"
)

// Names of rules.
const (
	// GaussJacobi is the product of Gauss-Jacobi rules for the variables that
	// break the rows of the kernel off a stick.
	GaussJacobi = "gauss-jacobi"
	// SplitGaussJacobi is the rule for two states that start from the
	// stationary law: not exact, but it converges geometrically.
	SplitGaussJacobi = "gauss-jacobi-split"
	// DirichletCounts adds up the Dirichlet moments of the transition counts of
	// all types of chains.
	DirichletCounts = "dirichlet-counts"
	// QuasiMonteCarlo is the mean over randomly shifted lattices.
	QuasiMonteCarlo = "quasi-monte-carlo"
	// MixtureSum adds up the kernels of a mixture.
	MixtureSum = "mixture-sum"
	// Isserlis adds up the pairings of four Gaussian coordinates of a regression.
	Isserlis = "isserlis"
)

// Rule says how the mean over kernels was taken.
type Rule struct {
	Name  string // one of the names above
	Nodes int    // kernels at which the moments were evaluated; DirichletCounts: types of a chain of d+1 states; Isserlis: monomials
	Exact bool   // exact but for rounding

	// Change is the largest relative change of test integrals when the nodes
	// for each variable were doubled, where a rule is not exact but converges:
	// an error bound, generous because the error falls geometrically.
	Change float64

	// Replicates is the number of independent shifts of QuasiMonteCarlo, whose
	// spread gives standard errors; 0 for the other rules.
	Replicates int
}

// cubature is a rule for the mean over the kernels of a prior: nodes, each a
// kernel with a weight.
type cubature struct {
	rule Rule
	// at writes the kernel of node i, [S*S], and returns its weight. It may be
	// called by several goroutines at once.
	at func(i int, kernel []float64) float64
	// unproven says why the errors of means by the rule are not bounded, "" if
	// they are those of rounding.
	unproven string
	// stationary returns the stationary law of node i, [S]; nil where the kernels
	// are positive and their laws are computed.
	stationary func(i int) []float64
}

// gaussJacobi returns the product Gauss-Jacobi rule with the given nodes for
// each variable. Row s ~ Dirichlet(alpha) is broken off a stick: the variables
// v_1 ~ Beta(alpha_1, alpha_2 + .. + alpha_S), v_2 ~ Beta(alpha_2, alpha_3 + ..)
// and so on are independent, and P_s1 = v_1, P_s2 = (1-v_1) v_2, .. A polynomial
// of degree g in the row's entries has degree at most g in each variable, so
// that the rule is exact up to degree 2*nodes-1 in each row. If enclose is set, it
// says where that could not be proven of the rounded nodes and weights.
func gaussJacobi(p markov.Prior, nodes int, enclose bool) (cubature, error) {
	S := p.States()
	axes := make([]axis, 0, p.Rows()*(S-1))
	known := make(map[string]axis)
	total := 1
	unproven := ""
	for s := range p.Rows() {
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
				if enclose && !ax.enclosed(alpha[k], rest) {
					unproven = fmt.Sprintf("the %d-node rule for Beta(%s, %s) could not be enclosed", nodes, alpha[k].RatString(), rest.RatString())
				}
				known[key] = ax
			}
			axes = append(axes, ax)
			if total > math.MaxInt/nodes {
				return cubature{}, fmt.Errorf("a product rule for %d states has more nodes than can be counted", S)
			}
			total *= nodes
		}
	}
	at := func(i int, kernel []float64) float64 {
		weight := 1.0
		for s := range p.Rows() {
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
	return cubature{rule: Rule{Name: GaussJacobi, Nodes: total, Exact: true}, at: at, unproven: unproven}, nil
}

// shifted returns the moments by randomly shifted lattices.
func shifted(ctx context.Context, t markov.Task, b *basis, first []start, points, replicates int, opts Options) (*Moments, error) {
	if points < 2 || points&(points-1) != 0 || replicates < 2 {
		return nil, fmt.Errorf("quasi-Monte Carlo takes a power of two of points and at least 2 replicates, got %d and %d", points, replicates)
	}
	m := &Moments{
		task: t, b: b,
		rule:     Rule{Name: QuasiMonteCarlo, Nodes: points * replicates, Replicates: replicates},
		unproven: "the moments are sampled",
	}
	a := korobov(points, b.rows*(b.states-1))
	for r := range replicates {
		one, err := average(ctx, b, lattice(t.Prior(), points, a, opts.Seed, uint64(r)), first, opts.Workers)
		if err != nil {
			return nil, err
		}
		m.replicates = append(m.replicates, one)
	}
	m.tables = meanTables(m.replicates)
	return m, nil
}

// meanTables returns the mean of tables, entry by entry.
func meanTables(list []tables) tables {
	mean := tables{
		h4:  make([]float64, len(list[0].h4)),
		h22: make([]float64, len(list[0].h22)),
		h:   make([]float64, len(list[0].h)),
	}
	weight := 1 / float64(len(list))
	for _, t := range list {
		floats.AddScaled(mean.h4, weight, t.h4)
		floats.AddScaled(mean.h22, weight, t.h22)
		floats.AddScaled(mean.h, weight, t.h)
		mean.c += weight * t.c
	}
	return mean
}
