package landscape

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// Is a point X of the enlarged space a transformer (paper, Problem C.9)?
//
// Block j of X is a symmetric matrix M_j (its off-diagonal coordinates halved),
// and X = phi(b, A) says M_j = (b a_j' + a_j b')/2 for all j, a_j being column j
// of A. Equivalently every M_j vanishes on the hyperplane orthogonal to b. So
//
//   - a block that is definite on some plane rules out every b, because the
//     plane meets the hyperplane; this is the same as two positive or two
//     negative eigenvalues;
//   - a block k (p m' + m p')/2 leaves two candidates for the direction of b,
//     p and m, and either some block is not zero on the hyperplane orthogonal
//     to p and some block is not zero on that orthogonal to m, or one of the
//     two is a witness.
//
// All of this takes polynomial time. (The paper's Theorem 3.5 shows that a more
// general system, Problem C.10, is NP-hard.)

// Verdict is the answer to a question about realisability.
type Verdict int

// The verdicts.
const (
	Undecided     Verdict = iota // neither can be told at the given precision
	Realisable                   // X is a transformer
	NotRealisable                // no transformer is X
)

func (v Verdict) String() string {
	return [...]string{"undecided", "realisable", "not realisable"}[v]
}

// Decision answers Problem C.9 for a point known up to Precision.
//
// Distances between points are measured as the largest spectral norm among the
// blocks of their difference.
type Decision struct {
	Verdict   Verdict
	Precision float64 // how well X is known

	// The best transformer that the decision looked at: a witness when the
	// verdict is Realisable. Residual bounds its distance from X from above.
	B        []float64 // [D]
	A        []float64 // [D, q] row-major
	Residual float64
	// AtBoundary says of a Realisable X with one block for b of length 2 (d = 1)
	// that another point within Precision is no transformer. For larger shapes
	// the transformers have no interior, and a Realisable X is always such.
	AtBoundary bool

	// Why no transformer is closer to X than Distance > Precision; nil unless
	// the verdict is NotRealisable. Distance is a lower bound of the distance to
	// every transformer also when it is too small for a verdict.
	Obstruction *Obstruction
	Distance    float64
}

// The kinds of an Obstruction.
const (
	RankObstruction      = "rank"       // a block has more than two eigenvalues, two of one sign
	SignObstruction      = "sign"       // a block has two eigenvalues, both of one sign
	CandidateObstruction = "candidates" // both candidates for b fail
)

// Obstruction is a certificate that X is not a transformer.
type Obstruction struct {
	Kind  string `json:"kind"`
	Block int    `json:"block"` // of the contradiction, or from which the candidates come
	// Eigenvalues of that block, largest first.
	Eigenvalues []float64 `json:"eigenvalues"`
	// For the kinds rank and sign: two orthonormal vectors on whose span the
	// block is definite.
	Plane [][]float64 `json:"plane,omitempty"`
	// For the kind candidates: the block is Scale*(p m' + m p')/2, p and m being
	// the directions of the two candidates, which may coincide.
	Scale      float64           `json:"scale,omitempty"`
	Candidates []FailedCandidate `json:"candidates,omitempty"`
}

// FailedCandidate says why one direction of b cannot be right: Normal is
// orthogonal to it, but Normal' M Normal = Value is not zero, M being the block
// named.
type FailedCandidate struct {
	B      []float64 `json:"b"` // unit vector
	Block  int       `json:"block"`
	Normal []float64 `json:"normal"` // unit vector
	Value  float64   `json:"value"`
}

// DefaultPrecision is the relative precision of a point whose precision is not
// stated: it is known up to this times its largest block.
const DefaultPrecision = 1e-12

// Decide answers Problem C.9 for the point X with q blocks of D(D+1)/2
// coordinates each, in the order of Phi; q and D are free. X is taken to be
// known up to precision (see Decision for the norm); 0 means DefaultPrecision.
//
// The verdict is Realisable if a transformer lies within the precision,
// NotRealisable if none does, which the Obstruction proves, and Undecided in
// between.
func Decide(X []float64, q, D int, precision float64) (*Decision, error) {
	if precision < 0 || math.IsNaN(precision) || math.IsInf(precision, 0) {
		return nil, fmt.Errorf("the precision of X must be a number >= 0, got %g", precision)
	}
	scaled, exponent, err := scaledPoint(X, q, D)
	if err != nil {
		return nil, err
	}
	d, err := decideScaled(scaled, q, D, math.Ldexp(precision, -exponent))
	if err != nil {
		return nil, err
	}
	d.multiply(exponent)
	if precision > 0 {
		d.Precision = precision
	}
	return d, nil
}

