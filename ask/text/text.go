// Package text sets the answers of package ask in words and tables, as the command
// line prints them on a terminal:
//
//	err := text.Write(os.Stdout, question, answer)
//
// Numbers are rounded to be read; programs take the JSON of [ask.Encode]. A file here is
// named after the command whose answers it prints.
package text

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"markovicl/ask"
)

// Write prints the answer to a question, so that it fits where w is a [Screen]. Answers of reproduce, whose text belongs to
// its report, are printed as JSON.
func Write(w io.Writer, q ask.Question, answer ask.Answer) error {
	lines := NewParagraphs(w)
	p := &printer{w: lines}
	var err error
	switch a := answer.(type) {
	case ask.Results[ask.OptimumAnswer]:
		err = printOptimum(p, q.(*ask.Optimum), a)
	case ask.Results[ask.RecoverAnswer]:
		for i := range a {
			printRecovery(p, &a[i])
			if q.(*ask.Recover).Improvable(&a[i]) {
				fmt.Fprintln(p, "next               --level 1 tries a stronger certificate")
			}
		}
	case ask.VerifyAnswer:
		printVerification(p, &a)
	case ask.PointAnswer:
		printPoint(p, &a)
	case ask.ExactPointAnswer:
		printExactPoint(p, &a)
	case ask.LandscapeAnswer:
		err = printLandscape(p, &a)
	case ask.HardnessAnswer:
		err = printHardness(p, &a)
	case ask.RankOneAnswer:
		printRankOne(p, &a)
	case ask.TrainAnswer:
		err = printTraining(p, &a)
	case ask.PromptAnswer:
		err = printPrompt(p, q.(*ask.Prompt), &a)
	case ask.EvaluationAnswer:
		err = printEvaluation(p, &a)
	case ask.PredictionAnswer:
		err = printPrediction(p, &a, q.(*ask.Predict).Query != "")
	case ask.EachAnswer:
		err = printEach(p, &a)
	case ask.TransitionsAnswer:
		err = printTransitions(p, &a)
	case ask.TraceAnswer:
		err = printTrace(p, &a)
	case ask.AttentionAnswer:
		err = printAttention(p, &a)
	case ask.ScoreAnswer:
		err = printScore(p, &a)
	default:
		err = ask.Encode(p, answer)
	}
	if err := errors.Join(p.err, lines.Flush()); err != nil {
		return err
	}
	return err
}

// printer remembers the first error of a writer, so that lines need not be checked
// one by one.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) Write(data []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.w.Write(data)
	p.err = err
	return n, err
}

// table returns a writer that lines up columns separated by tabs; call Flush at
// the end.
func (p *printer) table() *Columns { return NewColumns(p) }

// Width implements Screen.
func (p *printer) Width() int { return widthOf(p.w) }

var fieldName = regexp.MustCompile("`([a-z][a-z0-9-]*)`")

// Flags writes the fields of a question in a message, which are in backquotes, as
// flags of the command line.
func Flags(message string) string { return fieldName.ReplaceAllString(message, "--$1") }

// numbers writes numbers to so many digits, with blanks between.
func numbers(xs []float64, digits int) string {
	words := make([]string, len(xs))
	for i, x := range xs {
		words[i] = fmt.Sprintf("%.*g", digits, x)
	}
	return strings.Join(words, " ")
}

// Wrap breaks a paragraph into lines of at most so many characters, but for words
// that are longer.
func Wrap(paragraph string, width int) string {
	var lines []string
	line, length := "", 0
	for word := range strings.FieldsSeq(paragraph) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width {
			lines = append(lines, line)
			line, length = "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return strings.Join(append(lines, line), "\n")
}
