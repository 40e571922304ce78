package main

import (
	"fmt"
	"math"

	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
)

// transformer is a one-layer LSA as JSON, in a form that `predict` and `trace`
// read.
type transformer struct {
	Heads []head `json:"heads"`
}

type head struct {
	B []float64   `json:"b"` // [D]
	A [][]float64 `json:"A"` // [D][q]
}

// newHead returns b [D], A [D, q] row-major as JSON.
func newHead(b, A []float64) head {
	h := head{B: b, A: make([][]float64, len(b))}
	q := len(b) - 1
	for i := range h.A {
		h.A[i] = A[i*q : (i+1)*q]
	}
	return h
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

// realisability is the answer to "is the optimum a transformer?".
type realisability struct {
	Realisable  *bool                  `json:"realisable"`       // null where undecided
	Reason      string                 `json:"reason,omitempty"` // why undecided
	Parameters  *transformer           `json:"parameters"`       // a transformer that attains the optimum, or null
	Certificate *landscape.Obstruction `json:"certificate"`      // why there is none, or null
}

// attains is how close to the optimum, relative to the loss of predicting 0, a
// transformer's loss must be for the claim that it attains it.
const attains = 1e-10

// decideRealisability says whether the minimiser is phi of some parameters. It
// decides nothing where the minimiser is not unique: another minimiser may be a
// transformer although this one is not.
func decideRealisability(f *moment.Form, o *landscape.Optimum) (realisability, error) {
	decision, err := landscape.Decide(o.X, f.Q, f.Q+1, xPrecision(o))
	if err != nil {
		return realisability{}, err
	}
	yes, no := true, false
	switch decision.Verdict {
	case landscape.Realisable:
		// Where X is known only roughly, a transformer within its precision may
		// be far from optimal: what is claimed is that it attains the loss.
		if loss := f.Loss(landscape.Phi(decision.B, decision.A)); !(math.Abs(loss-o.Loss) <= attains*f.C) {
			return realisability{Reason: fmt.Sprintf("X is known only within %.1g, H being nearly singular, and the nearest transformer has loss %.10g", decision.Precision, loss)}, nil
		}
		return realisability{Realisable: &yes, Parameters: &transformer{Heads: []head{newHead(decision.B, decision.A)}}}, nil
	case landscape.NotRealisable:
		if o.Unique {
			return realisability{Realisable: &no, Certificate: decision.Obstruction}, nil
		}
		return realisability{Reason: "the minimiser is not unique; the one of least norm is not a transformer, another may be"}, nil
	}
	return realisability{Reason: "undecided at this precision: the minimiser lies too close to the boundary of the transformers; --exact decides d = 1"}, nil
}

// positionsOf returns the d for which the prompt matrix of a task has as many
// rows as a model's, or the nearest below. The states of a file, unless 0, take
// the place of the task's.
func positionsOf(model lsa.Model, spec markov.Spec, states int) (int, error) {
	spec.D = 1
	if states > 0 {
		spec.States = states
	}
	one, err := markov.NewTask(spec)
	if err != nil {
		return 0, badInput(err)
	}
	_, _, dim := model.Size()
	return max(1, (dim-one.Dim())/one.Embedding().Width(one.States())+1), nil
}
