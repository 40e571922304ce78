package landscape_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/moment"
)

// attacker knows the loss x'Rx - 2s'x + c of the form that a check says its bound is
// about, for x bilinear in b and a, and its entries to be within some distance.
type attacker struct {
	D, M   int // entries of b and of a
	R      *mat.SymDense
	s      []float64
	c      float64
	within float64
	terms  [][]bilinearTerm // of each entry of x
}

// bilinearTerm is coefficient * b_i * a_k.
type bilinearTerm struct {
	i, k        int
	coefficient float64
}

// newAttacker returns the attacker of a certificate about its own form, or about all
// that have its dependences. phi is written out once more (paper, Eq. 8).
func newAttacker(t *testing.T, file *certificate.Certificate, check *certificate.Check) *attacker {
	form := file.Form
	q, D := form.Q, form.Q+1
	phi := func(D, columns int) (terms [][]bilinearTerm) { // X_(j,{i,k}) with a_(j,k) at place j*D+k
		for j := range columns {
			for i := range D {
				for k := i; k < D; k++ {
					x := []bilinearTerm{{i, j*D + k, 1}}
					if k > i {
						x = append(x, bilinearTerm{k, j*D + i, 1})
					}
					terms = append(terms, x)
				}
			}
		}
		return terms
	}
	if strings.HasPrefix(check.About, "the H, h and c") {
		return &attacker{D: D, M: q * D, R: form.H, s: form.L, c: form.C, terms: phi(D, q)}
	}
	if !strings.HasPrefix(check.About, "every H, h and c with the dependences") {
		t.Fatalf("a check is about %q, which this test does not know", check.About)
	}
	m := file.Multiplier
	units, _ := m.U.Dims()
	grams, pairs := m.G.Dims()
	identity := func(E *mat.Dense, row, column int) bool {
		rows, _ := E.Dims()
		for r := range rows {
			if want := map[bool]float64{true: 1}[r == row]; E.At(r, column) != want {
				return false
			}
		}
		return true
	}
	first := func(E *mat.Dense, row int) int {
		_, columns := E.Dims()
		return slices.IndexFunc(slices.Collect(func(yield func(int) bool) {
			for k := 0; k < columns && yield(k); k++ {
			}
		}), func(k int) bool { return identity(E, row, k) })
	}
	var kept []int
	for l := range units {
		kept = append(kept, first(m.U, l))
	}
	kept = append(kept, q)
	var keptPairs []int
	for i := range kept {
		for k := i; k < len(kept); k++ {
			keptPairs = append(keptPairs, moment.PairIndex(D, min(kept[i], kept[k]), max(kept[i], kept[k])))
		}
	}
	if len(keptPairs) != pairs {
		t.Fatalf("G has %d columns for %d pairs", pairs, len(keptPairs))
	}
	var places []int
	out := &attacker{D: units + 1, M: units * (units + 1), c: form.C, within: check.Within}
	all := phi(units+1, units)
	for l := range units {
		for g := range grams {
			places = append(places, kept[l]*moment.Pairs(D)+keptPairs[first(m.G, g)])
			var terms []bilinearTerm
			for p := range pairs {
				for _, b := range all[l*pairs+p] {
					if coefficient := m.G.At(g, p); coefficient != 0 {
						terms = append(terms, bilinearTerm{b.i, b.k, coefficient})
					}
				}
			}
			out.terms = append(out.terms, terms)
		}
	}
	out.R, out.s = mat.NewSymDense(len(places), nil), make([]float64, len(places))
	for i, x := range places {
		out.s[i] = form.L[x]
		for k, y := range places[i:] {
			out.R.SetSym(i, i+k, form.H.At(x, y))
		}
	}
	return out
}

