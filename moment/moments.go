package moment

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/each"
	"markovicl/markov"
)

// Options are the settings of Of; the zero value is the right one unless a
// comparison of rules is wanted.
type Options struct {
	Rule       string // name of a rule; "" for the cheapest exact one, else the next best
	Nodes      int    // of a Gauss rule for each variable; 0 for as many as make it exact or converged
	Points     int    // of each lattice of QuasiMonteCarlo, a power of two; 0 for what is quick
	Replicates int    // independent shifts of QuasiMonteCarlo, default 32
	Seed       uint64 // of the shifts
	Workers    int    // goroutines, 0 for GOMAXPROCS; the result does not depend on it
}

// Moments are the moments of a task for every number of in-context chains at
// once. What they say does not change, and they may be used by several goroutines.
type Moments struct {
	task markov.Task
	rule Rule
	b    *basis
	tables
	replicates []tables      // of QuasiMonteCarlo; tables is their mean
	exact      *ExactMoments // in place of tables where fractions are cheap, else nil
	unproven   string        // why the errors of tables are not bounded; "" if they are

	asked     sync.Mutex
	fractions *ExactMoments // exact, or what ExactAt computed; behind asked
}

// tables hold the means over kernels, one number for each distinct product.
type tables struct {
	h4  []float64 // [Kq, monomials] E[Qp M4]
	h22 []float64 // [Kq, K2(K2+1)/2] E[Qp m2 m2'], upper triangle
	h   []float64 // [q, K2] E[q_y m2]
	c   float64   // E[y^2]

	// roundings bounds the roundings that a term of any of these numbers passed
	// through, where that is known to bound the error; else 0.
	roundings float64
}

// MaxDimension is the largest dimension qm whose form is computed: its matrix
// alone then takes 12.8 GB.
const MaxDimension = 40_000

// Of computes the moments of a task; the task's own n does not matter. It
// fails if the task is too large, if there is no rule for it, or if ctx ends.
func Of(ctx context.Context, t markov.Task, opts Options) (*Moments, error) {
	if err := checkSize(t); err != nil {
		return nil, err
	}
	b := newBasis(t)
	if opts.Workers == 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	p, err := choose(t, b, opts)
	if err != nil {
		return nil, err
	}
	return p.run(ctx)
}

// checkSize says whether the form of a task is too large.
func checkSize(t markov.Task) error {
	q := float64(t.QueryDim())
	if dim := q * (q + 1) * (q + 2) / 2; dim > MaxDimension {
		return &markov.FieldError{Field: "d", Err: fmt.Errorf("this task has %.0f enlarged parameters, more than %d: its matrix would take %.0f GB; choose a smaller d, fewer states or another embedding",
			dim, MaxDimension, dim*dim*8e-9)}
	}
	return nil
}

// kernelDegree returns the largest degree of the entries of H in each row of the
// kernel of order k: d-k steps of the query and d+1-k of each of two in-context
// chains; those of h have at most 2(d+1-k).
func kernelDegree(t markov.Task) int { return 3*(t.Positions()-t.Order()) + 2 }

// exactNodes returns the nodes that a Gauss rule needs for each variable.
func exactNodes(t markov.Task) int { return kernelDegree(t)/2 + 1 }

// Task returns the task whose moments m are.
func (m *Moments) Task() markov.Task { return m.task }

// Rule returns how the mean over kernels was taken.
func (m *Moments) Rule() Rule { return m.rule }

// average returns the means over a rule's nodes. Nodes are taken in blocks; each
// block adds one matrix product to each table, in the order of the nodes, so
// that the result does not depend on the number of workers.
func average(ctx context.Context, b *basis, rule cubature, starts []start, workers int) (tables, error) {
	K2, Kq, K4 := len(b.pairID), len(b.queryID), len(b.monomials)
	K22 := Pairs(K2)
	out := tables{
		h4:  make([]float64, Kq*K4),
		h22: make([]float64, Kq*K22),
		h:   make([]float64, b.q*K2),
	}
	const most = 256 // nodes of a block
	size := max(16, min(most, (32<<20)/(8*(K22+K4))))
	total := rule.rule.Nodes * len(starts)
	size = min(size, total)

	// [.., size] for the query, scaled by the weights, [size, ..] for the context
	Q, y := make([]float64, Kq*size), make([]float64, b.q*size)
	v2, v4, v22 := make([]float64, size*K2), make([]float64, size*K4), make([]float64, size*K22)
	power, laws := make([]float64, size), make([]float64, size*b.states)

	chains := make([]*chain, workers)
	for i := range chains {
		chains[i] = newChain(b)
	}
	evaluate := func(c *chain, kernel, query []float64, i, row int) {
		first := starts[i%len(starts)]
		weight := rule.at(i/len(starts), kernel) * first.weight
		c.kernel(kernel)
		if first.query == nil {
			law := laws[row*b.states : (row+1)*b.states]
			if rule.stationary != nil {
				copy(law, rule.stationary(i/len(starts)))
			} else {
				stationary(law, kernel)
			}
			first.query, first.context = law, law
		}
		c.means(query, first.query)
		for r, id := range b.queryID {
			Q[r*size+row] = weight * query[b.pairID[id]]
		}
		for j, id := range b.label {
			y[j*size+row] = 0
			if id >= 0 {
				y[j*size+row] = weight * query[b.pairID[id]]
			}
		}
		power[row] = weight * query[b.pairID[b.power]]

		all := v4[row*K4 : (row+1)*K4]
		c.means(all, first.context)
		m2 := v2[row*K2 : (row+1)*K2]
		for r, id := range b.pairID {
			m2[r] = all[id]
		}
		m22 := v22[row*K22 : (row+1)*K22]
		for r, x := range m2 {
			for k, z := range m2[r:] {
				m22[k] = x * z
			}
			m22 = m22[K2-r:]
		}
	}

	for from := 0; from < total; from += size {
		n := min(size, total-from)
		err := each.Do(ctx, n, each.Settings{Workers: workers}, func(w int) func(int) error {
			kernel, query := make([]float64, b.rows*b.states), make([]float64, b.firstQuad)
			return func(row int) error {
				evaluate(chains[w], kernel, query, from+row, row)
				return nil
			}
		})
		if err != nil {
			return tables{}, err
		}
		addProduct(out.h4, Q, v4, Kq, n, K4, size)
		addProduct(out.h22, Q, v22, Kq, n, K22, size)
		addProduct(out.h, y, v2, b.q, n, K2, size)
		for _, x := range power[:n] {
			out.c += x
		}
	}
	return out, nil
}

