// Package paper re-does the numerical claims of Ding et al., "Optimality and
// NP-Hardness of Transformers in Learning Markovian Dynamical Functions"
// (NeurIPS 2025, arXiv 2510.18638), one [Item] for each figure or theorem.
//
// An item turns [Settings] into a [Result]: tables, plots as data, and a
// verdict on the claim. This package never draws and never writes files: package report
// does.
//
//	for _, outcome := range paper.Run(ctx, paper.Items(), paper.Settings{Seed: 1, Quick: true}, 2, nil) {
//		if outcome.Err == nil {
//			fmt.Println(outcome.Item.ID, outcome.Result.Verdict, outcome.Result.Why)
//		}
//	}
//
// Where to read what:
//
//   - result.go: Result; rows.go: tables from rows; verdict.go: Verdict
//   - directions.go: maps of directions
//   - run.go: running several items
//   - floor.go: a task with the floor of every depth
//   - task.go: the optimum of a task, as several items need it; scores.go: how
//     trained models do
//   - layers.go: a trace through the layers of a model as table and plots
//   - the other files: one item each, named after it
//
// # A new item
//
// An item is one file with a variable, listed in [Items], and a function:
//
//	var figure3 = Item{
//		ID: "fig3", Title: "Accuracy by depth", Source: "Figure 3",
//		Question: "How often is the nearest state the right one?",
//		Statement: "Three layers reach an accuracy of 0.98 for three states.",
//		Revision: 1, // raise it whenever a number or a word of the result changes
//		Run:      runFigure3,
//	}
//
//	func runFigure3(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
//		prompts := 100_000
//		if s.Quick {
//			prompts = 1000
//		}
//		var rows []accuracyRow // a struct with fields Depth int `column:"depth"` and Accuracy estimate `column:"accuracy"`
//		fresh := Series{Name: "fresh prompts", Kind: Bars}
//		for depth := 1; depth <= 3; depth++ {
//			progress(depth-1, 3) // and ctx goes into everything that takes long
//			e, err := accuracy(ctx, depth, prompts, s.SeedList(5))
//			if err != nil {
//				return nil, err
//			}
//			rows = append(rows, accuracyRow{depth, e})
//			addWithError(&fresh, float64(depth), e)
//		}
//		return &Result{
//			Setup:    fmt.Sprintf("d = 5, n = 10, %d prompts, 5 seeds.", prompts),
//			Verdict:  Differs, Why: "on fresh prompts three layers reach ..., below the Bayes ceiling of ...",
//			Quantity: "accuracy of three layers, three states",
//			Paper:    number(0.98), Ours: number(rows[2].Accuracy.Mean), StandardError: number(rows[2].Accuracy.SE),
//			Tables:   []Table{TableOf("accuracy", "By depth.", rows)},
//			Plots:    []Plot{{Name: "accuracy", Title: "Accuracy by depth", X: Axis{Label: "layers"}, Y: Axis{Label: "accuracy"}, Series: []Series{fresh}}},
//		}, nil
//	}
//
// Its numbers depend on the settings alone: not on the clock, not on the number
// of cores. It checks nothing of its own form: [Run] does, see [Result.Check].
// Text may name symbols as X_xy, w_0, X_{xy}, X^2 or X²; the page sets them.
package paper

import "context"

// Settings say how an item is run. Everything that its numbers depend on is
// here, so that equal Settings give equal Results.
type Settings struct {
	Quick bool   `json:"quick"` // the reduced size that takes seconds
	Seed  uint64 `json:"seed"`  // the first seed
	Seeds int    `json:"seeds"` // how many seeds, where an item averages over seeds; 0 is the item's own number

	// Models are the transformers that fig6 trains, such as "tiny,small,standard";
	// empty is tiny.
	Models string `json:"models,omitempty"`

	// D is the number of input positions of fig6, which the paper does not state; 0 is
	// the item's own.
	D int `json:"d,omitempty"`
}

// Check returns an error if the settings name models that there are none of.
func (s Settings) Check() error {
	_, err := transformers6(s)
	return err
}

// SeedList returns the consecutive seeds over which an item averages whose own
// number of seeds is n.
func (s Settings) SeedList(n int) []uint64 {
	if s.Seeds > 0 {
		n = s.Seeds
	}
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = s.Seed + uint64(i)
	}
	return seeds
}

// Item is one figure or theorem of the paper.
type Item struct {
	ID        string // as `markovicl reproduce` names it
	Title     string
	Source    string // the place in the paper
	Question  string // what is asked, in one sentence
	Statement string // the paper's claim, in its sense
	Revision  int    // raised whenever the item's result changes, so that kept results are redone
	Run       func(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error)
}

// Items returns all items in the order in which they are best read.
func Items() []Item {
	return []Item{
		ontoItem,
		lemma31,
		lemma32,
		theorem33,
		theorem34,
		denseItem,
		theorem35,
		exampleC16,
		heads,
		hardnessItem,
		theorem41,
		convexItem,
		figure2,
		figure3,
		figure4,
		figure5,
		figure6,
		figure7,
		nonlinear,
		figure10,
		depth,
		regression,
		orderItem,
		diversity,
	}
}
