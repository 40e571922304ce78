package lsa_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"markovicl/lsa"
	"markovicl/markov"
)

// explicitGradient adds the gradient of (TF - y)^2 times weight to dP and dQ,
// shaped as p.P and p.Q, by reverse mode through the explicit tokens, and
// returns the loss.
func explicitGradient(dP, dQ []float64, p *lsa.Dense, Z0 *mat.Dense, y, weight float64) float64 {
	var Z []*mat.Dense
	e := p.Explicit(Z0, func(_ int, z *mat.Dense) { Z = append(Z, z) }) - y
	D, columns := Z0.Dims()
	n := columns - 1
	masked := func(X *mat.Dense, rows bool) {
		if rows {
			X.SetRow(n, make([]float64, columns))
			return
		}
		X.SetCol(n, make([]float64, D))
	}
	E := mat.NewDense(D, columns, nil) // gradient of Z_{l+1}
	E.Set(D-1, n, 2*weight*e)
	for l := p.Layers - 1; l >= 0; l-- {
		dZ := mat.DenseCopyOf(E)
		for t := range p.Heads {
			pFlat, qFlat := p.Head(l, t)
			P, Q := mat.NewDense(D, D, pFlat), mat.NewDense(D, D, qFlat)
			k := (l*p.Heads + t) * D * D
			gradP, gradQ := mat.NewDense(D, D, dP[k:k+D*D]), mat.NewDense(D, D, dQ[k:k+D*D])

			var QZ, X, ZM, PE, dX, part, term mat.Dense
			QZ.Mul(Q, Z[l])
			X.Mul(Z[l].T(), &QZ)
			X.Scale(1/float64(n), &X)
			ZM.CloneFrom(Z[l])
			masked(&ZM, false)
			part.Mul(&ZM, &X) // layer: Z + P part
			term.Mul(E, part.T())
			gradP.Add(gradP, &term)

			PE.Mul(P.T(), E)
			dX.Mul(ZM.T(), &PE)
			dX.Scale(1/float64(n), &dX) // gradient of Z'QZ
			var ZdX mat.Dense
			ZdX.Mul(Z[l], &dX)
			term.Mul(&ZdX, Z[l].T())
			gradQ.Add(gradQ, &term)

			var viaP, viaLeft, viaRight mat.Dense
			viaP.Mul(&PE, X.T())
			masked(&viaP, false)
			dZ.Add(dZ, &viaP)
			viaRight.Mul(Q.T(), &ZdX)
			dZ.Add(dZ, &viaRight)
			var ZdXT mat.Dense
			ZdXT.Mul(Z[l], dX.T())
			viaLeft.Mul(Q, &ZdXT)
			dZ.Add(dZ, &viaLeft)
		}
		E = dZ
	}
	return weight * e * e
}

// TestGradientIsExplicit holds the Gram-compressed gradient against reverse mode
// through explicit tokens.
func TestGradientIsExplicit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		states := rapid.IntRange(2, 3).Draw(rt, "states")
		task, err := markov.NewTask(markov.Spec{
			States: states, D: rapid.IntRange(1, 5).Draw(rt, "d"),
			N: fmt.Sprint(rapid.IntRange(1, 12).Draw(rt, "n")), Bias: rapid.Bool().Draw(rt, "bias"),
		})
		if err != nil {
			rt.Fatal(err)
		}
		D := task.Dim()
		layers, heads := rapid.IntRange(1, 5).Draw(rt, "layers"), rapid.IntRange(1, 3).Draw(rt, "heads")
		var m lsa.Model = lsa.NewStructured(layers, heads, D)
		if rapid.Bool().Draw(rt, "dense") {
			m = lsa.NewDense(layers, heads, D)
		}
		fill(m, rapid.Float64Range(0.05, 0.6).Draw(rt, "scale")/math.Sqrt(float64(D)), rapid.Uint64().Draw(rt, "seed"))
		dense, isDense := m.(*lsa.Dense)
		if !isDense {
			dense = m.(*lsa.Structured).Dense()
		}

		prompts := rapid.IntRange(1, 20).Draw(rt, "prompts")
		batch := lsa.NewBatch(D, prompts)
		grad := lsa.Like(dense).(*lsa.Dense)
		var wantLoss float64
		seed := rapid.Uint64().Draw(rt, "prompt seed")
		for i := range prompts {
			p, G, u := prompt(t, task, seed, uint64(i))
			y, w := float64(p.Label), 1/float64(i+1)
			batch.Set(i, G, u, y, w)
			wantLoss += explicitGradient(grad.P, grad.Q, dense, task.Z0(&p), y, w)
		}
		if math.IsNaN(wantLoss) || wantLoss > 1e20 {
			return
		}
		g := lsa.NewGradient(m)
		loss, got, err := g.Of(batch, 0, batch.Groups())
		if err != nil {
			rt.Fatal(err)
		}
		var want []float64
		if isDense {
			want = append(append(want, grad.P...), grad.Q...)
		} else {
			want = structuredPart(grad)
		}
		if math.Abs(loss-wantLoss) > 1e-10*(1+wantLoss) {
			rt.Fatalf("loss %v, explicit tokens %v", loss, wantLoss)
		}
		if only, err := g.Loss(batch, 0, batch.Groups()); err != nil || only != loss {
			rt.Fatalf("Loss says %v, %v; Of says %v", only, err, loss)
		}
		size := 1 + floats.Norm(want, 2)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-9*size {
				rt.Fatalf("gradient entry %d of %d is %v, explicit tokens %v, norm %v", i, len(want), got[i], want[i], size)
			}
		}
	})
}

