package moment

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strings"

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
// that the rule is exact up to degree 2*nodes-1 in each row.
func gaussJacobi(p markov.Prior, nodes int) (cubature, error) {
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
				if !ax.enclosed(alpha[k], rest) {
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

// plan is a rule for a task with what it costs.
type plan struct {
	name string
	cost float64 // floating-point operations, roughly
	run  func(ctx context.Context) (*Moments, error)
}

// affordable is the cost of a plan up to which it is preferred to sampling:
// minutes on two cores. Beyond, it still is if sampling costs more.
const affordable = 1e12

// quickFractions is the work up to which the counts are added up as fractions,
// so that the form has its low part: a fraction of a second.
const quickFractions = 8e6

// plans lists the rules that there are for a task.
func plans(t markov.Task, b *basis, opts Options) []plan {
	if t.Regression() != nil {
		m := &Moments{task: t, rule: Rule{Name: Isserlis, Nodes: len(b.monomials), Exact: true}, b: b}
		return []plan{{Isserlis, 1, func(ctx context.Context) (*Moments, error) {
			var err error
			if exactWork(t) <= quickFractions {
				m.exact, err = ExactOf(ctx, t)
			} else {
				m.tables, m.unproven = regressionTables(t, b), "the moments of the regression were combined in floating point"
			}
			return m, err
		}}}
	}
	S, d := t.States(), t.Positions()
	first := starts(t)
	K2, Kq, K4 := float64(len(b.pairID)), float64(len(b.queryID)), float64(len(b.monomials))
	node := float64(len(first)) * (Kq*(K2*(K2+1)+2*K4) + 6*K4*float64(S) + 4*float64((d-1)*S*S*S+(d+1)*S*S))
	over := func(rule func(ctx context.Context) (cubature, error)) func(ctx context.Context) (*Moments, error) {
		return func(ctx context.Context) (*Moments, error) {
			r, err := rule(ctx)
			if err != nil {
				return nil, err
			}
			m := &Moments{task: t, rule: r.rule, b: b}
			m.tables, err = average(ctx, b, r, first, opts.Workers)
			m.tables.roundings = quadratureRoundings(b, len(first), r.rule.Nodes)
			m.unproven = r.unproven
			return m, err
		}
	}
	var list []plan
	if m := t.Prior().Mixture(); m != nil {
		return []plan{{MixtureSum, float64(m.Len()) * node, func(ctx context.Context) (*Moments, error) {
			if exactMixtureWork(t) <= quickFractions {
				exact, err := ExactOf(ctx, t)
				return &Moments{task: t, rule: Rule{Name: MixtureSum, Nodes: m.Len(), Exact: true}, b: b, exact: exact}, err
			}
			return over(func(context.Context) (cubature, error) { return mixtureRule(t) })(ctx)
		}}}
	}
	if t.Start().Kind() != markov.StationaryStart {
		nodes := opts.Nodes
		if nodes == 0 {
			nodes = exactNodes(t)
		}
		list = append(list, plan{
			GaussJacobi,
			math.Pow(float64(nodes), float64(b.rows*(S-1))) * node,
			over(func(context.Context) (cubature, error) {
				rule, err := gaussJacobi(t.Prior(), nodes)
				if rule.rule.Exact = nodes >= exactNodes(t); !rule.rule.Exact {
					rule.unproven = fmt.Sprintf("%d nodes for each variable are fewer than make the quadrature exact", nodes)
				}
				return rule, err
			}),
		})
		chains := math.Pow(float64(S), float64(d+1))
		if queries, types := countTypes(t, d), countTypes(t, d+1); types <= maxTypes && chains*K4 <= 1e10 {
			N := float64(types)
			list = append(list, plan{
				DirichletCounts,
				float64(len(first))*(float64(queries)*N*(N*(2*K2+2*float64(b.rows))+2*K2*K2+Kq*K2*K2)+2*N*N*K4) + 3*chains*K4,
				func(ctx context.Context) (*Moments, error) {
					m := &Moments{task: t, rule: Rule{Name: DirichletCounts, Nodes: types, Exact: true}, b: b}
					var err error
					if exactWork(t) <= quickFractions {
						m.exact, err = ExactOf(ctx, t)
					} else {
						m.tables, err = count(ctx, t, b, first, opts.Workers)
						m.tables.roundings = countRoundings(b, len(first), types)
					}
					return m, err
				},
			})
		}
	} else if S == 2 {
		nodes := opts.Nodes
		list = append(list, plan{
			SplitGaussJacobi,
			5 * math.Pow(float64(max(nodes, 2*d+12)), 2) * node,
			over(func(ctx context.Context) (cubature, error) {
				rule := func(nodes int) (cubature, error) { return stationaryBinary(t.Prior(), nodes) }
				if nodes > 0 {
					return rule(nodes)
				}
				return converged(ctx, b, d+6, rule)
			}),
		})
	}
	replicates := opts.Replicates
	if replicates == 0 {
		replicates = 32
	}
	points := opts.Points
	if points == 0 {
		const modest = 4e10
		points = 1 << 10
		for points < 1<<14 && 2*float64(points*replicates)*node <= modest {
			points *= 2
		}
	}
	list = append(list, plan{
		QuasiMonteCarlo,
		float64(points*replicates) * node,
		func(ctx context.Context) (*Moments, error) {
			return shifted(ctx, t, b, first, points, replicates, opts)
		},
	})
	return list
}

// cheap is the cost up to which DirichletCounts are preferred to a cheaper
// quadrature: a fraction of a second, for entries that are rounded only once.
const cheap = 2e8

// choose returns the plan for a task: the cheapest exact or converging one if
// it is affordable, else quasi-Monte Carlo; or the one that opts name.
func choose(t markov.Task, b *basis, opts Options) (plan, error) {
	list := plans(t, b, opts)
	if opts.Rule != "" {
		var names []string
		for _, p := range list {
			if p.name == opts.Rule {
				return p, nil
			}
			names = append(names, p.name)
		}
		return plan{}, fmt.Errorf("there is no rule %q for this task; choose one of %s", opts.Rule, strings.Join(names, ", "))
	}
	best := list[len(list)-1]
	limit := max(affordable, best.cost)
	for _, p := range list[:len(list)-1] {
		if p.name == DirichletCounts && p.cost <= cheap {
			return p, nil
		}
		if p.cost <= limit && (best.name == QuasiMonteCarlo || p.cost < best.cost) {
			best = p
		}
	}
	return best, nil
}

// maxTypes is the largest number of types of chains that are listed: their
// joint probabilities are a matrix of that size.
const maxTypes = 5000

// countTypes returns the number of types of chains of the given length, or a
// number above maxTypes if it is larger.
func countTypes(t markov.Task, length int) int {
	type walk struct {
		first, last int    // contexts
		counts      string // the transitions
	}
	states, rows := t.States(), t.Prior().Rows()
	if rows > maxTypes {
		return rows
	}
	if length > t.Order() && rows*states > maxTypes {
		return rows * states // already with one transition
	}
	level := make(map[walk]bool)
	for s := range rows {
		level[walk{s, s, string(make([]byte, rows*states))}] = true
	}
	for range length - t.Order() {
		next := make(map[walk]bool)
		for w := range level {
			for s := range states {
				counts := []byte(w.counts)
				counts[w.last*states+s]++
				next[walk{w.first, (w.last*states + s) % rows, string(counts)}] = true
			}
			if len(next) > maxTypes {
				return len(next)
			}
		}
		level = next
	}
	return len(level)
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
