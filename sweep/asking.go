package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"golang.org/x/sync/semaphore"

	"markovicl/ask"
)

// asker answers questions within a bound of memory for those that are asked together.
type asker struct {
	bound  int64 // bytes
	memory *semaphore.Weighted
	// answer is answerTo but in tests.
	answer func(ctx context.Context, q ask.Question, env ask.Env) (reply []byte, err error)
}

func newAsker(bound int64) *asker {
	if bound == 0 {
		bound = DefaultMemory()
	}
	return &asker{bound: bound, memory: semaphore.NewWeighted(bound), answer: answerTo}
}

// ask answers a question. A question that cannot fit is refused.
func (a *asker) ask(ctx context.Context, q ask.Question, open func(name string) (io.ReadCloser, error)) (reply []byte, seconds float64, err error) {
	env := ask.Env{Open: open}
	cost, err := ask.CostOf(q, env)
	if err != nil {
		return nil, 0, err
	}
	if err := cost.FitsIn(float64(a.bound)); err != nil {
		return nil, 0, err
	}
	bytes := int64(cost.Bytes)
	if err := a.memory.Acquire(ctx, bytes); err != nil {
		return nil, 0, err
	}
	defer a.memory.Release(bytes)
	start := time.Now()
	reply, err = a.answer(ctx, q, env)
	return reply, time.Since(start).Seconds(), err
}

// answerTo returns the bytes that --json prints. A question that panics has failed; the
// others go on.
func answerTo(ctx context.Context, q ask.Question, env ask.Env) (reply []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			reply, err = nil, fmt.Errorf("this question found a bug of the program: %v\n%s", r, debug.Stack())
		}
	}()
	answer, err := ask.Ask(ctx, q, env)
	if err != nil && ask.IsNone(answer) {
		return nil, err
	}
	var b bytes.Buffer
	if failed := ask.Encode(&b, answer); failed != nil {
		return nil, failed
	}
	return b.Bytes(), err
}

// failureEntry is a failure as it is kept.
type failureEntry struct {
	Kind    ask.Kind `json:"kind"`
	Message string   `json:"message"`
}

func entryOf(err error) failureEntry {
	if own, ok := errors.AsType[*ask.Error](err); ok {
		return failureEntry{own.Kind, err.Error()}
	}
	return failureEntry{ask.Failed, err.Error()}
}

// isInterruption reports whether a question has no answer because its context ended.
func isInterruption(ctx context.Context, err error) bool {
	own, ok := errors.AsType[*ask.Error](err)
	return ok && own.Kind == ask.Interrupted || ctx.Err() != nil && err != nil
}
