package paper

import (
	"math"
	"math/rand/v2"
	"testing"

	"markovicl/lsa"
)

func TestFigure4(t *testing.T) {
	t.Parallel()
	r, err := figure4Of(t.Context(), 1, figure4Size{layers: 2, steps: 600, long: 700, seeds: 3, prompts: 2000}, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	scored, pattern := table(t, r, "scores"), table(t, r, "pattern")
	if len(scored.Rows) != 8+2 || len(pattern.Rows) != 2*3*(1+3)+3*3 {
		t.Errorf("%d rows of scores, %d of patterns", len(scored.Rows), len(pattern.Rows))
	}
	for _, parameters := range []string{"sparse", "dense"} {
		at := map[string]any{"layers": 1, "parameters": parameters, "trained_on": "new prompts"}
		optimum := cell(t, scored, "enlarged_optimum", at).(float64)
		if least := cell(t, scored, "risk_smallest", at).(float64); least < optimum-1e-12 {
			t.Errorf("%s: risk %v below the enlarged optimum %v", parameters, least, optimum)
		}
		near(t, parameters+" risk", cell(t, scored, "risk", at), optimum, 0.02)
		fresh, se := cell(t, scored, "accuracy_fresh", at).(float64), cell(t, scored, "accuracy_fresh_se", at).(float64)
		if bayes := cell(t, scored, "accuracy_bayes", at).(float64); fresh > bayes+4*se {
			t.Errorf("%s: accuracy %v above that of the Bayes predictor, %v", parameters, fresh, bayes)
		}
	}
	// One layer: what is outside of the sparse form has no effect.
	for seed := uint64(1); seed <= 3; seed++ {
		at := map[string]any{"layers": 1, "seed": seed, "trained_on": "new prompts"}
		near(t, "the risk of sparse parameters", cell(t, pattern, "risk_sparse", at), cell(t, pattern, "risk", at).(float64), 1e-14)
		if share := cell(t, pattern, "outside_share", at).(float64); share <= 0 || share >= 1 {
			t.Errorf("share %v outside of the sparse form", share)
		}
	}
	if len(r.Plots) != 2 || len(r.Plots[0].Panels) != 2 || len(r.Plots[1].Panels) != 2 {
		t.Fatalf("%d plots", len(r.Plots))
	}
	// The curve of differences is the difference of the curves.
	sparse, dense, apart := r.Plots[0].Panels[1].Series[0], r.Plots[0].Panels[1].Series[1], r.Plots[1].Panels[1].Series[0]
	for i := range apart.Y {
		near(t, "difference", apart.Y[i], dense.Y[i]-sparse.Y[i], 1e-12)
	}
	if len(apart.X) < windows4 {
		t.Errorf("%d windows", len(apart.X))
	}
}

func TestSparsified(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	m := lsa.NewDense(2, 2, 3)
	var square float64
	for _, part := range m.Parts() {
		for i := range part.Data {
			part.Data[i] = rng.NormFloat64()
			square += part.Data[i] * part.Data[i]
		}
	}
	cut, inside, outside := sparsified(m, 0, 2)
	if math.Abs(inside+outside-square) > 1e-12 {
		t.Errorf("squared norms %v and %v of %v", inside, outside, square)
	}
	var kept float64
	for l := range 2 {
		for h := range 2 {
			P, Q := cut.Head(l, h)
			before, beforeQ := m.Head(l, h)
			for i := range 9 {
				if row := i / 3; P[i] != 0 && row < 2 || row == 2 && P[i] != before[i] {
					t.Errorf("layer %d, head %d: P[%d] = %v", l, h, i, P[i])
				}
				if column := i % 3; Q[i] != 0 && column == 2 || column < 2 && Q[i] != beforeQ[i] {
					t.Errorf("layer %d, head %d: Q[%d] = %v", l, h, i, Q[i])
				}
				kept += P[i]*P[i] + Q[i]*Q[i]
			}
		}
	}
	if math.Abs(kept-inside) > 1e-12 {
		t.Errorf("squared norm %v inside, %v kept", inside, kept)
	}
	// A structured model is inside.
	first, _, _ := sparsified(cut, 0, 1)
	for i, x := range first.P {
		if x != cut.P[i] {
			t.Errorf("cutting twice changes P[%d]", i)
		}
	}
}
