package hardness

import (
	"errors"
	"fmt"
	"math/big"
)

// BilinearProgram is Problem C.11 of the paper in general form: over b in
// R^{d+1} and A in R^{(d+1) x d},
//
//	minimise  b' D^(1) A_{:,j(1)}   subject to   lower_r <= b' D^(r) A_{:,j(r)} <= upper_r,
//
// with every entry of b and A in its own domain: free, sign-restricted, or
// fixed. A row with equal sides is an equation. With no objective it is the
// feasibility Problem C.10. Indices of entries and columns start at 0.
type BilinearProgram struct {
	Dim       int      // d
	B         []Domain // d+1
	A         []Domain // (d+1) x d, row-major
	Objective Form     // no terms: a feasibility problem
	Rows      []Row
}

// Form is the bilinear form b' D A_{:,j}; D is kept as its non-zero entries.
type Form struct {
	Column int // j
	Terms  []Term
}

// Term is one entry D_{ik} = Coef of a form: Coef * b_I * A_{K,j}.
type Term struct {
	I, K int
	Coef *big.Rat
}

// Row is a constraint Lower <= form <= Upper; nil is no bound. Label says in
// words where it comes from.
type Row struct {
	Form
	Lower, Upper *big.Rat
	Label        string
}

// Point is an assignment of every variable: B has d+1 entries, A is (d+1) x d
// row-major.
type Point struct {
	B, A []*big.Rat
}

// Sizes are the dimensions that a hardness statement is about.
type Sizes struct {
	D              int `json:"d"`
	M              int `json:"m"`                // (d+1)(d+2)/2, the number of pairs (i,k), i <= k
	RightHandSides int `json:"right_hand_sides"` // d*m, what Problem C.10 has room for; rows not used are 0 = 0
	Variables      int `json:"variables"`        // entries of b and A that are not fixed
	Constraints    int `json:"constraints"`      // rows in use, without the signs of single variables
}

// Domain restricts one variable to Lower <= v <= Upper; nil is no bound, so the
// zero value is a free variable.
type Domain struct {
	Lower, Upper *big.Rat
}

// Fixed is the domain of the single value v.
func Fixed(v *big.Rat) Domain { return Domain{v, v} }

// NonNegative is the domain v >= 0.
func NonNegative() Domain { return Domain{Lower: new(big.Rat)} }

// Value returns the only value of the domain, or nil if there is more than one.
func (d Domain) Value() *big.Rat {
	if d.Lower != nil && d.Upper != nil && d.Lower.Cmp(d.Upper) == 0 {
		return d.Lower
	}
	return nil
}

// excess returns how far v is outside [lower, upper], 0 if it is inside.
func excess(v, lower, upper *big.Rat) *big.Rat {
	x := new(big.Rat)
	switch {
	case lower != nil && v.Cmp(lower) < 0:
		x.Sub(lower, v)
	case upper != nil && v.Cmp(upper) > 0:
		x.Sub(v, upper)
	}
	return x
}

// Size returns the dimensions of the program.
func (p *BilinearProgram) Size() Sizes {
	s := Sizes{D: p.Dim, M: pairCount(p.Dim), RightHandSides: p.Dim * pairCount(p.Dim), Constraints: len(p.Rows)}
	for _, ds := range [][]Domain{p.B, p.A} {
		for _, d := range ds {
			if d.Value() == nil {
				s.Variables++
			}
		}
	}
	return s
}

// pairCount is m = (d+1)(d+2)/2.
func pairCount(d int) int { return (d + 1) * (d + 2) / 2 }

// Validate checks shapes, indices and bounds; every other function takes a
// valid program.
func (p *BilinearProgram) Validate() error {
	if p.Dim < 1 {
		return fmt.Errorf("bilinear program: d must be at least 1, got %d", p.Dim)
	}
	if len(p.B) != p.Dim+1 || len(p.A) != (p.Dim+1)*p.Dim {
		return fmt.Errorf("bilinear program: d = %d needs %d domains for b and %d x %d for A, got %d and %d",
			p.Dim, p.Dim+1, p.Dim+1, p.Dim, len(p.B), len(p.A))
	}
	for i, d := range p.B {
		if d.Lower != nil && d.Upper != nil && d.Lower.Cmp(d.Upper) > 0 {
			return fmt.Errorf("bilinear program: the domain of b[%d] is empty: %v", i, d)
		}
	}
	for i, d := range p.A {
		if d.Lower != nil && d.Upper != nil && d.Lower.Cmp(d.Upper) > 0 {
			return fmt.Errorf("bilinear program: the domain of A[%d][%d] is empty: %v", i/p.Dim, i%p.Dim, d)
		}
	}
	if err := p.validateForm(p.Objective); err != nil {
		return fmt.Errorf("bilinear program, objective: %w", err)
	}
	for r, row := range p.Rows {
		if err := p.validateForm(row.Form); err != nil {
			return fmt.Errorf("bilinear program, row %d (%s): %w", r, row.Label, err)
		}
		if row.Lower != nil && row.Upper != nil && row.Lower.Cmp(row.Upper) > 0 {
			return fmt.Errorf("bilinear program, row %d (%s): lower side %s is above upper side %s", r, row.Label, row.Lower.RatString(), row.Upper.RatString())
		}
	}
	return nil
}

