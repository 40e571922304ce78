package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"markovicl/ask"
)

// WorkerSettings of Work; the zero value asks one question for each processor until its
// context ends.
type WorkerSettings struct {
	Concurrency int    // questions at the same time; 0: one for each processor
	Memory      int64  // bytes that they may need together, by estimate; 0: DefaultMemory()
	Version     string // of what answers; "": Build()
	// Timeout is the time that a question has, beside a hundred times its estimate, at the
	// first attempt; each further one has twice the time of the last. A job whose worker was
	// lost is asked again after the same time. 0: 10 minutes.
	Timeout  time.Duration
	Drain    bool                   // end as soon as no question waits or runs
	Notify   func(string)           // what happens to the database
	Progress func(done, failed int) // of this worker
}

// Work asks the questions that wait in the queue of the database, of every sweep of this
// build. When its context ends, the questions that run are given back. While the database
// cannot be reached it waits, and keeps the answers that it could not write.
func (d *Database) Work(ctx context.Context, s WorkerSettings) error {
	return d.work(ctx, s, newAsker(s.Memory))
}

func (d *Database) work(ctx context.Context, s WorkerSettings, a *asker) (err error) {
	if s.Version == "" {
		if s.Version, err = Build(); err != nil {
			return err
		}
	}
	if s.Timeout == 0 {
		s.Timeout = 10 * time.Minute
	}
	if s.Concurrency <= 0 {
		s.Concurrency = runtime.GOMAXPROCS(0)
	}
	if err := d.others(ctx, s); err != nil {
		return err
	}
	w := &worker{d: d, settings: s, asker: a, stop: make(chan struct{}), files: map[string][]byte{}}
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	client, err := river.NewClient(riverpgxv5.New(d.pool), &river.Config{
		Logger:               slog.New(slog.DiscardHandler), // what matters is told by Notify
		Queues:               map[string]river.QueueConfig{queueOf(s.Version): {MaxWorkers: s.Concurrency}},
		Workers:              workers,
		FetchCooldown:        time.Millisecond,
		FetchPollInterval:    500 * time.Millisecond,
		JobTimeout:           s.Timeout,
		RescueStuckJobsAfter: s.Timeout,
	})
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return d.failed(ctx, err)
	}
	failed := w.watch(ctx)
	close(w.stop)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := client.StopAndCancel(stopping); err != nil && failed == nil {
		return fmt.Errorf("the questions that run did not end: %w", err)
	}
	return failed
}

