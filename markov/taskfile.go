package markov

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/goccy/go-yaml"
)

// ParseTask reads a task file: YAML with the keys family, states, d, n, order,
// prior, start, p, embedding, bias, covariance, weights, noise and mean, whose
// values have the form of the flags; prior may also be {rows: [[..], ..]} with
// one alpha vector for each row of the kernel, or {kernels: [[[..], ..], ..],
// weights: [..]}, and covariance and weights a matrix, [[..], ..]. The JSON of a
// Task is such a file. Unknown keys are errors. Errors say line and column where YAML knows them.
func ParseTask(data []byte) (Task, error) {
	spec, err := ParseSpec(data)
	if err != nil {
		return Task{}, err
	}
	return NewTask(spec)
}

// ParseSpec reads a task file as ParseTask does, without validating the task,
// so that flags may still override it.
func ParseSpec(data []byte) (Spec, error) {
	var file struct {
		Family     string     `yaml:"family"`
		States     *int       `yaml:"states"`
		D          *int       `yaml:"d"`
		N          scalar     `yaml:"n"`
		Order      *int       `yaml:"order"`
		Prior      PriorSpec  `yaml:"prior"`
		Start      string     `yaml:"start"`
		P          scalar     `yaml:"p"`
		Embedding  string     `yaml:"embedding"`
		Bias       bool       `yaml:"bias"`
		Covariance MatrixSpec `yaml:"covariance"`
		Weights    MatrixSpec `yaml:"weights"`
		Noise      scalar     `yaml:"noise"`
		Mean       scalar     `yaml:"mean"`
	}
	if err := yaml.UnmarshalWithOptions(data, &file, yaml.Strict()); err != nil {
		return Spec{}, fmt.Errorf("task file: %w", err)
	}
	spec := Spec{
		Family: file.Family, N: string(file.N), Prior: file.Prior, Start: file.Start, P: string(file.P),
		Embedding: file.Embedding, Bias: file.Bias,
		Covariance: file.Covariance, Weights: file.Weights, Noise: string(file.Noise), Mean: string(file.Mean),
	}
	// In a Spec 0 means the default; a file that says 0 means 0.
	if file.States != nil {
		if spec.States = *file.States; spec.States == 0 {
			return Spec{}, fmt.Errorf("task file: states must be from 2 to %d, got 0", MaxStates)
		}
	}
	if file.D != nil {
		if spec.D = *file.D; spec.D == 0 {
			return Spec{}, fmt.Errorf("task file: d must be from 1 to %d, got 0", MaxPositions)
		}
	}
	if file.Order != nil {
		if spec.Order = *file.Order; spec.Order == 0 {
			return Spec{}, errors.New("task file: order must be at least 1, got 0")
		}
	}
	return spec, nil
}

// scalar is a YAML scalar kept as the user wrote it: "0.1" must stay 1/10.
type scalar string

// UnmarshalYAML keeps the text of a scalar.
func (s *scalar) UnmarshalYAML(data []byte) error {
	var text string
	if err := yaml.Unmarshal(data, &text); err != nil {
		return err
	}
	*s = scalar(text)
	return nil
}

// UnmarshalYAML reads a covariance: a text or a matrix.
func (m *MatrixSpec) UnmarshalYAML(data []byte) error {
	if yaml.Unmarshal(data, &m.Text) == nil {
		return nil
	}
	var rows [][]scalar
	if err := yaml.Unmarshal(data, &rows); err != nil {
		return fmt.Errorf("a covariance is identity, diag:a,b,.. or a matrix [[..], ..]: %w", err)
	}
	for _, row := range rows {
		m.Rows = append(m.Rows, texts(row))
	}
	return nil
}

// UnmarshalYAML reads the value of the key prior: a text or a mapping with rows
// or kernels.
func (spec *PriorSpec) UnmarshalYAML(data []byte) error {
	var text string
	if yaml.Unmarshal(data, &text) == nil {
		spec.Text = text
		return nil
	}
	var rows struct {
		Rows    [][]scalar   `yaml:"rows"`
		Kernels [][][]scalar `yaml:"kernels"`
		Weights []scalar     `yaml:"weights"`
	}
	if err := yaml.UnmarshalWithOptions(data, &rows, yaml.Strict()); err != nil {
		return fmt.Errorf("prior is neither a text such as beta:2,5 nor {rows: [[..], ..]} nor {kernels: [[[..], ..], ..]}: %w", err)
	}
	if rows.Kernels != nil {
		spec.Mixture = &MixtureSpec{Weights: texts(rows.Weights)}
		for _, kernel := range rows.Kernels {
			var k [][]string
			for _, row := range kernel {
				k = append(k, texts(row))
			}
			spec.Mixture.Kernels = append(spec.Mixture.Kernels, k)
		}
		if rows.Rows == nil {
			return nil
		}
	}
	spec.Rows = make([][]string, len(rows.Rows))
	for i, row := range rows.Rows {
		spec.Rows[i] = texts(row)
	}
	return nil
}

// MarshalJSON writes the task with the names of the flags; ParseTask reads it.
func (t Task) MarshalJSON() ([]byte, error) {
	if g := t.given; g != nil {
		return json.Marshal(map[string]any{g.kind: g.name, "q": g.q})
	}
	n, _ := json.Marshal(t.n)
	if t.averaged != "" {
		n, _ = json.Marshal(t.averaged)
	}
	if r := t.regression; r != nil {
		covariance := func(text string, rows [][]*big.Rat) any {
			if text != "" {
				return text
			}
			out := make([][]string, len(rows))
			for i, row := range rows {
				out[i] = ratTexts(row)
			}
			return out
		}
		return json.Marshal(struct {
			Family     string          `json:"family"`
			D          int             `json:"d"`
			N          json.RawMessage `json:"n"`
			Average    bool            `json:"average,omitempty"`
			Covariance any             `json:"covariance"`
			Weights    any             `json:"weights"`
			Noise      string          `json:"noise"`
			Mean       string          `json:"mean"`
			Bias       bool            `json:"bias"`
		}{RegressionFamily, t.positions, n, t.averaged != "", covariance(r.covarianceText, r.covariance), covariance(r.weightsText, r.weights), FormatRat(r.noise), r.meanText, t.bias})
	}
	var prior any = t.prior.String()
	if m := t.prior.mixture; m != nil {
		spec := m.spec()
		prior = map[string]any{"kernels": spec.Kernels, "weights": spec.Weights}
	} else if t.prior.text == "" {
		rows := make([][]string, t.prior.Rows())
		for s := range rows {
			rows[s] = ratTexts(t.prior.alpha[s])
		}
		prior = map[string]any{"rows": rows}
	}
	return json.Marshal(struct {
		States    int             `json:"states"`
		D         int             `json:"d"`
		N         json.RawMessage `json:"n"`
		Average   bool            `json:"average,omitempty"`
		Order     int             `json:"order,omitempty"` // where it is not 1
		Prior     any             `json:"prior"`
		Start     string          `json:"start"`
		Embedding string          `json:"embedding"`
		Bias      bool            `json:"bias"`
	}{t.states, t.positions, n, t.averaged != "", higher(t.order), prior, t.start.String(), t.embedding.String(), t.bias})
}

// higher returns the order where it is worth saying, else 0.
func higher(order int) int {
	if order == 1 {
		return 0
	}
	return order
}
