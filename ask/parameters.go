package ask

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"path/filepath"
	"slices"
	"strings"

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

// fileModel is what a parameter file holds: a linear model or a transformer, and
// the task that it was made for.
type fileModel struct {
	linear    lsa.Model
	nonlinear *transformer.Model
	task      string // as JSON; empty if the file does not say
}

// readModel reads the parameters of either kind in a file that a field names.
func (e Env) readModel(field, name string) (*fileModel, error) {
	data, err := e.read(field, name)
	if err != nil {
		return nil, err
	}
	name = called(name, data)
	m := &fileModel{}
	var metadata map[string]string
	if filepath.Ext(name) == ".safetensors" && transformer.IsFile(data) {
		if m.nonlinear, _, metadata, err = transformer.Decode(data); err != nil {
			return nil, inputf(field, "%s: %w", name, err)
		}
	} else if m.linear, metadata, err = lsa.DecodeWith(name, data); err != nil {
		return nil, input(field, err)
	}
	m.task = metadata["task"]
	var problem struct {
		Task json.RawMessage `json:"task"`
	}
	if json.Unmarshal([]byte(metadata["problem"]), &problem) == nil && problem.Task != nil { // a checkpoint
		m.task = string(problem.Task)
	}
	return m, nil
}

// recorded returns what a file of parameters says beside them: their task.
func recorded(task markov.Task) (map[string]string, error) {
	text, err := json.Marshal(task)
	return map[string]string{"task": string(text)}, err
}

// notes says in what the task that the parameters in a file were made for differs
// from the one at hand. It is empty where nothing does, or the file does not say.
func (m *fileModel) notes(file string, t markov.Task) []string {
	if m.task == "" {
		return nil
	}
	of := m.task
	was, unknown := markov.ParseTask([]byte(of))
	if unknown == nil {
		if text, err := json.Marshal(was); err == nil { // in the words of today
			of = string(text)
		}
	}
	now, err := json.Marshal(t)
	if err != nil {
		return nil
	}
	var a, b map[string]any
	if json.Unmarshal([]byte(of), &a) != nil || json.Unmarshal(now, &b) != nil {
		return nil
	}
	names := map[string]bool{}
	for _, fields := range []map[string]any{a, b} {
		for name := range fields {
			names[name] = true
		}
	}
	if unknown == nil && samePrior(was, t) {
		delete(names, "prior")
	}
	if unknown == nil && sameStart(was, t) {
		delete(names, "start")
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if x, y := fieldText(name, a[name]), fieldText(name, b[name]); x != y {
			list = append(list, fmt.Sprintf("%s %s, here %s", name, x, y))
		}
	}
	if len(list) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s was made for another task: %s", file, strings.Join(list, "; "))}
}

// samePrior reports whether the Dirichlet priors of two tasks, in whatever words, are
// the same. It is false for other priors.
func samePrior(t, u markov.Task) bool {
	if t.Regression() != nil || u.Regression() != nil || t.Given() || u.Given() {
		return false
	}
	p, q := t.Prior(), u.Prior()
	if p.Mixture() != nil || q.Mixture() != nil || p.Rows() != q.Rows() {
		return false
	}
	for row := range p.Rows() {
		if !sameNumbers(p.AlphaRat(row), q.AlphaRat(row)) {
			return false
		}
	}
	return true
}

// sameStart reports whether the start laws of two tasks, in whatever words, are the
// same. It is false for stationary ones.
func sameStart(t, u markov.Task) bool {
	if t.Regression() != nil || u.Regression() != nil || t.Given() || u.Given() {
		return false
	}
	a, b := t.Start(), u.Start()
	if a.Kind() == markov.StationaryStart || b.Kind() == markov.StationaryStart || t.States() != u.States() || !sameNumbers(a.QueryRat(), b.QueryRat()) {
		return false
	}
	for first := range t.States() {
		if !sameNumbers(a.ContextRat(markov.State(first)), b.ContextRat(markov.State(first))) {
			return false
		}
	}
	return true
}

func sameNumbers(xs, ys []*big.Rat) bool {
	return slices.EqualFunc(xs, ys, func(x, y *big.Rat) bool { return x.Cmp(y) == 0 })
}

// fieldText writes a field of a task that was decoded from JSON. One that is left out
// has its default.
func fieldText(name string, value any) string {
	if value == nil {
		value = map[string]any{"order": 1, "average": false, "family": markov.MarkovFamily}[name]
	}
	switch value := value.(type) {
	case nil:
		return "not given"
	case string:
		return value
	}
	text, _ := json.Marshal(value) // of what was decoded
	return string(text)
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
