package transformer

import (
	"fmt"

	"markovicl/markov"
)

// Tokens returns how many tokens a prompt of n in-context chains has: n+1 joined,
// or 2n+1 interleaved.
func (c Config) Tokens(n int) int {
	if c.Joined {
		return n + 1
	}
	return 2*n + 1
}

// For returns the configuration for a task: tokens as long as its features ask,
// and positions for prompts of up to n in-context chains.
func (c Config) For(t markov.Task, n int) Config {
	c.Features = t.QueryDim()
	if c.Joined {
		c.Features = t.Dim()
	}
	c.Positions = c.Tokens(n)
	return c
}

// checkLength says whether the model has positions for T tokens.
func (c Config) checkLength(T int) error {
	if c.NoPositions || T <= c.Positions {
		return nil
	}
	return fmt.Errorf("a sequence of %d tokens for a model with %d learned positions; it takes prompts of up to %d in-context chains", T, c.Positions, c.chains(c.Positions))
}

// chains returns the in-context chains of a prompt of T tokens.
func (c Config) chains(T int) int {
	if c.Joined {
		return T - 1
	}
	return (T - 1) / 2
}

// CheckTask says whether the model takes the prompts of a task with n in-context
// chains.
func (c Config) CheckTask(t markov.Task, n int) error {
	want := c.For(t, n)
	if want.Features != c.Features {
		return fmt.Errorf("the model reads tokens of %d numbers, but a prompt of this task (%v) has tokens of %d; give the d, embedding and bias that it was made for", c.Features, t, want.Features)
	}
	return c.checkLength(want.Positions)
}

// encoder writes prompts as sequences. It is for one goroutine at a time.
type encoder struct {
	c      Config
	task   markov.Task
	column []float64 // [D]
}

func newEncoder(c Config, t markov.Task) *encoder {
	return &encoder{c, t, make([]float64, t.Dim())}
}

// encode writes the tokens of a prompt, of which it shows the first n chains, to
// x [T, features], and, unless nil, the labels that are predicted to y: interleaved
// those of all n chains and of the query, joined that of the query.
func (e *encoder) encode(x, y []float32, p *markov.Prompt, n int) {
	q, F := e.task.QueryDim(), e.c.Features
	put := func(t int, numbers []float64) {
		row := x[t*F : (t+1)*F]
		clear(row)
		for i, v := range numbers {
			row[i] = float32(v)
		}
	}
	for i := range n {
		e.task.PromptColumn(e.column, p, i) // [D] (x_i, y_i)
		if e.c.Joined {
			put(i, e.column)
			continue
		}
		put(2*i, e.column[:q])
		put(2*i+1, e.column[q:])
		if y != nil {
			y[i] = float32(e.column[q])
		}
	}
	label := e.task.Query(e.column[:q], p)
	put(e.c.Tokens(n)-1, e.column[:q])
	if y != nil {
		y[e.predictions(n)-1] = float32(label)
	}
}

// predictions returns how many labels of a prompt are predicted.
func (e *encoder) predictions(n int) int {
	if e.c.Joined {
		return 1
	}
	return n + 1
}

// token returns at which token prediction i of a prompt of n chains is read.
func (e *encoder) token(i, n int) int {
	if e.c.Joined {
		return n
	}
	return 2 * i
}