// The exponents of two between which the largest entry of a point must lie, so
// that neither the squares of a block nor what is said about it leave the range of
// floating-point numbers.
const leastExponent, largestExponent = -900, 1000

// ErrScale says that a point is too small or too large for floating-point numbers.
// Whether a point is a transformer does not depend on its scale.
var ErrScale = errors.New("multiply X by a number that takes its largest entry near 1: whether it is a transformer does not depend on its scale")

// scaledPoint checks the shape of X and returns X/2^exponent, whose largest entry
// is in [1/2, 1).
func scaledPoint(X []float64, q, D int) (scaled []float64, exponent int, err error) {
	if err := checkPoint(len(X), q, D); err != nil {
		return nil, 0, err
	}
	largest, m := 0.0, moment.Pairs(D)
	for i, x := range X {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			row, column := pairAt(i%m, D)
			return nil, 0, fmt.Errorf("X, block %d, pair (%d,%d) is %g; every entry must be a finite number", i/m, row, column, x)
		}
		largest = max(largest, math.Abs(x))
	}
	if _, exponent = math.Frexp(largest); largest > 0 && (exponent < leastExponent || exponent > largestExponent) {
		return nil, 0, fmt.Errorf("the largest entry of X is %g in size; %w", largest, ErrScale)
	}
	scaled = make([]float64, len(X))
	for i, x := range X {
		scaled[i] = math.Ldexp(x, -exponent)
	}
	return scaled, exponent, nil
}

// checkPoint checks that a point of so many entries has q blocks for b of length D.
func checkPoint(entries, q, D int) error {
	if q < 1 || D < 1 {
		return fmt.Errorf("X must have at least one block and b at least one entry, got q = %d, D = %d", q, D)
	}
	if m := moment.Pairs(D); entries != q*m {
		return fmt.Errorf("X has %d entries, want %d: %d blocks of D(D+1)/2 = %d each for D = %d", entries, q*m, q, m, D)
	}
	return nil
}

// pairAt returns the pair at a place in a block, the inverse of moment.PairIndex.
func pairAt(place, D int) (i, k int) {
	for place >= D-i {
		place -= D - i
		i++
	}
	return i, i + place
}

// multiply turns the decision about a point into that about the point times
// 2^exponent.
func (d *Decision) multiply(exponent int) {
	times := func(xs ...*float64) {
		for _, x := range xs {
			*x = math.Ldexp(*x, exponent)
		}
	}
	times(&d.Precision, &d.Residual, &d.Distance)
	for i := range d.A {
		times(&d.A[i])
	}
	if o := d.Obstruction; o != nil {
		times(&o.Scale)
		for i := range o.Eigenvalues {
			times(&o.Eigenvalues[i])
		}
		for i := range o.Candidates {
			times(&o.Candidates[i].Value)
		}
	}
}

// clone returns a copy that multiply may change.
func (d *Decision) clone() *Decision {
	c := *d
	c.A = slices.Clone(d.A)
	if d.Obstruction != nil {
		o := *d.Obstruction
		o.Eigenvalues, o.Candidates = slices.Clone(o.Eigenvalues), slices.Clone(o.Candidates)
		c.Obstruction = &o
	}
	return &c
}

// decideScaled is Decide for a point whose largest entry is near 1 in size, or 0.
func decideScaled(X []float64, q, D int, precision float64) (*Decision, error) {
	blocks, scale := symmetricBlocks(X, q, D)
	if precision == 0 {
		precision = DefaultPrecision * scale
	}
	d := &Decision{Precision: precision, A: make([]float64, D*q)}
	if scale == 0 {
		d.Verdict = Realisable
		d.B = make([]float64, D)
		d.B[0] = 1
		d.AtBoundary = D > 1
		return d, nil
	}

	largest, norm := 0, 0.0
	definite, margin := -1, 0.0
	spectra := make([]mat.EigenSym, q)
	for j, M := range blocks {
		if !spectra[j].Factorize(M, true) {
			return nil, fmt.Errorf("block %d of X: the eigenvalues did not converge", j)
		}
		if n := mat.Norm(M, 2); n > norm {
			largest, norm = j, n
		}
		if m := sameSign(spectra[j].Values(nil)); m > margin {
			definite, margin = j, m
		}
	}
	p, m := candidates(&spectra[largest])
	d.witness(blocks, p, m)
	if d.Residual <= precision {
		d.Verdict = Realisable
		d.AtBoundary = q > 1 || D > 2 || atBoundary(X, precision)
		return d, nil
	}
	if definite >= 0 {
		d.consider(blocks, definiteBlock(&spectra[definite], definite, scale))
	}
	d.consider(blocks, failedCandidates(blocks, &spectra[largest], largest, p, m))
	if d.Distance > precision {
		d.Verdict = NotRealisable
	} else {
		d.Obstruction = nil
	}
	return d, nil
}

