package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"markovicl/store"
)

// stored is a sweep of a database. Its grid, its files and the build that answers it never
// change.
type stored struct {
	*Database
	id        int64
	name      string
	version   string
	questions *Grid
	files     map[string]string // hashes of what questions name
	cancelled *time.Time
}

const storedColumns = "id, name, version, grid, files, cancelled"

func (d *Database) scan(row pgx.Row) (*stored, error) {
	s := &stored{Database: d}
	var grid, files []byte
	if err := row.Scan(&s.id, &s.name, &s.version, &grid, &files, &s.cancelled); err != nil {
		return nil, err
	}
	if err := errors.Join(json.Unmarshal(grid, &s.questions), json.Unmarshal(files, &s.files)); err != nil {
		return nil, fmt.Errorf("the sweep %s is not readable: %w", s.name, err)
	}
	return s, s.questions.Check()
}

// Names returns the names of the sweeps, the oldest first.
func (d *Database) Names(ctx context.Context) ([]string, error) {
	rows, err := d.pool.Query(ctx, "SELECT name FROM markovicl_sweep ORDER BY id")
	if err != nil {
		return nil, d.failed(ctx, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return names, d.failed(ctx, err)
}

// sweep returns the sweep of a name; "" is the only one that there is.
func (d *Database) sweep(ctx context.Context, name string) (*stored, error) {
	names, err := d.Names(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case len(names) == 0:
		return nil, badf("db", "there is no sweep in the database %s", d.name)
	case name == "" && len(names) == 1:
		name = names[0]
	case name == "":
		return nil, badf("name", "there are %d sweeps in the database %s; say which with `name`: %s", len(names), d.name, strings.Join(names, ", "))
	case !slices.Contains(names, name):
		return nil, badf("name", "there is no sweep %q in the database %s; it has %s", name, d.name, strings.Join(names, ", "))
	}
	s, err := d.scan(d.pool.QueryRow(ctx, "SELECT "+storedColumns+" FROM markovicl_sweep WHERE name = $1", name))
	return s, d.failed(ctx, err)
}

// Status returns where a sweep stands.
func (d *Database) Status(ctx context.Context, name string) (*Summary, error) {
	s, err := d.sweep(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.summary(ctx)
}

// Export writes the tables of a sweep, of what is answered so far, to the folder out.
func (d *Database) Export(ctx context.Context, name, out string) (*Summary, error) {
	s, err := d.sweep(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := s.collect(ctx); err != nil {
		return nil, err
	}
	// Both passes over the answers see the same ones.
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, d.pool, options, func(tx pgx.Tx) error {
		if err := writeTables(rack{ctx, s, tx}, out); err != nil {
			return err
		}
		return writeFailures(out, s.questions, func(yield func(i int, e *failureEntry) error) error {
			return s.eachFailure(ctx, tx, 0, yield)
		})
	})
	if err != nil {
		return nil, d.failed(ctx, err)
	}
	summary, err := s.summary(ctx)
	if err == nil {
		summary.Table = resultsTable
	}
	return summary, err
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// rack is a stored sweep in a transaction: the source of its table.
type rack struct {
	ctx context.Context
	*stored
	tx querier
}

func (r rack) grid() *Grid { return r.questions }

func (r rack) records(yield func(record) error) error {
	rows, err := r.tx.Query(r.ctx, "SELECT question, answer FROM markovicl_answer WHERE sweep = $1 AND answer IS NOT NULL ORDER BY question", r.id)
	if err != nil {
		return err
	}
	var i int
	var answer []byte
	_, err = pgx.ForEachRow(rows, []any{&i, &answer}, func() error {
		records, err := recordsOf(r.questions, i, bytes.Clone(answer), r.version)
		if err != nil {
			return err
		}
		for _, record := range records {
			if err := yield(record); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// eachFailure calls do for the failures in the order of the grid; limit 0: for all.
func (s *stored) eachFailure(ctx context.Context, q querier, limit int, do func(i int, e *failureEntry) error) error {
	sql := "SELECT question, failure FROM markovicl_answer WHERE sweep = $1 AND failure IS NOT NULL ORDER BY question"
	if limit > 0 {
		sql += fmt.Sprintf(" LIMIT %d", limit)
	}
	rows, err := q.Query(ctx, sql, s.id)
	if err != nil {
		return err
	}
	var i int
	var text []byte
	_, err = pgx.ForEachRow(rows, []any{&i, &text}, func() error {
		e := &failureEntry{}
		if err := json.Unmarshal(text, e); err != nil {
			return err
		}
		return do(i, e)
	})
	return err
}

// summary counts, and lists the first failures.
func (s *stored) summary(ctx context.Context) (*Summary, error) {
	summary := &Summary{Name: s.name, Questions: s.questions.Len(), Failed: []Failure{}}
	err := s.pool.QueryRow(ctx, "SELECT count(answer), count(failure) FROM markovicl_answer WHERE sweep = $1", s.id).Scan(&summary.Done, &summary.Failures)
	if err == nil {
		err = s.eachFailure(ctx, s.pool, mostFailures, func(i int, e *failureEntry) error {
			summary.Failed = append(summary.Failed, Failure{s.questions.Point(i), e.Kind, e.Message})
			return nil
		})
	}
	return summary, s.failed(ctx, err)
}

// collect makes failures of the jobs that River has given up: those whose workers were
// lost at every attempt. Such a worker could not say so itself.
func (s *stored) collect(ctx context.Context) error {
	const sql = `
INSERT INTO markovicl_answer (sweep, question, failure)
SELECT $1, (args->>'number')::bigint, jsonb_build_object('kind', 'failed', 'message',
	'the job of this question was ' || state || ' after ' || attempt || ' attempts: ' || coalesce(errors[array_upper(errors, 1)]->>'error', 'nobody says why'))
FROM river_job
WHERE kind = $2 AND state IN ('discarded', 'cancelled') AND args @> jsonb_build_object('sweep', $1::bigint)
	AND NOT EXISTS (SELECT FROM markovicl_sweep WHERE id = $1 AND cancelled IS NOT NULL)
ON CONFLICT (sweep, question) DO UPDATE SET failure = excluded.failure, again = false WHERE markovicl_answer.again`
	_, err := s.pool.Exec(ctx, sql, s.id, questionJob{}.Kind())
	return s.failed(ctx, err)
}

// queueOf is the queue of the jobs that a build answers: the bytes of an answer are
// promised for one build, so that no other may take them.
func queueOf(version string) string {
	return "markovicl-" + string(store.KeyOf(nil, version))[:16]
}
