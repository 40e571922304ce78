package landscape

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// BenchmarkTightness looks for forms on which the certificate leaves a gap:
// random definite H whose condition is 10^2 to 10^12. With -benchtime 1000x it
// bounds a thousand of them for each size and reports how many stayed open at level
// 0, the worst relative gap, and what level 1 (q <= 3) and branch and bound made of
// that.
func BenchmarkTightness(b *testing.B) {
	for q := 1; q <= 4; q++ {
		b.Run(fmt.Sprint("q=", q), func(b *testing.B) {
			var open, raised, branched, worst, worstRaised, left float64
			seed := uint64(0)
			for b.Loop() {
				seed++
				r := rand.New(rand.NewPCG(seed, 51))
				condition := math.Pow(10, 2+10*r.Float64())
				form := illConditionedForm(r, q, condition)
				recovery, err := Recover(context.Background(), form, Settings{Seed: seed, Boxes: -1})
				if err != nil {
					b.Fatal(err)
				}
				if recovery.Certified() {
					continue
				}
				open++
				gap := recovery.RelativeGap()
				if gap > worst {
					worst = gap
				}
				next := gap
				if q <= 3 {
					higher, err := Recover(context.Background(), form, Settings{Seed: seed, Boxes: -1, Level: 1})
					if err != nil {
						b.Fatal(err)
					}
					if next = higher.RelativeGap(); higher.Certified() {
						raised++
					}
					worstRaised = max(worstRaised, next)
				}
				after := gap
				if q == 2 || q == 3 {
					if result := branchAndBound(context.Background(), form, recovery.Loss, branchSettings{gap: CertifiedGap / 2, boxes: 3_000}); result.lower > recovery.LowerBound.Value {
						after = (recovery.Loss - result.lower) / recovery.Loss
					}
				}
				if after <= CertifiedGap {
					branched++
				}
				left = max(left, after)
				b.Logf("q %d, seed %d, condition %.1e: loss %.9g (enlarged %.9g), gap of the certificate %.2e, at level 1 %.2e, with boxes %.2e, %v", q, seed, condition, recovery.Loss, recovery.LossEnlarged, gap, next, after, recovery.Realisable)
			}
			b.ReportMetric(open, "open")
			b.ReportMetric(raised, "closed-by-level-1")
			b.ReportMetric(worstRaised, "worst-gap-at-level-1")
			b.ReportMetric(branched, "closed-by-boxes")
			b.ReportMetric(worst, "worst-gap")
			b.ReportMetric(left, "worst-gap-left")
		})
	}
}

// illConditionedForm has eigenvalues of H spread evenly over the logarithms from
// 1 to 1/condition, in a random basis, and X* of random direction.
func illConditionedForm(r *rand.Rand, q int, condition float64) *moment.Form {
	n := q * moment.Pairs(q+1)
	var qr mat.QR
	qr.Factorize(mat.NewDense(n, n, gaussians(r, n*n)))
	var V, VD, H mat.Dense
	qr.QTo(&V)
	VD.Apply(func(_, j int, x float64) float64 {
		return x * math.Pow(condition, -float64(j)/float64(max(1, n-1)))
	}, &V)
	H.Mul(&VD, V.T())
	form := &moment.Form{Q: q, H: mat.NewSymDense(n, nil)}
	for i := range n {
		for j := i; j < n; j++ {
			form.H.SetSym(i, j, (H.At(i, j)+H.At(j, i))/2)
		}
	}
	X := mat.NewVecDense(n, gaussians(r, n))
	var h mat.VecDense
	h.MulVec(form.H, X)
	form.L = h.RawVector().Data
	form.C = 0.1 + mat.Dot(X, &h)
	return form
}