// others tells of sweeps that this build cannot answer.
func (d *Database) others(ctx context.Context, s WorkerSettings) error {
	rows, err := d.pool.Query(ctx, "SELECT name FROM markovicl_sweep WHERE version <> $1 AND cancelled IS NULL ORDER BY id", s.Version)
	if err != nil {
		return d.failed(ctx, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(names) > 0 && s.Notify != nil {
		s.Notify(fmt.Sprintf("this worker leaves the sweeps %q alone: they are of another build than %s", names, s.Version))
	}
	return d.failed(ctx, err)
}

// watch looks after the database until the work is to end.
func (w *worker) watch(ctx context.Context) error {
	away := absence{notify: w.settings.Notify, name: w.d.name}
	for {
		var waits bool
		err := w.d.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM river_job WHERE queue = $1
	AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))`, queueOf(w.settings.Version)).Scan(&waits)
		switch {
		case ctx.Err() != nil:
			return interrupted(ctx, ctx.Err())
		case !away.see(err) && err != nil:
			return w.d.failed(ctx, err)
		case err == nil && w.settings.Drain && !waits:
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// worker answers jobs of River.
type worker struct {
	river.WorkerDefaults[questionJob]
	d        *Database
	settings WorkerSettings
	asker    *asker
	stop     chan struct{} // closed when the work is to end
	done     atomic.Int64
	failures atomic.Int64

	mu    sync.Mutex
	files map[string][]byte // by hash
	bytes int
}

// Timeout implements river.Worker. River's rescue of lost jobs goes by the age of the
// attempt and by this.
func (w *worker) Timeout(job *river.Job[questionJob]) time.Duration {
	seconds := w.settings.Timeout.Seconds() + 100*job.Args.Seconds
	for range min(job.Attempt, mostAttempts) - 1 {
		seconds *= 2
	}
	return time.Duration(min(seconds, 1e9) * float64(time.Second))
}

// NextRetry implements river.Worker: after 2 s, 4 s, and so on up to ten minutes.
func (w *worker) NextRetry(job *river.Job[questionJob]) time.Time {
	return time.Now().Add(min(time.Second<<min(job.Attempt, 20), 10*time.Minute))
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[questionJob]) error {
	if job.Attempt > 1 { // the last worker may have been lost after its commit, or be slow
		var settled bool
		const sql = "SELECT EXISTS (SELECT FROM markovicl_answer WHERE sweep = $1 AND question = $2 AND failure IS NULL)"
		if err := w.d.pool.QueryRow(ctx, sql, job.Args.Sweep, job.Args.Number).Scan(&settled); err != nil || settled {
			return err
		}
	}
	var reply []byte
	var seconds float64
	q, err := ask.Parse(job.Args.Question)
	if err == nil {
		reply, seconds, err = w.asker.ask(ctx, q, w.open(ctx, job.Args.Sweep))
	}
	switch {
	case isLost(err) && !w.ends():
		return err
	case !isInterruption(ctx, err):
	case w.ends():
		return river.JobSnooze(0) // given back
	case !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return err // its sweep was cancelled
	default:
		err = fmt.Errorf("no answer within %v, a hundred times the estimate; %d attempts with more and more time were made", w.Timeout(job).Round(time.Second), job.Attempt)
		if job.Attempt < job.MaxAttempts {
			return err
		}
	}
	return w.keep(ctx, job, reply, err, seconds)
}

func (w *worker) ends() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

// keep writes what comes of a question in the transaction that completes its job. It
// tries again while the database cannot be reached: the answer may have been dear.
func (w *worker) keep(ctx context.Context, job *river.Job[questionJob], reply []byte, failure error, seconds float64) error {
	var entry []byte
	if failure != nil {
		var err error
		if entry, err = json.Marshal(entryOf(failure)); err != nil {
			return err
		}
	}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		err := pgx.BeginFunc(once, w.d.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(once, keepSQL, job.Args.Sweep, job.Args.Number, reply, entry, seconds); err != nil {
				return err
			}
			_, err := river.JobCompleteTx[*riverpgxv5.Driver](once, tx, job)
			return err
		})
		cancel()
		if err == nil {
			w.count(failure)
			return nil
		}
		if !isAway(err) {
			return err
		}
		select {
		case <-w.stop:
			return river.JobSnooze(0)
		case <-time.After(pause):
		}
	}
}

// keepSQL keeps an answer once: another one of the same question changes nothing, unless
// the first has failed.
const keepSQL = `
INSERT INTO markovicl_answer (sweep, question, answer, failure, seconds) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (sweep, question) DO UPDATE
SET answer = coalesce(excluded.answer, markovicl_answer.answer), failure = excluded.failure, seconds = excluded.seconds, again = false
WHERE markovicl_answer.failure IS NOT NULL`

func (w *worker) count(failure error) {
	if failure == nil {
		w.done.Add(1)
	} else {
		w.failures.Add(1)
	}
	if w.settings.Progress != nil {
		w.settings.Progress(int(w.done.Load()), int(w.failures.Load()))
	}
}

// A lostFileError says that a file could not be had from the database, which is no
// failure of its question.
type lostFileError struct{ error }

func isLost(err error) bool {
	_, ok := errors.AsType[lostFileError](err)
	return ok
}

// mostFileBytes bounds the files of questions that a worker keeps at hand.
const mostFileBytes = 2 * largestFile

// open opens files of a sweep, as they were when it began.
func (w *worker) open(ctx context.Context, sweep int64) func(name string) (io.ReadCloser, error) {
	return func(name string) (io.ReadCloser, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		var hash *string
		err := w.d.pool.QueryRow(ctx, "SELECT files->>$2 FROM markovicl_sweep WHERE id = $1", sweep, name).Scan(&hash)
		if err != nil {
			return nil, lostFileError{w.d.failed(ctx, err)}
		}
		if hash == nil {
			return nil, fmt.Errorf("%s: the sweep has no such file", name)
		}
		content, ok := w.files[*hash]
		if !ok {
			if err := w.d.pool.QueryRow(ctx, "SELECT content FROM markovicl_file WHERE hash = $1", *hash).Scan(&content); err != nil {
				return nil, lostFileError{w.d.failed(ctx, err)}
			}
			if w.bytes+len(content) > mostFileBytes {
				clear(w.files)
				w.bytes = 0
			}
			w.files[*hash] = content
			w.bytes += len(content)
		}
		return io.NopCloser(bytes.NewReader(content)), nil
	}
}
