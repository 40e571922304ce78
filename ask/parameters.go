package ask

import (
	"fmt"
	"math"

	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
)

// Transformer is a one-layer LSA, in a form that is read as a parameter file.
type Transformer struct {
	Heads []Head `json:"heads"`
}

// Head is a head of a one-layer LSA.
type Head struct {
	B []float64   `json:"b"` // [D]
	A [][]float64 `json:"A"` // [D][q]
}

// newTransformer returns the heads of the first layer.
func newTransformer(p *lsa.Structured) Transformer {
	var t Transformer
	for h := range p.Heads {
		b, A := p.Head(0, h)
		t.Heads = append(t.Heads, newHead(b, A))
	}
	return t
}

// newHead returns the head b [D], A [D, q] row-major.
func newHead(b, A []float64) Head { return Head{b, rowsOf(A, len(b))} }

// rowsOf cuts a row-major matrix into its rows.
func rowsOf(A []float64, rows int) [][]float64 {
	out := make([][]float64, rows)
	columns := len(A) / rows
	for i := range out {
		out[i] = A[i*columns : (i+1)*columns]
	}
	return out
}

// Realisability is the answer to "is the optimum a transformer?".
type Realisability struct {
	Realisable  *bool                  `json:"realisable"`       // null where undecided
	Reason      string                 `json:"reason,omitempty"` // why undecided
	Parameters  *Transformer           `json:"parameters"`       // a transformer that attains the optimum, or null
	Obstruction *landscape.Obstruction `json:"obstruction"`      // why there is none, or null
}

// xPrecision bounds, up to a modest factor, how far the computed minimiser may
// lie from the true one: the residual and the rounding of HX, divided by the
// smallest eigenvalue.
func xPrecision(o *landscape.Optimum) float64 {
	var norm float64
	for _, x := range o.X {
		norm = math.Hypot(norm, x)
	}
	const rounding = 8 * 0x1p-53
	return (o.Residual + rounding*o.LambdaMax*norm) / o.LambdaMin
}

// attains is how close to the optimum, relative to the loss of predicting 0, a
// transformer's loss must be for the claim that it attains it.
const attains = 1e-10

// decideRealisability says whether the minimiser is phi of some parameters. It
// decides nothing where the minimiser is not unique: another minimiser may be a
// transformer although this one is not.
func decideRealisability(f *moment.Form, o *landscape.Optimum) (Realisability, error) {
	decision, err := landscape.Decide(o.X, f.Q, f.Q+1, xPrecision(o))
	if err != nil {
		return Realisability{}, err
	}
	yes, no := true, false
	switch decision.Verdict {
	case landscape.Realisable:
		// Where X is known only roughly, a transformer within its precision may
		// be far from optimal: what is claimed is that it attains the loss.
		if loss := f.Loss(landscape.Phi(decision.B, decision.A)); !(math.Abs(loss-o.Loss) <= attains*f.C) {
			return Realisability{Reason: fmt.Sprintf("X is known only within %.1g, H being nearly singular, and the nearest transformer has loss %.10g", decision.Precision, loss)}, nil
		}
		if f.Q == 1 && decision.AtBoundary && o.Unique {
			break
		}
		return Realisability{Realisable: &yes, Parameters: &Transformer{Heads: []Head{newHead(decision.B, decision.A)}}}, nil
	case landscape.NotRealisable:
		if o.Unique {
			return Realisability{Realisable: &no, Obstruction: decision.Obstruction}, nil
		}
		return Realisability{Reason: "the minimiser is not unique; the one of least norm is not a transformer, another may be"}, nil
	}
	return Realisability{Reason: "undecided at this precision: the minimiser lies too close to the boundary of the transformers; `exact` decides d = 1"}, nil
}

// verdict is true, false, or nil for undecided.
func verdict(v landscape.Verdict) *bool {
	if v == landscape.Undecided {
		return nil
	}
	yes := v == landscape.Realisable
	return &yes
}

// positionsOf returns the d for which the prompt matrix of a task has dim rows, as
// a model's, or the nearest below. The states of a file, unless 0, take
// the place of the task's.
func positionsOf(dim int, spec markov.Spec, states int) (int, error) {
	spec.D = 1
	if states > 0 {
		spec.States = states
	}
	one, err := markov.NewTask(spec)
	if err != nil {
		return 0, input("", err)
	}
	return max(1, (dim-one.Dim())/one.Embedding().Width(one.States())+1), nil
}

// readModel reads the parameters in a file that the field params names.
func (e Env) readModel(name string) (lsa.Model, error) {
	data, err := e.read("params", name)
	if err != nil {
		return nil, err
	}
	model, err := lsa.Decode(name, data)
	return model, input("params", err)
}

// dimOf returns D, the number of rows of a model's prompt matrices.
func dimOf(m lsa.Model) int {
	_, _, dim := m.Size()
	return dim
}