// consider keeps the obstruction if it proves a greater distance.
func (d *Decision) consider(blocks []*mat.SymDense, o *Obstruction) {
	if distance, err := o.distance(blocks); err == nil && distance > d.Distance {
		d.Distance, d.Obstruction = distance, o
	}
}

// symmetricBlocks returns the blocks of X as symmetric matrices and the largest
// Frobenius norm among them.
func symmetricBlocks(X []float64, q, D int) (blocks []*mat.SymDense, scale float64) {
	m := moment.Pairs(D)
	for j := range q {
		M := mat.NewSymDense(D, nil)
		setBlock(M, X[j*m:(j+1)*m])
		blocks = append(blocks, M)
		scale = max(scale, mat.Norm(M, 2))
	}
	return blocks, scale
}

// largestBlock returns the largest Frobenius norm among the blocks of X, with which
// its precision is compared.
func largestBlock(X []float64, q, D int) (float64, error) {
	scaled, exponent, err := scaledPoint(X, q, D)
	if err != nil {
		return 0, err
	}
	_, scale := symmetricBlocks(scaled, q, D)
	return math.Ldexp(scale, exponent), nil
}

// sameSign returns how far a spectrum (ascending) is from having at most one
// positive and at most one negative eigenvalue.
func sameSign(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	return max(0, values[len(values)-2], -values[1])
}

// candidates returns the two directions that b can have according to a block:
// from sqrt(l1) e1 +- sqrt(-l2) e2, l1 and l2 being its extreme eigenvalues.
func candidates(spectrum *mat.EigenSym) (p, m []float64) {
	values := spectrum.Values(nil)
	var vectors mat.Dense
	spectrum.VectorsTo(&vectors)
	D := len(values)
	high, low := math.Sqrt(max(values[D-1], 0)), math.Sqrt(max(-values[0], 0))
	p, m = make([]float64, D), make([]float64, D)
	for i := range D {
		x, y := high*vectors.At(i, D-1), low*vectors.At(i, 0)
		p[i], m[i] = x+y, x-y
	}
	if normalise(p) == 0 || normalise(m) == 0 { // D = 1, or a block that is zero up to rounding
		p, m = unit(D, 0), unit(D, 0)
	}
	return p, m
}

func unit(D, i int) []float64 {
	e := make([]float64, D)
	e[i] = 1
	return e
}

func normalise(x []float64) float64 {
	norm := mat.Norm(mat.NewVecDense(len(x), x), 2)
	if norm > 0 {
		for i := range x {
			x[i] /= norm
		}
	}
	return norm
}

// witness sets B, A and Residual to the best of the two candidates and of the
// direction halfway between them, which is right for a block of rank one up to
// rounding, after polishing each.
func (d *Decision) witness(blocks []*mat.SymDense, p, m []float64) {
	d.Residual = math.Inf(1)
	between := make([]float64, len(p))
	sign := math.Copysign(1, dot(p, m))
	for i := range p {
		between[i] = p[i] + sign*m[i]
	}
	normalise(between)
	for _, b := range [][]float64{p, m, between} {
		b, columns, residual := polish(blocks, b)
		if residual < d.Residual {
			d.Residual, d.B = residual, b
			for j, a := range columns {
				for i, x := range a {
					d.A[i*len(blocks)+j] = x
				}
			}
		}
	}
}

