package markov

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Prior is the law of the transition kernel, of one of two kinds. Dirichlet: its
// rows are independent, and row s (the law of the next state after context s) is
// Dirichlet(alpha_s). For two states p01 ~ Beta(a, b) is Dirichlet(b, a) of row
// 0, and p11 likewise of row 1; the paper's U(0,1) is Beta(1,1). Finite: one of
// a [Mixture] of given kernels.
//
// A kernel of order k has a row for each context of k states, in lexicographic
// order, oldest state first; k = 1 is a row for each state.
type Prior struct {
	alpha   [][]*big.Rat // [rows][S], every entry > 0; nil for a finite prior
	mixture *Mixture     // nil for a Dirichlet prior
	text    string       // as a flag writes it; empty if only rows can say it
}

// UniformPrior returns the prior of order 1 whose rows are uniform on the simplex
// of S states, Dirichlet(1,..,1).
func UniformPrior(states int) Prior { return uniformPrior(states, states) }

func uniformPrior(rows, states int) Prior {
	p := symmetricPrior(rows, states, big.NewRat(1, 1))
	p.text = "uniform"
	return p
}

func symmetricPrior(contexts, states int, alpha *big.Rat) Prior {
	rows := make([][]*big.Rat, contexts)
	for s := range rows {
		rows[s] = make([]*big.Rat, states)
		for j := range rows[s] {
			rows[s][j] = alpha
		}
	}
	return Prior{alpha: rows, text: "dirichlet:" + FormatRat(alpha)}
}

// RowsPrior returns the prior with one alpha vector for each row of the
// kernel. It is an error if the rows are not square or an entry is not > 0.
func RowsPrior(alpha [][]*big.Rat) (Prior, error) { return rowsPrior(alpha, len(alpha)) }

func rowsPrior(alpha [][]*big.Rat, states int) (Prior, error) {
	rows := make([][]*big.Rat, len(alpha))
	for s, row := range alpha {
		if len(row) != states {
			return Prior{}, fmt.Errorf("prior row %d has %d entries, want %d, one for each state", s, len(row), states)
		}
		for j, a := range row {
			if a.Sign() <= 0 {
				return Prior{}, fmt.Errorf("alpha must be > 0, got %s in row %d, column %d", FormatRat(a), s, j)
			}
		}
		rows[s] = cloneRats(row)
	}
	return Prior{alpha: rows}, nil
}

// MixturePrior returns the finite prior of a mixture.
func MixturePrior(m *Mixture) Prior { return Prior{mixture: m} }

// parsePrior reads the value of --prior for a task whose kernels have the given
// rows and states.
func parsePrior(text string, rows, states int) (Prior, error) {
	kind, values, _ := strings.Cut(text, ":")
	switch kind {
	case "", "uniform":
		if values != "" {
			return Prior{}, fmt.Errorf("prior %q: uniform takes no values; for other rows write dirichlet:alpha", text)
		}
		return uniformPrior(rows, states), nil
	case "dirichlet":
		alpha, err := parseParameter(values)
		if err != nil {
			return Prior{}, fmt.Errorf("prior %q: %w; write dirichlet:alpha, for example dirichlet:0.5", text, err)
		}
		if alpha.Sign() <= 0 {
			return Prior{}, fmt.Errorf("prior %q: alpha must be > 0, got %s", text, FormatRat(alpha))
		}
		return symmetricPrior(rows, states, alpha), nil
	case "beta":
		if states != 2 {
			return Prior{}, fmt.Errorf("prior %q: beta is for 2 states, this task has %d; write dirichlet:alpha, or rows in a task file", text, states)
		}
		ab, err := parseRats(values)
		if err != nil {
			return Prior{}, fmt.Errorf("prior %q: %w", text, err)
		}
		if len(ab) != 2 {
			return Prior{}, fmt.Errorf("prior %q: beta takes two values, beta:a,b", text)
		}
		row := []*big.Rat{ab[1], ab[0]} // p_s1 ~ Beta(a, b) is (p_s0, p_s1) ~ Dirichlet(b, a)
		if ab[0].Sign() <= 0 || ab[1].Sign() <= 0 {
			return Prior{}, fmt.Errorf("prior %q: a and b must be > 0", text)
		}
		return Prior{alpha: slices.Repeat([][]*big.Rat{row}, rows), text: "beta:" + formatRats(ab)}, nil
	case "kernels":
		return Prior{}, fmt.Errorf("prior %q names a file of kernels, which has not been read", text)
	}
	return Prior{}, fmt.Errorf("prior %q is not known; choose uniform, beta:a,b (2 states), dirichlet:alpha, kernels:FILE, or rows in a task file", text)
}

// Rows returns the number of rows of the kernel, one for each context of
// states that the next state depends on.
func (p Prior) Rows() int {
	if p.mixture != nil {
		return len(p.mixture.kernels[0]) / p.mixture.states
	}
	return len(p.alpha)
}

// States returns S.
func (p Prior) States() int {
	if p.mixture != nil {
		return p.mixture.states
	}
	return len(p.alpha[0])
}

// Mixture returns the kernels of a finite prior, nil for a Dirichlet prior.
func (p Prior) Mixture() *Mixture { return p.mixture }

// AlphaRat returns a copy of the Dirichlet parameters of a row, length S. The
// prior must be a Dirichlet one, as for Alpha.
func (p Prior) AlphaRat(row int) []*big.Rat { return cloneRats(p.alpha[row]) }

// Alpha returns the Dirichlet parameters of a row as floats, length S.
func (p Prior) Alpha(row int) []float64 { return floats(p.alpha[row]) }

// String returns the prior as the flag --prior writes it, or "rows" when it
// takes a task file to say it.
func (p Prior) String() string {
	if p.mixture != nil {
		return fmt.Sprintf("a mixture of %d kernels", p.mixture.Len())
	}
	if p.text == "" {
		return "rows"
	}
	return p.text
}
