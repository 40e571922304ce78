package landscape

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Why a point is no transformer: what the decision says, how it is found, and the
// distance from every transformer that it proves.

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

const orthonormality = 1e-12

func nearly(x, y float64) bool { return math.Abs(x-y) <= orthonormality }

func inner(u []float64, M *mat.SymDense, w []float64) float64 {
	return mat.Inner(mat.NewVecDense(len(u), u), M, mat.NewVecDense(len(w), w))
}

// roundingMargin bounds the relative rounding error of the products of a few
// D-vectors and D x D matrices below.
func roundingMargin(D int) float64 { return 16 * float64(D+4) * 0x1p-53 }