// addProduct adds left*right to dst, where left is [rows, n] with the given
// stride and right is [n, cols]. Dgemm sums over n in order for any number of
// processors.
func addProduct(dst, left, right []float64, rows, n, cols, stride int) {
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
		blas64.General{Rows: rows, Cols: n, Stride: stride, Data: left},
		blas64.General{Rows: n, Cols: cols, Stride: cols, Data: right},
		1, blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: dst})
}

// At returns the loss of the task with n in-context chains.
func (m *Moments) At(n markov.Context) *Form {
	if m.exact != nil {
		return m.exact.At(n).Float()
	}
	f := m.tables.at(m.b, n)
	f.Errors = m.tables.errors(m.b, f, m.unproven)
	f.fractions = func(ctx context.Context, work float64) (*ExactForm, error) { return m.exactAt(ctx, n, work) }
	return f
}

// ExactAt returns the loss of the task with n in-context chains in fractions,
// whatever rule gave the floats. The fractions are computed when they are first
// asked for, which may take from milliseconds to minutes; it fails where
// [ExactOf] does.
func (m *Moments) ExactAt(ctx context.Context, n markov.Context) (*ExactForm, error) {
	return m.exactAt(ctx, n, maxExact)
}

func (m *Moments) exactAt(ctx context.Context, n markov.Context, work float64) (*ExactForm, error) {
	m.asked.Lock()
	defer m.asked.Unlock()
	if m.fractions == nil {
		if m.fractions = m.exact; m.fractions == nil {
			if err := checkWork(m.task, work); err != nil {
				return nil, err
			}
			e, err := ExactOf(ctx, m.task)
			if err != nil {
				return nil, err
			}
			m.fractions = e
		}
	}
	return m.fractions.At(n), nil
}

// LeaveOut returns the loss by all shifts of QuasiMonteCarlo but shift r, r <
// Rule().Replicates: what the jackknife asks for.
func (m *Moments) LeaveOut(r int, n markov.Context) *Form {
	var rest []tables
	rest = append(append(rest, m.replicates[:r]...), m.replicates[r+1:]...)
	mean := meanTables(rest)
	f := mean.at(m.b, n)
	f.Errors = mean.errors(m.b, f, m.unproven)
	return f
}

// at combines the tables to the loss with n in-context chains.
func (m *tables) at(b *basis, n markov.Context) *Form {
	if n == markov.Infinite {
		return m.combine(b, 0, 1)
	}
	return m.combine(b, 1/float64(n), 1-1/float64(n))
}

// combine weighs the same chain in both Gram factors by once, and different chains
// by twice.
func (m *tables) combine(b *basis, once, twice float64) *Form {
	D, K2, K4 := b.q+1, len(b.pairID), len(b.monomials)
	size := len(b.pair)
	f := &Form{Q: b.q, H: mat.NewSymDense(b.q*size, nil), L: make([]float64, b.q*size), C: m.c}
	H := f.H.RawSymmetric()
	each.Index(b.q, func(j int) {
		for k := j; k < b.q; k++ {
			row := b.query[PairIndex(D-1, j, k)]
			if row < 0 {
				continue
			}
			h4, h22 := m.h4[int(row)*K4:], m.h22[int(row)*Pairs(K2):]
			for r, left := range b.pair {
				if left < 0 {
					continue
				}
				out := H.Data[(j*size+r)*H.Stride+k*size:]
				first := 0
				if k == j {
					first = r
				}
				for s := first; s < size; s++ {
					right := b.pair[s]
					if right < 0 {
						continue
					}
					i := PairIndex(K2, int(min(left, right)), int(max(left, right)))
					v := twice * h22[i]
					if id := b.quad[i]; id >= 0 {
						v += once * h4[id]
					}
					out[s] = v
				}
			}
		}
		for r, id := range b.pair {
			if id >= 0 {
				f.L[j*size+r] = m.h[j*K2+int(id)]
			}
		}
	})
	return f
}