// structuredPart returns the entries of a dense gradient that belong to the free
// parameters of a structured model, in the order of its Parts.
func structuredPart(p *lsa.Dense) []float64 {
	s := lsa.NewStructured(p.Layers, p.Heads, p.Dim)
	q := p.Dim - 1
	for l := range p.Layers {
		for t := range p.Heads {
			P, Q := p.Head(l, t)
			b, A := s.Head(l, t)
			copy(b, P[q*p.Dim:])
			for i := range p.Dim {
				copy(A[i*q:(i+1)*q], Q[i*p.Dim:i*p.Dim+q])
			}
		}
	}
	return append(append([]float64(nil), s.B...), s.A...)
}

// lawBatch draws laws of prompts with random moments.
func lawBatch(rng *rand.Rand, D, n int) *lsa.Batch {
	q := D - 1
	batch := lsa.NewLawBatch(D, n)
	randomGram := func(size int) []float64 {
		root, out := make([]float64, size*size), make([]float64, size*size)
		for i := range root {
			root[i] = rng.NormFloat64() / 2
		}
		mat.NewDense(size, size, out).Mul(mat.NewDense(size, size, root), mat.NewDense(size, size, root).T())
		return out
	}
	for i := range n {
		v := make([]float64, q)
		for j := range v {
			v[j] = rng.NormFloat64()
		}
		batch.SetLaw(i, randomGram(D), randomGram(q), v, rng.Float64(), rng.Float64())
	}
	return batch
}

// TestGradientIsDifference checks both kinds of model and of batch by central
// differences.
func TestGradientIsDifference(t *testing.T) {
	const D, n = 4, 11
	rng := rand.New(markov.Stream(5, 0))
	task, err := markov.NewTask(markov.Spec{D: D - 1, N: "20"})
	if err != nil {
		t.Fatal(err)
	}
	prompts := lsa.NewBatch(D, n)
	for i := range n {
		p, G, u := prompt(t, task, 3, uint64(i))
		prompts.Set(i, G, u, float64(p.Label), 1.0/n)
	}
	for _, batch := range []*lsa.Batch{prompts, lawBatch(rng, D, n)} {
		for _, m := range []lsa.Model{lsa.NewStructured(1, 1, D), lsa.NewStructured(3, 2, D), lsa.NewDense(1, 2, D), lsa.NewDense(3, 2, D)} {
			fill(m, 0.3, 9)
			g := lsa.NewGradient(m)
			_, view, err := g.Of(batch, 0, batch.Groups())
			if err != nil {
				t.Fatal(err)
			}
			grad := append([]float64(nil), view...)
			k := 0
			for _, part := range m.Parts() {
				for i, x := range part.Data {
					const h = 1e-5
					part.Data[i] = x + h
					up, _ := g.Loss(batch, 0, batch.Groups())
					part.Data[i] = x - h
					down, _ := g.Loss(batch, 0, batch.Groups())
					part.Data[i] = x
					if want := (up - down) / (2 * h); math.Abs(grad[k]-want) > 1e-7*(1+math.Abs(want)) {
						t.Errorf("%T: gradient entry %d is %v, differences give %v", m, k, grad[k], want)
					}
					k++
				}
			}
		}
	}
}