// polish improves the direction b by Gauss-Newton steps until the residual
// stalls. A block with an eigenvalue that is zero up to rounding gives b to half
// the digits only; a few steps restore the others.
//
// A change e of b, orthogonal to b, changes the residual blocks R_j by
// -(e c_j' + c_j e')/2 to first order, c_j being a_j without its part along b:
// parts along b are what the a_j take care of.
func polish(blocks []*mat.SymDense, b []float64) (best []float64, columns [][]float64, residual float64) {
	const steps = 30
	D := len(b)
	best, b = append([]float64(nil), b...), append([]float64(nil), b...)
	columns, residual = nearestColumns(blocks, best)
	current := columns
	for range steps {
		normal := mat.NewSymDense(D, nil)
		right := mat.NewVecDense(D, nil)
		for j, M := range blocks {
			c := mat.NewVecDense(D, append([]float64(nil), current[j]...))
			v := mat.NewVecDense(D, b)
			c.AddScaledVec(c, -mat.Dot(c, v), v)
			normal.SymRankOne(normal, 0.5, c)
			half := mat.Dot(c, c) / 2
			for i := range D {
				normal.SetSym(i, i, normal.At(i, i)+half)
			}
			var Rc mat.VecDense
			Rc.MulVec(restricted(M, b), c)
			right.AddVec(right, &Rc)
		}
		var chol mat.Cholesky
		var e mat.VecDense
		if !chol.Factorize(normal) || chol.SolveVecTo(&e, right) != nil {
			break
		}
		for i := range b {
			b[i] += e.AtVec(i)
		}
		if norm := normalise(b); norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
			break
		}
		var r float64
		current, r = nearestColumns(blocks, b)
		if r >= residual {
			break
		}
		best, columns, residual = append([]float64(nil), b...), current, r
	}
	return best, columns, residual
}

// nearestColumns returns, for a unit vector b, the a_j that minimise the
// Frobenius norms of M_j - (b a_j' + a_j b')/2, and the largest of these norms.
func nearestColumns(blocks []*mat.SymDense, b []float64) (columns [][]float64, residual float64) {
	D := len(b)
	v := mat.NewVecDense(D, b)
	for _, M := range blocks {
		var Mb mat.VecDense
		Mb.MulVec(M, v)
		bMb := mat.Dot(v, &Mb)
		a := make([]float64, D)
		for i := range D {
			a[i] = 2*Mb.AtVec(i) - bMb*b[i]
		}
		sum := 0.0
		for i := range D {
			for k := range D {
				r := M.At(i, k) - (b[i]*a[k]+a[i]*b[k])/2
				sum += r * r
			}
		}
		columns = append(columns, a)
		residual = max(residual, math.Sqrt(sum))
	}
	return columns, residual
}

// definiteBlock is the obstruction by a block with two eigenvalues of one sign.
func definiteBlock(spectrum *mat.EigenSym, block int, scale float64) *Obstruction {
	values := spectrum.Values(nil)
	var vectors mat.Dense
	spectrum.VectorsTo(&vectors)
	D := len(values)
	first := 0
	if values[D-2] >= -values[1] {
		first = D - 2
	}
	o := &Obstruction{Kind: SignObstruction, Block: block, Eigenvalues: reversed(values)}
	rank := 0
	for _, l := range values {
		if math.Abs(l) > DefaultPrecision*scale {
			rank++
		}
	}
	if rank > 2 {
		o.Kind = RankObstruction
	}
	for c := first; c < first+2; c++ {
		o.Plane = append(o.Plane, mat.Col(nil, c, &vectors))
	}
	return o
}

func reversed(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, x := range values {
		out[len(values)-1-i] = x
	}
	return out
}

// failedCandidates is the obstruction by the two candidates that a block leaves:
// for each, the block and the unit normal on which that block is farthest from
// zero.
func failedCandidates(blocks []*mat.SymDense, spectrum *mat.EigenSym, from int, p, m []float64) *Obstruction {
	values := spectrum.Values(nil)
	D := len(values)
	o := &Obstruction{
		Kind: CandidateObstruction, Block: from, Eigenvalues: reversed(values),
		Scale: max(values[D-1], 0) + max(-values[0], 0),
	}
	if D == 1 {
		return o
	}
	for _, b := range [][]float64{p, m} {
		f := FailedCandidate{B: b, Normal: make([]float64, D)}
		for j, M := range blocks {
			R := restricted(M, b)
			var es mat.EigenSym
			if !es.Factorize(R, true) {
				continue
			}
			l := es.Values(nil)
			c := 0
			if l[D-1] > -l[0] {
				c = D - 1
			}
			if math.Abs(l[c]) > math.Abs(f.Value) {
				var vectors mat.Dense
				es.VectorsTo(&vectors)
				f.Block, f.Value, f.Normal = j, l[c], mat.Col(nil, c, &vectors)
			}
		}
		if f.Value != 0 { // rounding leaves the eigenvector only nearly orthogonal to b
			along := dot(f.Normal, b)
			for i := range D {
				f.Normal[i] -= along * b[i]
			}
			normalise(f.Normal)
			f.Value = inner(f.Normal, blocks[f.Block], f.Normal)
		}
		o.Candidates = append(o.Candidates, f)
	}
	return o
}

