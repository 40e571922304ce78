// Package paper re-does the numerical claims of Ding et al., "Optimality and
// NP-Hardness of Transformers in Learning Markovian Dynamical Functions"
// (NeurIPS 2025, arXiv 2510.18638), one [Item] for each figure or theorem.
//
// An item turns [Settings] into a [Result]: tables, plots as data, and a
// verdict on the claim. This package never draws and never writes files.
//
// Where to read what:
//
//   - result.go: Result, Table, Plot, Verdict
//   - run.go: running several items
//   - layers.go: a trace through the layers of a model as table and plots
//   - the other files: one item each, named after it
package paper

import "context"

// Settings say how an item is run. Everything that its numbers depend on is
// here, so that equal Settings give equal Results.
type Settings struct {
	Quick bool   // the reduced size that takes seconds
	Seed  uint64 // the first seed
	Seeds int    // how many seeds, where an item averages over seeds; 0 is the item's own number
}

// Item is one figure or theorem of the paper.
type Item struct {
	ID       string // as `markovicl reproduce` names it
	Title    string
	Source   string // the place in the paper
	Question string // what is asked, in one sentence
	Claim    string // the paper's claim, in its sense
	Revision int    // raised whenever the item's numbers change, so that kept results are redone
	Run      func(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error)
}

// Items returns all items in the order in which they are best read.
func Items() []Item {
	return []Item{lemma31, lemma32, theorem33, theorem34, theorem35, heads, hardnessItem, figure2, figure10}
}
