package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"markovicl/ask"
)

// Answered is the answer to one question of a grid, and the values of the swept flags
// that it is for.
type Answered struct {
	At     []string
	Answer ask.Answer
}

// mostAnswers bounds the grids of Answers: their answers are all in memory.
const mostAnswers = 10_000

// Answers asks a question at all values of some flags, one after the other, and keeps
// nothing in a folder; [Run] is for what takes long. A flag and its values stand
// together as NAME=VALUES, see [ParseValues]. Where a question has no answer, those before
// it are returned with the error. Progress counts questions.
func Answers(ctx context.Context, q ask.Question, over []string, env ask.Env) (axes []Axis, answers []Answered, err error) {
	g := &Grid{Command: q.Command()}
	for _, word := range ask.Given(q) {
		g.Flags = append(g.Flags, Setting{word.Field, word.Words})
	}
	if err := g.sweep(over); err != nil {
		return nil, nil, err
	}
	if g.Len() > mostAnswers {
		return nil, nil, badf("over", "`over` asks %d questions at once, and %d is the most; markovicl sweep keeps what it has in a folder", g.Len(), mostAnswers)
	}
	var questions []ask.Question
	for i := range g.Len() { // all of them before the work on the first
		q, err := g.Question(i)
		if err != nil {
			return nil, nil, err
		}
		questions = append(questions, q)
	}
	inner := env
	inner.Progress, inner.Open = nil, again(env.Open)
	for i, q := range questions {
		if env.Progress != nil {
			env.Progress(ask.Progress{Stage: "questions", Done: int64(i), Total: int64(g.Len())})
		}
		answer, err := ask.Ask(ctx, q, inner)
		if answer != nil {
			answers = append(answers, Answered{g.Point(i), answer})
		}
		if err != nil {
			return g.Over, answers, inRow(err, g.describe(i))
		}
	}
	return g.Over, answers, nil
}

// inRow says which question of the grid an error is about, and keeps its kind.
func inRow(err error, row string) error {
	own, ok := errors.AsType[*ask.Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", row, err)
	}
	return &ask.Error{Kind: own.Kind, Field: own.Field, Message: row + ": " + own.Message, Err: err}
}

// again opens files as open does, and standard input as often as it is named.
func again(open func(name string) (io.ReadCloser, error)) func(name string) (io.ReadCloser, error) {
	if open == nil {
		return nil
	}
	read := sync.OnceValues(func() ([]byte, error) {
		file, err := open("-")
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return io.ReadAll(file)
	})
	return func(name string) (io.ReadCloser, error) {
		if name != "-" {
			return open(name)
		}
		data, err := read()
		return io.NopCloser(bytes.NewReader(data)), err
	}
}