func (p *BilinearProgram) validateForm(f Form) error {
	if f.Column < 0 || f.Column >= p.Dim {
		return fmt.Errorf("column %d of A does not exist, d = %d", f.Column, p.Dim)
	}
	for _, t := range f.Terms {
		if t.I < 0 || t.I > p.Dim || t.K < 0 || t.K > p.Dim {
			return fmt.Errorf("entry (%d,%d) is outside the %d x %d matrix D", t.I, t.K, p.Dim+1, p.Dim+1)
		}
		if t.Coef == nil {
			return errors.New("a coefficient is missing")
		}
	}
	return nil
}

// Evaluate returns b' D A_{:,j} at a point.
func (p *BilinearProgram) Evaluate(f Form, at Point) *big.Rat {
	sum, x := new(big.Rat), new(big.Rat)
	for _, t := range f.Terms {
		x.Mul(t.Coef, at.B[t.I])
		x.Mul(x, at.A[t.K*p.Dim+f.Column])
		sum.Add(sum, x)
	}
	return sum
}

// Violation returns the largest amount by which the point breaks a row or a
// domain, and which one, in words; 0 and "" for a feasible point. Like
// everything here it is exact: 0 means 0.
func (p *BilinearProgram) Violation(at Point) (worst *big.Rat, where string) {
	if len(at.B) != len(p.B) || len(at.A) != len(p.A) {
		panic(fmt.Sprintf("hardness: point has %d + %d entries, program %d + %d", len(at.B), len(at.A), len(p.B), len(p.A)))
	}
	worst = new(big.Rat)
	look := func(x *big.Rat, format string, args ...any) {
		if x.Cmp(worst) > 0 {
			worst, where = x, fmt.Sprintf(format, args...)
		}
	}
	for i, d := range p.B {
		look(excess(at.B[i], d.Lower, d.Upper), "b[%d] = %s is not in %v", i, at.B[i].RatString(), d)
	}
	for i, d := range p.A {
		look(excess(at.A[i], d.Lower, d.Upper), "A[%d][%d] = %s is not in %v", i/p.Dim, i%p.Dim, at.A[i].RatString(), d)
	}
	for r, row := range p.Rows {
		look(excess(p.Evaluate(row.Form, at), row.Lower, row.Upper), "row %d (%s)", r, row.Label)
	}
	return worst, where
}

// Feasibility returns Problem C.10 for the question whether the objective can
// have the given value: the objective becomes one more equation (Lemma C.12
// with value 0).
func (p *BilinearProgram) Feasibility(value *big.Rat) *BilinearProgram {
	q := *p
	q.Rows = append([]Row{{Form: p.Objective, Lower: value, Upper: value, Label: "objective"}}, p.Rows...)
	q.Objective = Form{}
	return &q
}

// Equations returns the same program with equations only, as Problem C.10 is
// stated: every one-sided or ranged row gets a sign-restricted slack, a further
// entry of b that meets a further 1, fixed, in the row's column of A. This
// costs one dimension for each such row.
func (p *BilinearProgram) Equations() *BilinearProgram {
	slacks := 0
	for _, row := range p.Rows {
		if !row.equation() {
			slacks++
		}
	}
	q := p.pad(p.Dim + slacks)
	slack := p.Dim + 1 // the first new entry of b
	for r, row := range p.Rows {
		if row.equation() {
			continue
		}
		one := big.NewRat(1, 1)
		e := Row{Form: Form{row.Column, append([]Term(nil), row.Terms...)}, Label: row.Label}
		domain := NonNegative()
		switch {
		case row.Upper != nil: // form + slack = upper
			e.Lower, e.Upper = row.Upper, row.Upper
			e.Terms = append(e.Terms, Term{slack, slack, one})
			if row.Lower != nil {
				domain.Upper = new(big.Rat).Sub(row.Upper, row.Lower)
			}
		case row.Lower != nil: // form - slack = lower
			e.Lower, e.Upper = row.Lower, row.Lower
			e.Terms = append(e.Terms, Term{slack, slack, big.NewRat(-1, 1)})
		default: // no side at all: the slack takes up whatever the form is
			e.Lower, e.Upper = new(big.Rat), new(big.Rat)
			e.Terms = append(e.Terms, Term{slack, slack, one})
			domain = Domain{}
		}
		q.B[slack] = domain
		q.A[slack*q.Dim+row.Column] = Fixed(one)
		q.Rows[r] = e
		slack++
	}
	return q
}

func (r Row) equation() bool {
	return r.Lower != nil && r.Upper != nil && r.Lower.Cmp(r.Upper) == 0
}

// pad copies the program into dimension d; new entries are fixed at 0 and
// appear in no form.
func (p *BilinearProgram) pad(d int) *BilinearProgram {
	q := &BilinearProgram{Dim: d, B: make([]Domain, d+1), A: make([]Domain, (d+1)*d), Objective: p.Objective, Rows: append([]Row(nil), p.Rows...)}
	zero := new(big.Rat)
	for i := range q.B {
		q.B[i] = Fixed(zero)
	}
	for i := range q.A {
		q.A[i] = Fixed(zero)
	}
	copy(q.B, p.B)
	for k := range p.Dim + 1 {
		copy(q.A[k*d:], p.A[k*p.Dim:(k+1)*p.Dim])
	}
	return q
}