// models returns candidates for a small loss: for directions of b, the best a, and long
// ones along which the loss falls. The sizes of R may be anything.
func (a *attacker) models(rng *rand.Rand) (bs, as [][]float64) {
	largest := 0.0
	for i := range a.s {
		largest = max(largest, a.R.At(i, i))
	}
	if !(largest > 0) {
		largest = 1
	}
	_, unit := math.Frexp(largest)
	for trial := range 16 {
		b := make([]float64, a.D)
		for i := range b {
			b[i] = math.Round(rng.NormFloat64()*0x1p20) * 0x1p-20
		}
		if trial < a.D {
			clear(b)
			b[trial] = 1
		}
		K, k := mat.NewSymDense(a.M, nil), make([]float64, a.M)
		S := mat.NewDense(len(a.terms), a.M, nil)
		for x, terms := range a.terms {
			for _, t := range terms {
				S.Set(x, t.k, S.At(x, t.k)+t.coefficient*b[t.i])
			}
		}
		for p := range a.M {
			for r := p; r < a.M; r++ {
				sum := 0.0
				for x := range a.terms {
					for y := range a.terms {
						if u := S.At(x, p) * S.At(y, r); u != 0 {
							sum += u * math.Ldexp(a.R.At(x, y), -unit)
						}
					}
				}
				K.SetSym(p, r, sum)
			}
			for x := range a.terms {
				k[p] += S.At(x, p) * math.Ldexp(a.s[x], -unit/2)
			}
		}
		var eigen mat.EigenSym
		if !eigen.Factorize(K, true) {
			continue
		}
		var V mat.Dense
		eigen.VectorsTo(&V)
		values := eigen.Values(nil)
		best := make([]float64, a.M)
		for e, value := range values {
			along := 0.0
			for p := range a.M {
				along += V.At(p, e) * k[p]
			}
			if value > 1e-13*values[a.M-1] {
				for p := range a.M {
					best[p] += V.At(p, e) * along / value
				}
			}
			if trial < 6 && e < 2 { // far along the flattest directions
				for _, size := range []float64{1, 1e8, 1e100} {
					long := make([]float64, a.M)
					for p := range a.M {
						long[p] = math.Ldexp(math.Copysign(size, along)*V.At(p, e), -unit/2)
					}
					bs, as = append(bs, b), append(as, long)
				}
			}
		}
		for p := range best {
			best[p] = math.Ldexp(best[p], -unit/2)
		}
		bs, as = append(bs, b), append(as, best)
	}
	return bs, as
}

// exactPrecision holds every sum of products of five floats without rounding.
const exactPrecision = 10800

// loss returns the loss of a model in floating point, which may not be a number.
func (a *attacker) loss(b, v []float64) float64 {
	x, size := make([]float64, len(a.terms)), 1.0
	for i, terms := range a.terms {
		for _, t := range terms {
			x[i] += b[t.i] * v[t.k] * t.coefficient
		}
		size += math.Abs(x[i])
	}
	loss := a.c - a.within*size*size
	for i := range x {
		inner := -2 * a.s[i]
		for k := range x {
			inner += a.R.At(i, k) * x[k]
		}
		loss += inner * x[i]
	}
	return loss
}

// below reports whether the loss of a model is below the bound on some form within the
// distance, in exact arithmetic.
func (a *attacker) below(bound float64, b, v []float64) bool {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(exactPrecision).SetFloat64(x) }
	for _, x := range slices.Concat(b, v) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	zero := number(0)
	x := make([]*big.Float, len(a.terms))
	t := number(0)
	size := number(1) // 1 + sum |x|
	for i, terms := range a.terms {
		x[i] = number(0)
		for _, term := range terms {
			t.Mul(number(b[term.i]), number(v[term.k]))
			x[i].Add(x[i], t.Mul(t, number(term.coefficient)))
		}
		size.Add(size, new(big.Float).Abs(x[i]))
	}
	loss := number(a.c)
	for i := range x {
		if x[i].Cmp(zero) == 0 {
			continue
		}
		inner := number(-2 * a.s[i])
		if math.IsInf(2*a.s[i], 0) {
			return false
		}
		for k := range x {
			inner.Add(inner, t.Mul(number(a.R.At(i, k)), x[k]))
		}
		loss.Add(loss, inner.Mul(inner, x[i]))
	}
	if a.within > 0 { // entries moved by what the claim allows
		t.Mul(size, size)
		loss.Sub(loss, t.Mul(t, number(a.within)))
	}
	return loss.Cmp(number(bound)) < 0
}
