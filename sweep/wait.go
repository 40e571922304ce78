package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"markovicl/ask"
)

// Cancel takes the questions of a sweep that wait out of the queue, and tells workers to
// stop those that run. Adding the sweep again goes on with it.
func (d *Database) Cancel(ctx context.Context, name string) error {
	s, err := d.sweep(ctx, name)
	if err != nil {
		return err
	}
	client, err := river.NewClient(riverpgxv5.New(d.pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return d.failed(ctx, pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE markovicl_sweep SET cancelled = now() WHERE id = $1", s.id); err != nil {
			return err
		}
		const ofSweep = "kind = $2 AND args @> jsonb_build_object('sweep', $1::bigint)"
		_, err := tx.Exec(ctx, "UPDATE river_job SET state = 'cancelled', finalized_at = now() WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND "+ofSweep,
			s.id, questionJob{}.Kind())
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT id FROM river_job WHERE state = 'running' AND "+ofSweep, s.id, questionJob{}.Kind())
		if err != nil {
			return err
		}
		running, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for _, id := range running {
			if _, err := client.JobCancelTx(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	}))
}

// standing is how far a sweep is, at one moment.
type standing struct {
	settled   int // have an answer, or a failure that stays
	failures  int
	cancelled bool
	queued    bool // some question waits or runs
}

func (s *stored) standing(ctx context.Context) (now standing, err error) {
	err = s.pool.QueryRow(ctx, `
SELECT (SELECT count(*) FROM markovicl_answer WHERE sweep = $1 AND NOT again),
	(SELECT count(*) FROM markovicl_answer WHERE sweep = $1 AND failure IS NOT NULL AND NOT again),
	cancelled IS NOT NULL,
	EXISTS (SELECT FROM river_job WHERE queue = $2 AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled') AND args @> jsonb_build_object('sweep', $1::bigint))
FROM markovicl_sweep WHERE id = $1`, s.id, queueOf(s.version)).Scan(&now.settled, &now.failures, &now.cancelled, &now.queued)
	return now, err
}

// Wait returns when every question of a sweep has an answer or has failed. It goes on
// waiting while the database cannot be reached; notify is told so.
func (d *Database) Wait(ctx context.Context, name string, show func(Progress), notify func(string)) error {
	s, err := d.sweep(ctx, name)
	if err != nil {
		return err
	}
	if show == nil {
		show = func(Progress) {}
	}
	start, total, empty := time.Now(), s.questions.Len(), 0
	kept := standing{settled: -1}
	away := absence{notify: notify, name: d.name}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		asked := time.Now()
		now, err := s.standing(ctx)
		switch {
		case ctx.Err() != nil:
			return interrupted(ctx, ctx.Err())
		case away.see(err):
		case err != nil:
			return s.failed(ctx, err)
		case now.cancelled:
			return &ask.Error{Kind: ask.Interrupted, Message: fmt.Sprintf("the sweep %s was cancelled; all finished answers are kept, and the same command goes on", s.name), Err: ErrCancelled}
		default:
			if kept.settled < 0 {
				kept = now
			}
			show(progressSince(start, kept, now, total))
			if now.settled == total {
				return nil
			}
			if now.queued {
				empty = 0
			} else if empty++; empty > 2 {
				return &ask.Error{Kind: ask.Failed, Message: fmt.Sprintf("%d questions of the sweep %s have neither an answer nor a job: somebody has removed jobs; the same command puts them in again", total-now.settled, s.name)}
			} else if err := s.collect(ctx); err != nil && !away.see(err) {
				return err
			}
		}
		select { // counting many answers takes its time; it must not take all
		case <-ctx.Done():
		case <-time.After(max(pause, 20*time.Since(asked))):
		}
	}
}

// progressSince estimates from what was settled since start.
func progressSince(start time.Time, kept, now standing, total int) Progress {
	p := Progress{Questions: total, Kept: kept.settled, Failed: max(0, now.failures-kept.failures), Estimate: now.settled == kept.settled}
	settled := now.settled - kept.settled
	p.Done = settled - p.Failed
	p.Rate = float64(settled) / max(time.Since(start).Seconds(), 1e-9)
	if settled > 0 {
		p.Left = time.Duration(min(1e9, float64(total-now.settled)/p.Rate) * float64(time.Second))
	}
	return p
}

// absence tells once that the database cannot be reached, and once that it is back.
type absence struct {
	notify func(string)
	name   string
	since  time.Time
}

// see reports whether an error says that the database cannot be reached, now.
func (a *absence) see(err error) bool {
	if isAway(err) {
		if a.since.IsZero() && a.notify != nil {
			a.notify(fmt.Sprintf("the database %s cannot be reached; trying again until it can: %v", a.name, err))
		}
		if a.since.IsZero() {
			a.since = time.Now()
		}
		return true
	}
	if err == nil && !a.since.IsZero() {
		if a.notify != nil {
			a.notify(fmt.Sprintf("the database %s is back after %v", a.name, time.Since(a.since).Round(time.Second)))
		}
		a.since = time.Time{}
	}
	return false
}

// isAway reports whether an error is that of a connection, or of a server that stops,
// starts, or has no room, not that of a statement.
func isAway(err error) bool {
	if err == nil || errors.Is(err, pgx.ErrNoRows) || errors.Is(err, rivertype.ErrNotFound) {
		return false
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		class := e.Code[:min(2, len(e.Code))]
		return class == "57" || class == "08" || class == "53"
	}
	if e, ok := errors.AsType[*ask.Error](err); ok {
		return isAway(e.Err)
	}
	return true
}
