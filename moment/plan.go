package moment

import (
	"context"
	"fmt"
	"math"
	"strings"

	"markovicl/markov"
)

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

// planner makes the plans for a task.
type planner struct {
	t      markov.Task
	b      *basis
	opts   Options
	starts []start
	node   float64 // cost of one kernel, averaging over the start laws
}

// plans lists the rules that there are for a task.
func plans(t markov.Task, b *basis, opts Options) []plan {
	if t.Regression() != nil {
		return []plan{isserlis(t, b)}
	}
	p := &planner{t: t, b: b, opts: opts, starts: starts(t)}
	S, d := t.States(), t.Positions()
	K2, Kq, K4 := float64(len(b.pairID)), float64(len(b.queryID)), float64(len(b.monomials))
	p.node = float64(len(p.starts)) * (Kq*(K2*(K2+1)+2*K4) + 6*K4*float64(S) + 4*float64((d-1)*S*S*S+(d+1)*S*S))
	if m := t.Prior().Mixture(); m != nil {
		return []plan{p.mixtureSum(m)}
	}
	var list []plan
	switch {
	case t.Start().Kind() != markov.StationaryStart:
		list = append(list, p.gaussJacobi())
		if counts, ok := p.counts(); ok {
			list = append(list, counts)
		}
	case S == 2:
		list = append(list, p.splitGaussJacobi())
	}
	return append(list, p.quasiMonteCarlo())
}

// over averages over the kernels of a rule.
func (p *planner) over(rule func(ctx context.Context) (cubature, error)) func(ctx context.Context) (*Moments, error) {
	return func(ctx context.Context) (*Moments, error) {
		r, err := rule(ctx)
		if err != nil {
			return nil, err
		}
		m := &Moments{task: p.t, rule: r.rule, b: p.b}
		m.tables, err = average(ctx, p.b, r, p.starts, p.opts.Workers)
		m.tables.roundings = quadratureRoundings(p.b, len(p.starts), r.rule.Nodes)
		m.unproven = r.unproven
		return m, err
	}
}

func isserlis(t markov.Task, b *basis) plan {
	return plan{Isserlis, 1, func(ctx context.Context) (*Moments, error) {
		m := &Moments{task: t, rule: Rule{Name: Isserlis, Nodes: len(b.monomials), Exact: true}, b: b}
		var err error
		if exactWork(t) <= quickFractions {
			m.exact, err = ExactOf(ctx, t)
		} else {
			m.unproven = "the moments of the regression were combined in floating point"
			m.tables, err = regressionTables(ctx, t, b)
		}
		return m, err
	}}
}

func (p *planner) mixtureSum(m *markov.Mixture) plan {
	return plan{MixtureSum, float64(m.Len()) * p.node, func(ctx context.Context) (*Moments, error) {
		if exactMixtureWork(p.t) <= quickFractions {
			exact, err := ExactOf(ctx, p.t)
			return &Moments{task: p.t, rule: Rule{Name: MixtureSum, Nodes: m.Len(), Exact: true}, b: p.b, exact: exact}, err
		}
		return p.over(func(context.Context) (cubature, error) { return mixtureRule(p.t) })(ctx)
	}}
}

func (p *planner) gaussJacobi() plan {
	nodes := p.opts.Nodes
	if nodes == 0 {
		nodes = exactNodes(p.t)
	}
	variables := p.b.rows * (p.t.States() - 1)
	return plan{
		GaussJacobi, math.Pow(float64(nodes), float64(variables)) * p.node,
		p.over(func(context.Context) (cubature, error) {
			rule, err := gaussJacobi(p.t.Prior(), nodes, true)
			if rule.rule.Exact = nodes >= exactNodes(p.t); !rule.rule.Exact {
				rule.unproven = fmt.Sprintf("%d nodes for each variable are fewer than make the quadrature exact", nodes)
			}
			return rule, err
		}),
	}
}

// counts is the plan that adds up the types of chains, unless they are too many.
func (p *planner) counts() (counts plan, ok bool) {
	t, b, d := p.t, p.b, p.t.Positions()
	K2, Kq, K4 := float64(len(b.pairID)), float64(len(b.queryID)), float64(len(b.monomials))
	chains := math.Pow(float64(t.States()), float64(d+1))
	queries, types := countTypes(t, d), countTypes(t, d+1)
	if types > maxTypes || chains*K4 > 1e10 {
		return plan{}, false
	}
	N := float64(types)
	return plan{
		DirichletCounts,
		float64(len(p.starts))*(float64(queries)*N*(N*(2*K2+2*float64(b.rows))+2*K2*K2+Kq*K2*K2)+2*N*N*K4) + 3*chains*K4,
		func(ctx context.Context) (*Moments, error) {
			m := &Moments{task: t, rule: Rule{Name: DirichletCounts, Nodes: types, Exact: true}, b: b}
			var err error
			if exactWork(t) <= quickFractions {
				m.exact, err = ExactOf(ctx, t)
			} else {
				m.tables, err = count(ctx, t, b, p.starts, p.opts.Workers)
				m.tables.roundings = countRoundings(b, len(p.starts), types)
			}
			return m, err
		},
	}, true
}

// splitGaussJacobi is the plan for two states that start from the stationary law.
func (p *planner) splitGaussJacobi() plan {
	nodes, d := p.opts.Nodes, p.t.Positions()
	return plan{
		SplitGaussJacobi, 5 * math.Pow(float64(max(nodes, 2*d+12)), 2) * p.node,
		p.over(func(ctx context.Context) (cubature, error) {
			rule := func(nodes int) (cubature, error) { return stationaryBinary(p.t.Prior(), nodes) }
			if nodes > 0 {
				return rule(nodes)
			}
			return converged(ctx, p.b, d+6, rule)
		}),
	}
}

func (p *planner) quasiMonteCarlo() plan {
	replicates := p.opts.Replicates
	if replicates == 0 {
		replicates = 32
	}
	points := p.opts.Points
	if points == 0 {
		const modest = 4e10
		points = 1 << 10
		for points < 1<<14 && 2*float64(points*replicates)*p.node <= modest {
			points *= 2
		}
	}
	return plan{QuasiMonteCarlo, float64(points*replicates) * p.node, func(ctx context.Context) (*Moments, error) {
		return shifted(ctx, p.t, p.b, p.starts, points, replicates, p.opts)
	}}
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