// TestLawIsMean checks that a law with the moments of a few queries after one
// context has their mean loss and gradient.
func TestLawIsMean(t *testing.T) {
	const D, q, n = 3, 2, 5
	rng := rand.New(markov.Stream(8, 0))
	G := []float64{1, 0.2, 0.3, 0.2, 0.8, 0.1, 0.3, 0.1, 0.9}
	U, v, c := make([]float64, q*q), make([]float64, q), 0.0
	prompts := lsa.NewBatch(D, n)
	for i := range n {
		u, y := []float64{rng.NormFloat64(), rng.NormFloat64()}, rng.NormFloat64()
		prompts.Set(i, G, u, y, 1.0/n)
		for j := range u {
			v[j] += u[j] * y / n
			for k := range u {
				U[j*q+k] += u[j] * u[k] / n
			}
		}
		c += y * y / n
	}
	law := lsa.NewLawBatch(D, 1)
	law.SetLaw(0, G, U, v, c, 1)
	m := lsa.NewStructured(3, 1, D)
	fill(m, 0.5, 2)
	want, wantGrad, err := lsa.NewGradient(m).Of(prompts, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	got, grad, err := lsa.NewGradient(m).Of(law, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got-want) > 1e-13 || !floats.EqualApprox(grad, wantGrad, 1e-12) {
		t.Errorf("law: %v %v, prompts: %v %v", got, grad, want, wantGrad)
	}
}

func TestGradientNamesDivergedLayer(t *testing.T) {
	batch := lsa.NewBatch(3, 1)
	batch.Set(0, []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, []float64{1, 1}, 1, 1)
	for _, m := range []lsa.Model{lsa.NewStructured(4, 1, 3), lsa.NewDense(4, 1, 3)} {
		fill(m, 1e60, 1)
		_, _, err := lsa.NewGradient(m).Of(batch, 0, 1)
		div, ok := err.(*lsa.DivergenceError)
		if !ok || div.Layer < 1 || div.Layer > 2 {
			t.Errorf("%T: error %v, want a divergence in layer 1 or 2", m, err)
		}
	}
}

func TestGradientAllocatesNothing(t *testing.T) {
	for _, batch := range []*lsa.Batch{lsa.NewBatch(4, 20), lawBatch(rand.New(markov.Stream(1, 0)), 4, 20)} {
		for _, m := range []lsa.Model{lsa.NewStructured(3, 2, 4), lsa.NewDense(3, 2, 4)} {
			fill(m, 0.1, 1)
			g := lsa.NewGradient(m)
			if n := testing.AllocsPerRun(10, func() { g.Of(batch, 0, batch.Groups()) }); n != 0 {
				t.Errorf("%T: %v allocations in a gradient", m, n)
			}
		}
	}
}

// BenchmarkGradient is the gradient of a full batch of 1000 prompts on one core.
func BenchmarkGradient(b *testing.B) {
	for _, c := range []struct {
		d, layers int
		dense     bool
	}{{10, 1, false}, {4, 10, false}, {10, 10, false}, {4, 3, true}, {10, 3, true}} {
		name := fmt.Sprintf("d=%d/layers=%d", c.d, c.layers)
		if c.dense {
			name += "/dense"
		}
		b.Run(name, func(b *testing.B) {
			batch := benchBatch(b, c.d)
			var m lsa.Model = lsa.NewStructured(c.layers, 1, c.d+1)
			if c.dense {
				m = lsa.NewDense(c.layers, 1, c.d+1)
			}
			fill(m, 0.1, 1)
			g := lsa.NewGradient(m)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := g.Of(batch, 0, batch.Groups()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchBatch(b *testing.B, d int) *lsa.Batch {
	task, err := markov.NewTask(markov.Spec{D: d, N: "100"})
	if err != nil {
		b.Fatal(err)
	}
	batch := lsa.NewBatch(task.Dim(), 1000)
	for i := range 1000 {
		p, G, u := prompt(b, task, 1, uint64(i))
		batch.Set(i, G, u, float64(p.Label), 1e-3)
	}
	return batch
}
