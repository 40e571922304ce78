package paper

import (
	"fmt"
	"math"

	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/train"
)

// patternRow4 says how far the dense parameters of a layer, or of all, are from the paper's
// pattern, and what setting the others to 0 does.
type patternRow4 struct {
	Layers    int     `column:"layers"`
	TrainedOn string  `column:"trained_on"`
	Steps     int     `column:"steps"`
	Seed      uint64  `column:"seed"`
	Layer     any     `column:"layer"` // a number, or all
	Inside    float64 `column:"inside"`
	Outside   float64 `column:"outside"`
	Share     float64 `column:"outside_share"`
	Risk      float64 `column:"risk"`
	Sparse    float64 `column:"risk_sparse"`
}

// findPattern finds the distances of dense models from the sparse form.
func (k *kind4) findPattern(task markov.Task) error {
	for i, r := range k.runs {
		m := r.Model.(*lsa.Dense)
		for layer := 0; layer <= m.Layers; layer++ { // the last: all layers
			from, to, name := layer, layer+1, any(layer+1)
			if layer == m.Layers {
				from, to, name = 0, m.Layers, "all"
			}
			cut, inside, outside := sparsified(m, from, to)
			risk, err := train.ExactRisk(task, cut.NewForward().Predict)
			if err != nil {
				return fmt.Errorf("%d layers, seed %d, sparse: %w", m.Layers, r.Seed, err)
			}
			if layer == m.Layers {
				k.cut = append(k.cut, risk)
				if m.Layers == 1 {
					continue // the same as its only layer
				}
			}
			k.pattern = append(k.pattern, patternRow4{k.layers, trainedOn[k.data], k.steps, r.Seed, name, math.Sqrt(inside), math.Sqrt(outside), outside / (inside + outside), k.risks[i], risk})
		}
	}
	return nil
}

// sparsified returns a copy of m in which layers from <= l < to have the sparse
// form, all else set to 0, and the squared Frobenius norms of what was kept
// and of what was cut.
func sparsified(m *lsa.Dense, from, to int) (cut *lsa.Dense, inside, outside float64) {
	cut = lsa.Like(m).(*lsa.Dense)
	copy(cut.P, m.P)
	copy(cut.Q, m.Q)
	D := m.Dim
	for l := from; l < to; l++ {
		for h := range m.Heads {
			P, Q := cut.Head(l, h)
			for i := range D {
				for j := range D {
					for _, e := range []struct {
						x      *float64
						inForm bool
					}{{&P[i*D+j], i == D-1}, {&Q[i*D+j], j < D-1}} {
						if e.inForm {
							inside += *e.x * *e.x
						} else {
							outside += *e.x * *e.x
							*e.x = 0
						}
					}
				}
			}
		}
	}
	return cut, inside, outside
}
