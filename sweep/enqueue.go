package sweep

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"regexp"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"markovicl/ask"
	"markovicl/internal/each"
)

// questionJob is what a job of River says. A sweep has one job at most for each of its
// questions that waits or runs.
type questionJob struct {
	Sweep    int64           `json:"sweep" river:"unique"`
	Number   int             `json:"number" river:"unique"` // of the question in the grid, from 0
	Name     string          `json:"name"`                  // of the sweep
	Question json.RawMessage `json:"question"`
	Seconds  float64         `json:"seconds"` // estimated
}

// Kind implements river.JobArgs.
func (questionJob) Kind() string { return "markovicl_question" }

// mostAttempts bounds how often a question is asked whose worker is lost, or that has no
// answer in its time.
const mostAttempts = 10

// Enqueue says what is put into a database.
type Enqueue struct {
	Name        string                                   // of the sweep; "": made from the grid, its files and the version
	Open        func(name string) (io.ReadCloser, error) // opens files that questions name; nil refuses them
	Version     string                                   // of what answers; "": Build()
	RetryFailed bool                                     // ask again what has failed
}

var sweepName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
})

// largestFile bounds a file that questions name, which the database keeps for its workers.
const largestFile = 256 << 20

// Add puts the questions of a grid that have no answer into the queue of the database, the
// cheap ones first, and returns the name of the sweep. A sweep that is there already goes
// on, also one that was cancelled; another grid under its name is refused.
func (d *Database) Add(ctx context.Context, g *Grid, e Enqueue) (name string, err error) {
	if err := g.Check(); err != nil {
		return "", err
	}
	if e.Version == "" {
		if e.Version, err = Build(); err != nil {
			return "", err
		}
	}
	view, err := look(ctx, g, e.Open)
	if err != nil {
		return "", interrupted(ctx, err)
	}
	s, err := d.register(ctx, g, e, view.files.of)
	if err != nil {
		return "", err
	}
	if err := s.reopen(ctx, e.RetryFailed); err != nil {
		return "", err
	}
	return s.name, s.insert(ctx, view)
}

// survey is what is known of the questions of a grid before they are asked.
type survey struct {
	cost     []float32
	files    fingerprints
	mu       sync.Mutex
	failures map[int]failureEntry // of those that cannot be asked
}

func look(ctx context.Context, g *Grid, open func(name string) (io.ReadCloser, error)) (*survey, error) {
	s := &survey{cost: make([]float32, g.Len()), files: fingerprints{open: open}, failures: map[int]failureEntry{}}
	return s, each.Do(ctx, g.Len(), each.Settings{}, func(int) func(int) error {
		return func(i int) error {
			q, err := g.Question(i)
			if err != nil {
				return err
			}
			cost, err := ask.CostOf(q, ask.Env{Open: open})
			s.cost[i] = float32(min(cost.Seconds, math.MaxFloat32))
			if err == nil {
				if _, err = s.files.identity(q); err != nil {
					err = &ask.Error{Kind: ask.Input, Message: err.Error(), Err: err}
				}
			}
			if err != nil {
				s.mu.Lock()
				s.failures[i] = entryOf(err)
				s.mu.Unlock()
			}
			return nil
		}
	})
}

// register finds the sweep, or makes it.
func (d *Database) register(ctx context.Context, g *Grid, e Enqueue, hashes map[string]string) (*stored, error) {
	grid, err := json.Marshal(g)
	if err != nil {
		return nil, err
	}
	if hashes == nil {
		hashes = map[string]string{}
	}
	fileList, err := json.Marshal(hashes)
	if err != nil {
		return nil, err
	}
	if e.Name == "" {
		h := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", grid, fileList, e.Version))
		e.Name = fmt.Sprintf("%s-%x", g.Command, h[:4])
	}
	if !sweepName().MatchString(e.Name) {
		return nil, badf("name", "`name` %q: a sweep is named with letters, digits, dots, hyphens and underscores, at most 100", e.Name)
	}
	for name, hash := range hashes {
		if err := d.keepFile(ctx, e.Open, name, hash); err != nil {
			return nil, err
		}
	}
	_, err = d.pool.Exec(ctx, "INSERT INTO markovicl_sweep (name, version, grid, files, questions) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
		e.Name, e.Version, grid, fileList, g.Len())
	if err != nil {
		return nil, d.failed(ctx, err)
	}
	s, err := d.sweep(ctx, e.Name)
	if err != nil {
		return nil, err
	}
	what := ""
	switch {
	case !s.questions.equal(g):
		what = "of another grid"
	case s.version != e.Version:
		what = fmt.Sprintf("of another build (%s; this is %s)", s.version, e.Version)
	case !maps.Equal(s.files, hashes):
		what = "of other contents of the files that it names"
	default:
		return s, nil
	}
	return nil, badf("name", "the sweep %s in the database %s is %s; take another name, or none", e.Name, d.name, what)
}

