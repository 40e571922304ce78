package certificate

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// definiteForm returns a random form with q features whose H is far from singular, and
// the point X* of its least loss.
func definiteForm(r *rand.Rand, q int) (form *moment.Form, X []float64) {
	n := q * moment.Pairs(q+1)
	H := mat.NewSymDense(n, nil)
	B := mat.NewDense(n, n, nil)
	B.Apply(func(int, int, float64) float64 { return r.NormFloat64() / math.Sqrt(float64(n)) }, B)
	H.SymOuterK(1, B)
	for i := range n {
		H.SetSym(i, i, H.At(i, i)+0.5)
	}
	form = &moment.Form{Q: q, H: H, L: make([]float64, n)}
	for i := range form.L {
		form.L[i] = r.NormFloat64()
	}
	X, least := leastLoss(form)
	form.C = 1 - least // so that the least loss is 1
	return form, X
}

// leastLoss minimises a form by a solver that has no part in any proof.
func leastLoss(form *moment.Form) (X []float64, loss float64) {
	var x mat.VecDense
	if err := x.SolveVec(form.H, mat.NewVecDense(len(form.L), form.L)); err != nil {
		panic(err)
	}
	X = x.RawVector().Data
	return X, form.C - floats.Dot(form.L, X)
}

// worse returns a form within errs of another, the error of H in direction X, so that
// the loss of X is as much lower as it can be.
func worse(form *moment.Form, errs moment.FormErrors, X []float64) *moment.Form {
	n := len(X)
	unit := make([]float64, n)
	floats.ScaleTo(unit, 1/floats.Norm(X, 2), X)
	H := mat.NewSymDense(n, nil)
	H.SymRankOne(form.H, -errs.H, mat.NewVecDense(n, unit))
	L := append([]float64(nil), form.L...)
	floats.AddScaled(L, errs.L, unit)
	return &moment.Form{Q: form.Q, H: H, L: L, C: form.C - errs.C}
}

// What is proven of a stored form and charged holds for the worst form within its errors,
// and would not without the charge.
func TestChargedHoldsForTheWorstForm(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		form, X := definiteForm(r, 1+int(seed%2))
		growth, err := GrowthOf(t.Context(), form)
		if err != nil {
			t.Fatal(err)
		}
		size := math.Pow(10, -7+4*r.Float64())
		errs := moment.FormErrors{Claim: moment.Proven, H: size * r.Float64(), L: size * r.Float64(), C: size * r.Float64()}
		_, least := leastLoss(worse(form, errs, X))
		if least >= growth.Bound {
			t.Fatalf("seed %d: no attack, the least loss is %.17g, the bound of the stored form %.17g", seed, least, growth.Bound)
		}
		b, err := Charged(growth.Bound, growth, errs)
		if err != nil {
			t.Fatal(err)
		}
		if b.Value > least {
			t.Errorf("seed %d: %.17g is said to be proven, the least loss is %.17g", seed, b.Value, least)
		}
		if fall := growth.Bound - least; b.Value < growth.Bound-10*fall {
			t.Errorf("seed %d: the bound falls by %.3g, the loss by %.3g", seed, growth.Bound-b.Value, fall)
		}
	}
}

// What a multiplier proves with numbers that are uncertain holds for the worst of them.
func TestMultiplierHoldsForTheWorstForm(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 4))
		q := 1 + int(seed%2)
		form, X := definiteForm(r, q)
		pairs := moment.Pairs(q + 1)
		m := &Multiplier{P: unitMatrix(q + 1), U: mat.DenseCopyOf(unitMatrix(q)), G: mat.DenseCopyOf(unitMatrix(pairs))}
		n := m.Entries() * (1 + m.Size())
		W := make([]float64, n*n) // which proves the enlarged optimum
		certain, err := ProveMultiplier(t.Context(), form, W, m, 0)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(certain.Bound-1) > 1e-9 {
			t.Fatalf("seed %d: the bound is %.12g, the least loss is 1", seed, certain.Bound)
		}
		uncertain := math.Pow(10, -7+4*r.Float64())
		bad := &moment.Form{Q: q, H: mat.NewSymDense(len(X), nil), L: append([]float64(nil), form.L...), C: form.C - uncertain}
		for i, x := range X {
			bad.L[i] += math.Copysign(uncertain, x)
			for k := i; k < len(X); k++ {
				bad.H.SetSym(i, k, form.H.At(i, k)-math.Copysign(uncertain, x*X[k]))
			}
		}
		_, least := leastLoss(bad)
		if least >= certain.Bound {
			t.Fatalf("seed %d: no attack, the least loss is %.17g", seed, least)
		}
		v, err := ProveMultiplier(t.Context(), form, W, m, uncertain)
		if err != nil {
			t.Fatal(err)
		}
		if v.Bound > least {
			t.Errorf("seed %d: %.17g is said to be proven, the least loss is %.17g", seed, v.Bound, least)
		}
	}
}

func unitMatrix(n int) *mat.SymDense {
	I := mat.NewSymDense(n, nil)
	for i := range n {
		I.SetSym(i, i, 1)
	}
	return I
}
