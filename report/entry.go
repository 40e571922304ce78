package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"markovicl/ask"
	"markovicl/paper"
)

// Entry is what is reported of one item: a line of the table of verdicts.
type Entry struct {
	ask.ReproducedItem
	Seconds *float64 `json:"-"` // nil where no run has finished

	item   paper.Item
	result *paper.Result // nil unless done
}

// The ways in which an item ends, the Status of its Entry.
const (
	Done        = "done"
	Failed      = "failed"
	Interrupted = "interrupted" // before its end or before its begin
)

func newEntry(item paper.Item, s paper.Settings) Entry {
	return Entry{ReproducedItem: ask.ReproducedItem{
		ID: item.ID, Statement: item.Statement, Command: Command(item.ID, s), Files: []string{},
	}, item: item}
}

// Command is the command that runs an item with the settings.
func Command(id string, s paper.Settings) string {
	command := "markovicl reproduce " + id
	if s.Quick {
		command += " --quick"
	}
	if s.Seed != 1 {
		command += fmt.Sprintf(" --seed %d", s.Seed)
	}
	if s.Seeds != 0 {
		command += fmt.Sprintf(" --seeds %d", s.Seeds)
	}
	if s.D != 0 {
		command += fmt.Sprintf(" --d %d", s.D)
	}
	if s.Models != "" {
		command += " --models " + s.Models
	}
	return command + " --out out"
}

// State is the verdict of an item that is done, and its status otherwise.
func (e *Entry) State() string {
	switch {
	case e.Status != Done:
	case e.Condition != "":
		return e.Verdict + ": " + e.Condition
	default:
		return e.Verdict
	}
	return e.Status
}

// PaperText is the paper's number as a table shows it.
func (e *Entry) PaperText() string { return numberText(e.Paper, nil) }

// ExpectedText is what theory says, as a table shows it.
func (e *Entry) ExpectedText() string { return numberText(e.Expected, nil) }

// OursText is our number with its standard error, as a table shows it.
func (e *Entry) OursText() string { return numberText(e.Ours, e.StandardError) }

// numberText writes a number to as many digits as its standard error has two
// of, or to six digits where it is exact.
func numberText(x, se *float64) string {
	switch {
	case x == nil:
		return "–"
	case (se == nil || *se == 0) && math.Abs(*x) < 1e-12: // mostly the rounding of another number
		return short(*x, 2)
	case se == nil || *se == 0:
		return short(*x, 6)
	}
	decimals := 1 - int(math.Floor(math.Log10(*se)))
	if decimals < 0 || decimals > 8 {
		return short(*x, 6) + " ± " + short(*se, 2)
	}
	rounded := strconv.FormatFloat(*x, 'f', decimals, 64)
	if strings.Trim(rounded, "-0.") == "" {
		rounded = strings.TrimPrefix(rounded, "-") // rounded to 0, which has no sign
	}
	return strings.ReplaceAll(rounded, "-", "−") + " ± " + strconv.FormatFloat(*se, 'f', decimals, 64)
}

// short writes a number to so many digits, and with the sign of minus.
func short(x float64, digits int) string {
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', digits, 64), "-", "−")
}

// Markdown returns the table of verdicts for a text such as the README.
func Markdown(entries []Entry) string {
	var out strings.Builder
	out.WriteString("| item | verdict | quantity | paper | expected | ours |\n|---|---|---|---:|---:|---:|\n")
	cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
	for _, e := range entries {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s |\n", e.ID, e.State(), cell(e.Quantity), e.PaperText(), e.ExpectedText(), e.OursText())
	}
	return out.String()
}