// keepFile puts a file into the database, from where workers read it.
func (d *Database) keepFile(ctx context.Context, open func(name string) (io.ReadCloser, error), name, hash string) error {
	file, err := open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	switch {
	case err != nil:
		return err
	case len(content) > largestFile:
		return badf("db", "%s is larger than %s, the most that a database keeps for its workers; sweep on a shared folder", name, ask.FormatBytes(largestFile))
	case fmt.Sprintf("%x", sha256.Sum256(content)) != hash:
		return badf("db", "%s has changed while it was read", name)
	}
	_, err = d.pool.Exec(ctx, "INSERT INTO markovicl_file VALUES ($1, $2) ON CONFLICT DO NOTHING", hash, content)
	return d.failed(ctx, err)
}

// reopen takes back a cancellation, and marks what is to be asked again.
func (s *stored) reopen(ctx context.Context, retry bool) error {
	if err := s.collect(ctx); err != nil {
		return err
	}
	return s.failed(ctx, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE markovicl_sweep SET cancelled = NULL WHERE id = $1", s.id); err != nil {
			return err
		}
		// Jobs that were given up have become failures, or are put in anew.
		_, err := tx.Exec(ctx, "DELETE FROM river_job WHERE kind = $2 AND state IN ('discarded', 'cancelled') AND args @> jsonb_build_object('sweep', $1::bigint)", s.id, questionJob{}.Kind())
		if err != nil || !retry {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE markovicl_answer SET again = true WHERE sweep = $1 AND failure IS NOT NULL", s.id)
		return err
	}))
}

// batch is how many jobs are put in together.
const batch = 1000

// insert makes jobs of the questions that have neither an answer nor a job.
func (s *stored) insert(ctx context.Context, view *survey) error {
	cost := view.cost
	settled := make([]bool, len(cost))
	for i, entry := range view.failures {
		text, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		if _, err := s.pool.Exec(ctx, keepSQL, s.id, i, nil, text, 0.0); err != nil {
			return s.failed(ctx, err)
		}
	}
	rows, err := s.pool.Query(ctx, "SELECT question FROM markovicl_answer WHERE sweep = $1 AND NOT again", s.id)
	if err != nil {
		return s.failed(ctx, err)
	}
	var i int
	if _, err := pgx.ForEachRow(rows, []any{&i}, func() error { settled[i] = true; return nil }); err != nil {
		return s.failed(ctx, err)
	}
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	order := make([]int32, 0, len(cost))
	for i := range cost {
		if !settled[i] {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(cost[a], cost[b]) })
	options := river.InsertOpts{Queue: queueOf(s.version), MaxAttempts: mostAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
	for part := range slices.Chunk(order, batch) {
		var jobs []river.InsertManyParams
		for _, i := range part {
			q, err := s.questions.Question(int(i))
			if err != nil {
				return err
			}
			jobs = append(jobs, river.InsertManyParams{InsertOpts: &options, Args: questionJob{
				Sweep: s.id, Number: int(i), Name: s.name, Question: ask.Canonical(q), Seconds: float64(cost[i]),
			}})
		}
		if _, err := client.InsertMany(ctx, jobs); err != nil {
			return s.failed(ctx, err)
		}
	}
	return nil
}
