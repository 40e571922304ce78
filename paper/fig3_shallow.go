package paper

import (
	"fmt"
	"strings"
)

// reportedShallow is the accuracy that the paper's figure has for one layer and three
// states, beside the words that one layer is close to random guessing.
const reportedShallow = 0.55

// shallow3 is one layer's accuracy in a setting: as close to guessing as the paper
// says if it is nearer to 1/S than to what the most likely state by Bayes reaches, and
// the paper's number if that is within two standard errors.
type shallow3 struct {
	Alpha     string   `column:"alpha"`
	States    int      `column:"states"`
	TrainedOn string   `column:"trained_on"`
	Prompts   string   `column:"prompts"`
	Accuracy  estimate `column:"accuracy"`
	Guess     float64  `column:"guess"`
	Ceiling   float64  `column:"ceiling_mode"`
	Guesses   bool     `column:"close_to_guessing"`
	Reported  *bool    `column:"is_reported"` // three states only
}

// shallowOf judges one accuracy. The paper's number is for three states.
func shallowOf(alpha string, states int, trainedOn, prompts string, accuracy estimate, ceiling float64) shallow3 {
	s := shallow3{Alpha: alpha, States: states, TrainedOn: trainedOn, Prompts: prompts, Accuracy: accuracy, Guess: 1 / float64(states), Ceiling: ceiling}
	s.Guesses = accuracy.Mean < (s.Guess+ceiling)/2
	if states == states3 {
		is := accuracy.Mean-2*accuracy.SE <= reportedShallow && reportedShallow <= accuracy.Mean+2*accuracy.SE
		s.Reported = &is
	}
	return s
}

// shallowTable returns a table of one layer, and in words what comes of the two
// sentences for three states and the paper's prior, the first of the rows.
func shallowTable(rows []shallow3) (Table, string) {
	table := TableOf("one-layer",
		fmt.Sprintf("One layer, against guessing among S states (1/S) and the most likely state by Bayes. close_to_guessing: nearer to 1/S than to the latter. is_reported: the paper's %.2f for three states is within two standard errors.", reportedShallow), rows)
	var words []string
	for _, s := range rows {
		if s.Alpha != rows[0].Alpha || s.Reported == nil {
			continue
		}
		close, reported := "not close to", "not"
		if s.Guesses {
			close = "close to"
		}
		if *s.Reported {
			reported = "within the error"
		}
		words = append(words, fmt.Sprintf("on %s after training on %s %s, %s guessing and %s the paper's %.2f", s.Prompts, s.TrainedOn, withError(s.Accuracy), close, reported, reportedShallow))
	}
	if len(words) == 0 {
		return table, ""
	}
	return table, fmt.Sprintf(". One layer and three states, where guessing gives %.2f: ", 1./states3) + strings.Join(words, "; ")
}
