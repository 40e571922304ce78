package ask

import (
	"context"

	"markovicl/markov"
)

// Reproduce asks for the paper's numerical claims, done again, with a verdict on
// each. Its answer is a ReproduceAnswer. It takes from seconds to hours, keeps the
// results that it has, and draws: who asks says by Env.Reproduce how that is done.
type Reproduce struct {
	Items  []string `arg:"" optional:"" name:"item" help:"Items to run; all if none is named."`
	Only   []string `placeholder:"ITEM" help:"The same, as a list separated by commas."`
	Quick  bool     `help:"The reduced size that takes seconds an item."`
	Seed   uint64   `default:"1" help:"First seed."`
	Seeds  int      `placeholder:"K" help:"Number of seeds, where an item averages over seeds; each item's own number if not given."`
	Models []string `placeholder:"NAME" help:"Transformers that fig6 trains: tiny, small, standard; tiny if not given."`
	D      int      `name:"d" placeholder:"D" help:"Input positions of fig6, which the paper does not state; 5 if not given, 3 in the reduced size."`
}

// Command implements Question.
func (*Reproduce) Command() string { return "reproduce" }

// ReproduceAnswer is what became of the items.
type ReproduceAnswer struct {
	Items []ReproducedItem `json:"items"`
}

// ReproducedItem is what became of one item. Findings are empty or null unless it is
// done.
type ReproducedItem struct {
	ID            string   `json:"id"`
	Status        string   `json:"status"` // done, failed or interrupted
	Verdict       string   `json:"verdict"`
	Condition     string   `json:"condition,omitempty"` // under which it holds, in three words
	Why           string   `json:"why"`
	Statement     string   `json:"statement"` // what the paper says
	Quantity      string   `json:"quantity"`  // what the numbers are
	Paper         *float64 `json:"paper"`     // what the paper prints
	Expected      *float64 `json:"expected"`  // what theory says
	Ours          *float64 `json:"ours"`
	StandardError *float64 `json:"standard_error"`
	Command       string   `json:"command"`
	Files         []string `json:"files"` // relative to the folder of the results
	Error         string   `json:"error,omitempty"`
}

func (q *Reproduce) ask(ctx context.Context, env Env) (Answer, error) {
	if q.Seeds < 0 {
		return nil, inputf("seeds", "`seeds` must not be negative, got %d", q.Seeds)
	}
	if q.D < 0 || q.D > markov.MaxPositions {
		return nil, inputf("d", "d must be from 1 to %d, got %d", markov.MaxPositions, q.D)
	}
	if env.Reproduce == nil {
		return nil, inputf("command", "the paper's claims are not reproduced here, but by the program markovicl: %s --out out", CommandLine(q))
	}
	answer, err := env.Reproduce(ctx, q)
	if answer == nil {
		return nil, err
	}
	return *answer, err
}
