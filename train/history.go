package train

import (
	"fmt"
	"slices"
	"strings"
)

// Row is what the history keeps of a step.
type Row struct {
	Step int     // from 0
	Loss float64 // before the update, on the step's batch
	Rate float64 // step size; 0 for L-BFGS, which chooses its own
	Norm float64 // of the gradient, before clipping
}

// rowsOfHistory is about how many steps a history keeps.
const rowsOfHistory = 1000

// keeps reports whether the history keeps a step.
func (c Config) keeps(step int) bool {
	every := (c.Steps + rowsOfHistory - 1) / rowsOfHistory
	return step%every == 0 || step == c.Steps-1
}

// historyNumbers returns a history as numbers, four for each row.
func historyNumbers(history []Row) (xs []float64) {
	for _, row := range history {
		xs = append(xs, float64(row.Step), row.Loss, row.Rate, row.Norm)
	}
	return xs
}

// historyOf is the reverse of historyNumbers.
func historyOf(xs []float64) (history []Row) {
	for row := range slices.Chunk(xs, 4) {
		if len(row) == 4 {
			history = append(history, Row{int(row[0]), row[1], row[2], row[3]})
		}
	}
	return history
}

// HistoryCSV returns the histories of several runs as CSV with a header.
func HistoryCSV(results []*Result) []byte {
	var b strings.Builder
	b.WriteString("seed,step,loss,rate,gradient_norm\n")
	for _, r := range results {
		for _, row := range r.History {
			fmt.Fprintf(&b, "%d,%d,%v,%v,%v\n", r.Seed, row.Step, row.Loss, row.Rate, row.Norm)
		}
	}
	return []byte(b.String())
}
