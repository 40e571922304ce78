package sweep

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"markovicl/ask"
)

// Deal is how a shard is dealt its questions.
func Deal(s Shard, cost []float32) []int32 { return s.deal(cost) }

// RunWith is Run with something else that answers.
func RunWith(ctx context.Context, dir string, g *Grid, s Settings, answer func(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error)) (*Summary, error) {
	a := newAsker(s.Memory)
	a.answer = answer
	return run(ctx, dir, g, s, a)
}

// WorkWith is Work with something else that answers.
func (d *Database) WorkWith(ctx context.Context, s WorkerSettings, answer func(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error)) error {
	a := newAsker(s.Memory)
	a.answer = answer
	return d.work(ctx, s, a)
}

// Exec executes a statement of a test.
func (d *Database) Exec(ctx context.Context, sql string, args ...any) error {
	_, err := d.pool.Exec(ctx, sql, args...)
	return err
}

// Int asks for one whole number.
func (d *Database) Int(ctx context.Context, sql string, args ...any) (n int, err error) {
	err = d.pool.QueryRow(ctx, sql, args...).Scan(&n)
	return n, err
}

// Counts returns how many questions of a sweep have an answer, and how many have failed.
func (d *Database) Counts(ctx context.Context, name string) (done, failed int, err error) {
	s, err := d.Status(ctx, name)
	if err != nil {
		return 0, 0, err
	}
	return s.Done, s.Failures, nil
}

// AnswerTo answers a question.
func AnswerTo(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error) {
	return answerTo(ctx, q, env)
}

// rows are n records of one answer: the source of a table as long as one wishes.
type rows struct {
	g      *Grid
	answer []byte
}

func (r rows) grid() *Grid { return r.g }

func (r rows) records(yield func(record) error) error {
	for i := range r.g.Len() {
		records, err := recordsOf(r.g, i, r.answer, "test")
		if err != nil {
			return err
		}
		for _, record := range records {
			if err := yield(record); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteTables writes the tables of a grid in which all answers are the same.
func WriteTables(g *Grid, answer []byte, out string) error { return writeTables(rows{g, answer}, out) }

// TimeoutOf is the time of a question in an attempt.
func TimeoutOf(timeout time.Duration, attempt int, seconds float64) time.Duration {
	w := &worker{settings: WorkerSettings{Timeout: timeout}}
	return w.Timeout(&river.Job[questionJob]{JobRow: &rivertype.JobRow{Attempt: attempt}, Args: questionJob{Seconds: seconds}})
}

// NextRetryAfter is when a question is asked again whose attempt of this number, which
// ends now, had no answer.
func NextRetryAfter(attempt int) time.Time {
	return new(worker).NextRetry(&river.Job[questionJob]{JobRow: &rivertype.JobRow{Attempt: attempt}})
}
