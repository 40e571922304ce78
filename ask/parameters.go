package ask

import (
	"path/filepath"

	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/predict"
	"markovicl/transformer"
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

// newRealisability returns what is known of an optimum as an answer.
func newRealisability(r *landscape.Realisation) Realisability {
	answer := Realisability{Realisable: verdict(r.Verdict), Reason: r.Reason}
	switch r.Verdict {
	case landscape.Realisable:
		answer.Parameters = &Transformer{Heads: []Head{newHead(r.B, r.A)}}
	case landscape.NotRealisable:
		answer.Obstruction = r.Decision.Obstruction
	}
	return answer
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

// fileModel is what a parameter file holds: a linear model or a transformer.
type fileModel struct {
	linear    lsa.Model
	nonlinear *transformer.Model
}

// readAnyModel reads the parameters of either kind in a file that the field params
// names.
func (e Env) readAnyModel(name string) (*fileModel, error) {
	data, err := e.read("params", name)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(name) == ".safetensors" && transformer.IsFile(data) {
		m, _, _, err := transformer.Decode(data)
		if err != nil {
			return nil, inputf("params", "%s: %w", name, err)
		}
		return &fileModel{nonlinear: m}, nil
	}
	m, err := lsa.Decode(name, data)
	if err != nil {
		return nil, input("params", err)
	}
	return &fileModel{linear: m}, nil
}

// dim returns D, the number of rows of the prompt matrices that the model is for.
func (m *fileModel) dim() int {
	switch {
	case m.linear != nil:
		return dimOf(m.linear)
	case m.nonlinear.Joined:
		return m.nonlinear.Features
	}
	return m.nonlinear.Features + 1
}

// predictor returns the predictor of the model for a task, called lsa or
// transformer.
func (m *fileModel) predictor(t markov.Task) (predict.Predictor, error) {
	if m.linear != nil {
		return predict.NewLSA("lsa", t, m.linear)
	}
	if err := m.nonlinear.CheckTask(t, int(t.Context())); err != nil {
		return nil, err
	}
	return predict.NewTransformer("transformer", t, m.nonlinear)
}

// dimOf returns D, the number of rows of a model's prompt matrices.
func dimOf(m lsa.Model) int {
	_, _, dim := m.Size()
	return dim
}