// restricted returns P M P, P the projection off the unit vector b.
func restricted(M *mat.SymDense, b []float64) *mat.SymDense {
	D := len(b)
	v := mat.NewVecDense(D, b)
	var Mb mat.VecDense
	Mb.MulVec(M, v)
	bMb := mat.Dot(v, &Mb)
	R := mat.NewSymDense(D, nil)
	for i := range D {
		for k := i; k < D; k++ {
			R.SetSym(i, k, M.At(i, k)-b[i]*Mb.AtVec(k)-Mb.AtVec(i)*b[k]+bMb*b[i]*b[k])
		}
	}
	return R
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

// Verify checks the decision about the point X with q blocks for D = len(d.B),
// without anything of what found it: a witness is multiplied out, an obstruction
// is checked by the inequalities in its own documentation.
func (d *Decision) Verify(X []float64, q int) error {
	scaled, exponent, err := scaledPoint(X, q, len(d.B))
	if err != nil {
		return err
	}
	c := d.clone()
	c.multiply(-exponent)
	return c.verifyScaled(scaled, q)
}

// verifyScaled is Verify for a point whose largest entry is near 1 in size, or 0.
func (d *Decision) verifyScaled(X []float64, q int) error {
	D := len(d.B)
	blocks, scale := symmetricBlocks(X, q, D)
	switch d.Verdict {
	case Realisable:
		if len(d.A) != D*q {
			return fmt.Errorf("the witness A has %d entries, want %d", len(d.A), D*q)
		}
		m := moment.Pairs(D)
		for j := range q {
			sum := 0.0
			for i := range D {
				for k := i; k < D; k++ {
					x := d.B[i] * d.A[k*q+j]
					if i != k {
						x += d.B[k] * d.A[i*q+j]
					}
					r := x - X[j*m+moment.PairIndex(D, i, k)]
					if i != k {
						r /= math.Sqrt2 // twice, halved
					}
					sum += r * r
				}
			}
			if r := math.Sqrt(sum); !(r <= d.Precision*(1+1e-6)+roundingMargin(D)*scale) {
				return fmt.Errorf("block %d of X is %.3g away from the witness, more than the precision %.3g", j, r, d.Precision)
			}
		}
		return nil
	case NotRealisable:
		if d.Obstruction == nil {
			return errors.New("the decision gives no obstruction")
		}
		distance, err := d.Obstruction.distance(blocks)
		if err != nil {
			return err
		}
		if !(distance > d.Precision) {
			return fmt.Errorf("the obstruction proves a distance of %.3g only, not more than the precision %.3g", distance, d.Precision)
		}
		return nil
	}
	return errors.New("the decision is undecided: there is nothing to verify")
}

// roundingMargin bounds the relative rounding error of the products of a few
// D-vectors and D x D matrices below.
func roundingMargin(D int) float64 { return 16 * float64(D+4) * 0x1p-53 }

// distance returns the lower bound that the obstruction proves for the distance
// between the blocks and those of any transformer, 0 if it proves none.
func (o *Obstruction) distance(blocks []*mat.SymDense) (float64, error) {
	D := blocks[0].SymmetricDim()
	if o.Block < 0 || o.Block >= len(blocks) {
		return 0, fmt.Errorf("the obstruction names block %d of %d", o.Block, len(blocks))
	}
	switch o.Kind {
	case RankObstruction, SignObstruction:
		return planeDistance(blocks[o.Block], o.Plane)
	case CandidateObstruction:
		if D == 1 {
			return 0, nil // every block is a number, and any b will do
		}
		return o.candidateDistance(blocks)
	}
	return 0, fmt.Errorf("the obstruction is of the unknown kind %q", o.Kind)
}

// planeDistance: the plane meets the hyperplane orthogonal to b in some unit u.
// A transformer's block vanishes there, so that the distance is at least
// |u'Mu|, at least the smallest absolute value of M on the plane's unit vectors.
func planeDistance(M *mat.SymDense, plane [][]float64) (float64, error) {
	D := M.SymmetricDim()
	if len(plane) != 2 || len(plane[0]) != D || len(plane[1]) != D {
		return 0, fmt.Errorf("the obstruction's plane is not two vectors of length %d", D)
	}
	u, w := plane[0], plane[1]
	if !nearly(dot(u, u), 1) || !nearly(dot(w, w), 1) || !nearly(dot(u, w), 0) {
		return 0, errors.New("the vectors of the obstruction's plane are not orthonormal")
	}
	x, y, z := inner(u, M, u), inner(u, M, w), inner(w, M, w)
	// Eigenvalues of [[x y] [y z]].
	mean, radius := (x+z)/2, math.Hypot((x-z)/2, y)
	least := math.Abs(mean) - radius
	// The plane's vectors are orthonormal up to 1e-12, which moves u'Mu by at
	// most a few times that.
	least -= (8*orthonormality + roundingMargin(D)) * mat.Norm(M, 2)
	return max(0, least), nil
}

const orthonormality = 1e-12

func nearly(x, y float64) bool { return math.Abs(x-y) <= orthonormality }

func inner(u []float64, M *mat.SymDense, w []float64) float64 {
	return mat.Inner(mat.NewVecDense(len(u), u), M, mat.NewVecDense(len(w), w))
}

// candidateDistance: let a transformer with the unit vector b be within delta of
// the blocks, and write the block that the candidates come from as
// k (p m' + m p')/2 + E. For unit u orthogonal to b, |k (p'u)(m'u)| <= eta =
// delta + |E|. With p1, m1 the projections of p, m off b, the largest
// |(p'u)(m'u)| is (|p1||m1| + |p1'm1|)/2 >= |p1||m1|/2, and |p1|, |m1| are the
// sines of the angles between b and p, m. So the smaller sine s obeys
//
//	s <= sqrt(2 eta/k)   and   s <= 2 eta / (k sin(gamma/2)),
//
// gamma being the angle between the lines p and m, half of which the larger
// angle must have. If b is that close to p, then b's hyperplane holds a unit
// vector as close to p's normal u, where the failing block is at least
// |u'Mu| - 2 s |M| in absolute value, which must not exceed delta. The largest
// delta that both candidates contradict is found by bisection.
func (o *Obstruction) candidateDistance(blocks []*mat.SymDense) (float64, error) {
	D := blocks[0].SymmetricDim()
	if len(o.Candidates) != 2 {
		return 0, fmt.Errorf("the obstruction has %d candidates, want 2", len(o.Candidates))
	}
	values, norms := make([]float64, 2), make([]float64, 2)
	for c, f := range o.Candidates {
		if len(f.B) != D || len(f.Normal) != D || f.Block < 0 || f.Block >= len(blocks) {
			return 0, fmt.Errorf("candidate %d of the obstruction has wrong shapes", c)
		}
		if !nearly(dot(f.B, f.B), 1) {
			return 0, fmt.Errorf("candidate %d of the obstruction is not a unit vector", c)
		}
		if f.Value == 0 {
			return 0, nil
		}
		if !nearly(dot(f.Normal, f.Normal), 1) || !nearly(dot(f.B, f.Normal), 0) {
			return 0, fmt.Errorf("the normal of candidate %d of the obstruction is not a unit vector orthogonal to it", c)
		}
		norms[c] = mat.Norm(blocks[f.Block], 2)
		values[c] = math.Abs(inner(f.Normal, blocks[f.Block], f.Normal)) -
			(8*orthonormality+roundingMargin(D))*norms[c]
	}
	M, p, m := blocks[o.Block], o.Candidates[0].B, o.Candidates[1].B
	k := math.Abs(o.Scale)
	rest := 0.0
	for i := range D {
		for l := range D {
			e := M.At(i, l) - o.Scale*(p[i]*m[l]+m[i]*p[l])/2
			rest += e * e
		}
	}
	rest = math.Sqrt(rest) + (8*orthonormality+roundingMargin(D))*mat.Norm(M, 2)
	plus, minus := 0.0, 0.0
	for i := range D {
		plus += (p[i] + m[i]) * (p[i] + m[i])
		minus += (p[i] - m[i]) * (p[i] - m[i])
	}
	half := math.Sqrt(min(plus, minus))/2 - orthonormality // sin(gamma/2)
	contradicted := func(delta float64) bool {
		eta := delta + rest
		s := math.Sqrt(2 * eta / k)
		if half > 0 {
			s = min(s, 2*eta/(k*half))
		}
		return s < 1 && values[0]-2*s*norms[0] > delta && values[1]-2*s*norms[1] > delta
	}
	low, high := 0.0, max(values[0], values[1], 0)
	if k == 0 || !contradicted(low) {
		return 0, nil
	}
	for range 60 {
		if middle := (low + high) / 2; contradicted(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}
