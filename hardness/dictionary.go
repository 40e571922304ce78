package hardness

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// How a linear program can fail; besides, its context can end.
var (
	errInfeasible = errors.New("the linear program has no feasible point")
	errUnbounded  = errors.New("the linear program is unbounded")
)

// dictionary is an exact linear program in the form of Chvátal's dictionaries,
// kept in integers:
//
//	det * basic_i = a_i0 + sum_j a_ij * nonbasic_j        (i = 0..rows-1)
//	det * value   = c_0  + sum_j c_j  * nonbasic_j        (the last row, to be minimised)
//
// Every entry is, up to sign, a minor of the integer matrix the program started
// from, and det is the minor of the present basis; so the division in pivot
// leaves no remainder (Edmonds' integer pivoting), no fraction is ever reduced,
// and no rounding ever decides anything.
//
// A variable is either free or at least 0. A free variable that became basic
// stays basic for good: its row only reports its value. Variables forced to 0
// (equality rows, branches) leave the basis once and their column is deleted.
type dictionary struct {
	ctx        context.Context // looked at before every pivot
	rows, cols int             // cols counts the nonbasic variables, without the constant
	a          []big.Int       // (rows+1) x (cols+1), row-major; column 0 is the constant, row `rows` is the objective
	det        big.Int         // > 0
	basic      []int           // variable of each row
	nonbasic   []int           // variable of column j+1
	free       []bool          // by variable, shared between copies
	pivots     int

	p, t, u, v big.Int // scratch
}

// affine is an integer affine function of a dictionary's variables.
type affine struct {
	constant *big.Int
	coef     map[int]*big.Int
}

func newAffine() affine { return affine{new(big.Int), map[int]*big.Int{}} }

func (f affine) add(variable int, c *big.Int) {
	if c.Sign() == 0 {
		return
	}
	if old, ok := f.coef[variable]; ok {
		old.Add(old, c)
		return
	}
	f.coef[variable] = new(big.Int).Set(c)
}

// constraint is an affine function required to be zero or at least zero. Its
// value is itself a variable of the dictionary: number variables+i for the i-th
// constraint.
type constraint struct {
	affine
	equality bool
}

// newDictionary sets up the program over variables 0..len(free)-1 with a zero
// objective. It returns errInfeasible if the equations alone have no solution;
// inequalities are not looked at yet, see feasible.
func newDictionary(ctx context.Context, free []bool, constraints []constraint) (*dictionary, error) {
	n, m := len(free), len(constraints)
	d := &dictionary{ctx: ctx, rows: m, cols: n, a: make([]big.Int, (m+1)*(n+1)), basic: make([]int, m), nonbasic: make([]int, n)}
	d.free = append(slices.Clone(free), make([]bool, m)...)
	d.det.SetInt64(1)
	for j := range n {
		d.nonbasic[j] = j
	}
	for i, c := range constraints {
		d.basic[i] = n + i
		d.at(i, 0).Set(c.constant)
		for v, x := range c.coef {
			d.at(i, v+1).Set(x)
		}
	}
	for i, c := range constraints {
		if !c.equality {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !d.eliminate(n + i) {
			return nil, errInfeasible
		}
	}
	// Bring the free variables into the basis. Those that appear in no row with
	// a sign stay outside; they can only matter through the objective, which is
	// then unbounded.
	for v, isFree := range free {
		if !isFree {
			continue
		}
		c := slices.Index(d.nonbasic, v)
		if c < 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for r := range d.rows {
			if !d.free[d.basic[r]] && d.at(r, c+1).Sign() != 0 {
				d.pivot(r, c+1)
				break
			}
		}
	}
	return d, nil
}

func (d *dictionary) at(i, j int) *big.Int { return &d.a[i*(d.cols+1)+j] }

// eliminate forces the basic variable v, the value of an equation, to zero.
func (d *dictionary) eliminate(v int) bool {
	r := slices.Index(d.basic, v)
	best := 0
	for j := 1; j <= d.cols; j++ {
		if d.at(r, j).Sign() == 0 {
			continue
		}
		// A free variable is preferred: it then costs no sign.
		if best == 0 || (d.free[d.nonbasic[j-1]] && !d.free[d.nonbasic[best-1]]) {
			best = j
		}
	}
	if best == 0 {
		if d.at(r, 0).Sign() != 0 {
			return false
		}
		d.deleteRow(r)
		return true
	}
	d.pivot(r, best)
	d.deleteColumn(best)
	return true
}

func (d *dictionary) deleteRow(r int) {
	w := d.cols + 1
	d.a = slices.Delete(d.a, r*w, (r+1)*w)
	d.basic = slices.Delete(d.basic, r, r+1)
	d.rows--
}

func (d *dictionary) deleteColumn(c int) {
	w := d.cols + 1
	k := 0
	for i := range d.a {
		if i%w != c {
			if k != i {
				d.a[k], d.a[i] = d.a[i], d.a[k]
			}
			k++
		}
	}
	d.a = d.a[:k]
	d.nonbasic = slices.Delete(d.nonbasic, c-1, c)
	d.cols--
}

// pivot exchanges the basic variable of row r with the nonbasic variable of
// column c (1-based; a_rc is not 0).
func (d *dictionary) pivot(r, c int) {
	d.pivots++
	p := &d.p
	p.Set(d.at(r, c))
	negative := p.Sign() < 0
	p.Abs(p)
	w := d.cols + 1
	pr := d.a[r*w : (r+1)*w]
	for i := 0; i <= d.rows; i++ {
		if i == r {
			continue
		}
		row := d.a[i*w : (i+1)*w]
		q := &d.u
		q.Set(&row[c])
		if negative {
			q.Neg(q)
		}
		// row_j <- (|p| row_j - sign(p) row_c pr_j) / det, and the new column c
		// is sign(p) row_c.
		inWords := p.IsInt64() && q.IsInt64() && d.det.IsInt64()
		for j := range row {
			x, y := &row[j], &pr[j]
			if j == c || x.Sign() == 0 && (q.Sign() == 0 || y.Sign() == 0) {
				continue
			}
			if inWords && x.IsInt64() && y.IsInt64() {
				if v, ok := minor(p.Int64(), x.Int64(), q.Int64(), y.Int64(), d.det.Int64()); ok {
					x.SetInt64(v)
					continue
				}
			}
			d.v.Mul(p, x)
			if q.Sign() != 0 && y.Sign() != 0 {
				d.t.Mul(q, y)
				d.v.Sub(&d.v, &d.t)
			}
			x.Quo(&d.v, &d.det)
		}
		row[c].Set(q)
	}
	for j := range pr {
		if j == c {
			pr[j].Set(&d.det)
		} else {
			pr[j].Neg(&pr[j])
		}
		if negative {
			pr[j].Neg(&pr[j])
		}
	}
	d.det.Set(p)
	d.basic[r], d.nonbasic[c-1] = d.nonbasic[c-1], d.basic[r]
}

// minor returns (p x - q y) / det, which leaves no remainder, for det > 0; ok is
// false if it is no int64. Nearly all entries are that small, and it takes none of the
// allocations of package big.
func minor(p, x, q, y, det int64) (v int64, ok bool) {
	const half = 1 << 31
	if (uint64(p+half)|uint64(x+half)|uint64(q+half)|uint64(y+half))>>32 == 0 {
		return (p*x - q*y) / det, true
	}
	size := func(x int64) uint64 { return uint64(max(x, -x)) } // 2^63 of the least
	hi, lo := bits.Mul64(size(p), size(x))
	high, low := bits.Mul64(size(q), size(y))
	negative := (p < 0) != (x < 0)
	if negative != ((q < 0) != (y < 0)) { // the sizes add up to 2^127 at most
		var carry uint64
		lo, carry = bits.Add64(lo, low, 0)
		hi += high + carry
	} else {
		if hi < high || hi == high && lo < low {
			hi, lo, high, low, negative = high, low, hi, lo, !negative
		}
		var borrow uint64
		lo, borrow = bits.Sub64(lo, low, 0)
		hi -= high + borrow
	}
	if hi >= uint64(det) {
		return 0, false
	}
	quotient, _ := bits.Div64(hi, lo, uint64(det))
	if quotient > math.MaxInt64 {
		return 0, false
	}
	v = int64(quotient)
	if negative {
		v = -v
	}
	return v, true
}

// clone copies the dictionary. All entries share one allocation until they
// grow.
func (d *dictionary) clone() *dictionary {
	e := &dictionary{ctx: d.ctx, rows: d.rows, cols: d.cols, basic: slices.Clone(d.basic), nonbasic: slices.Clone(d.nonbasic), free: d.free, pivots: d.pivots}
	e.det.Set(&d.det)
	words := 0
	for i := range d.a {
		words += max(1, len(d.a[i].Bits()))
	}
	slab := make([]big.Word, words)
	e.a = make([]big.Int, len(d.a))
	for i := range d.a {
		b := d.a[i].Bits()
		n := copy(slab, b)
		room := max(1, n) // a zero often becomes a word
		e.a[i].SetBits(slab[:n:room])
		if d.a[i].Sign() < 0 {
			e.a[i].Neg(&e.a[i])
		}
		slab = slab[room:]
	}
	return e
}

// setObjective replaces the function to be minimised.
func (d *dictionary) setObjective(f affine) {
	w := d.cols + 1
	obj := d.a[d.rows*w:]
	for j := range obj {
		obj[j].SetInt64(0)
	}
	obj[0].Mul(f.constant, &d.det)
	for v, c := range f.coef {
		if r := slices.Index(d.basic, v); r >= 0 {
			for j := range obj {
				d.t.Mul(c, d.at(r, j))
				obj[j].Add(&obj[j], &d.t)
			}
		} else if j := slices.Index(d.nonbasic, v); j >= 0 {
			d.t.Mul(c, &d.det)
			obj[j+1].Add(&obj[j+1], &d.t)
		} // else v was forced to zero
	}
}

// rowOf returns, by variable, the row where it is basic, or -1.
func (d *dictionary) rowOf() []int {
	rows := make([]int, len(d.free))
	for v := range rows {
		rows[v] = -1
	}
	for i, v := range d.basic {
		rows[v] = i
	}
	return rows
}
