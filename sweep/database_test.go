//go:build unix

package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"markovicl/ask"
	"markovicl/sweep"
)

func mustAdd(t testing.TB, db *sweep.Database, g *sweep.Grid, e sweep.Enqueue) string {
	t.Helper()
	if e.Open == nil {
		e.Open = openFile
	}
	if e.Version == "" {
		e.Version = "test"
	}
	name, err := db.Add(t.Context(), g, e)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func worker() sweep.WorkerSettings {
	return sweep.WorkerSettings{Concurrency: 2, Version: "test", Drain: true, Timeout: 30 * time.Second}
}

func mustWork(t testing.TB, db *sweep.Database, s sweep.WorkerSettings) {
	t.Helper()
	if err := db.Work(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func mustExport(t testing.TB, db *sweep.Database, name string) (dir string, s *sweep.Summary) {
	t.Helper()
	dir = t.TempDir()
	s, err := db.Export(t.Context(), name, dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

// A database gives the tables of a folder, failures and files among them, and two sweeps
// in it do not mix. Workers share nothing but the database: the files are gone.
func TestDatabase(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	db := mustOpen(t, url)
	dir := t.TempDir()
	kernels := filepath.Join(dir, "kernels.json")
	if err := os.WriteFile(kernels, []byte(`[[["0.5","0.5"],["0.25","0.75"]]]`), 0o666); err != nil {
		t.Fatal(err)
	}
	first := mustGrid(t, fmt.Sprintf("command: optimum\nflags: {n: 5}\nover:\n  prior: [uniform, 'kernels:%s']\n  d: [1, 0, 2]\n", kernels))
	second := mustGrid(t, small)
	folders := map[string]string{}
	for name, g := range map[string]*sweep.Grid{"one": first, "two": second} {
		folders[name] = filepath.Join(dir, name)
		mustRun(t, folders[name], g, settings())
	}
	mustAdd(t, db, first, sweep.Enqueue{Name: "one"})
	mustAdd(t, db, second, sweep.Enqueue{Name: "two"})
	if err := os.Remove(kernels); err != nil {
		t.Fatal(err)
	}
	_, err := db.Status(t.Context(), "")
	wants(t, err, "2 sweeps", "one, two", "name")
	before, err := db.Status(t.Context(), "two")
	if err != nil || before.Questions != 6 || before.Done != 0 || before.Failures != 0 {
		t.Errorf("before any worker: %+v, %v", before, err)
	}
	// Two workers of one build; one of another has nothing to do, and says so.
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if err := mustOpen(t, url).Work(t.Context(), worker()); err != nil {
				t.Error(err)
			}
		})
	}
	other, said := worker(), ""
	other.Version = "another"
	other.Notify = func(text string) { said = text }
	mustWork(t, db, other)
	wants(t, errors.New(said), `"one"`, `"two"`, "another build")
	wait.Wait()
	for name, folder := range folders {
		got, s := mustExport(t, db, name)
		sameTables(t, name, folder, got)
		if s.Questions != 6 || s.Name != name || s.Table == "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if done, failed, _ := db.Counts(t.Context(), "one"); failed == 0 || done+failed != 6 {
		t.Errorf("of the first %d are done, %d have failed", done, failed)
	}
	// The same sweep asks nothing again; another grid is refused under its name.
	asked := 0
	mustAdd(t, db, second, sweep.Enqueue{Name: "two"})
	again := worker()
	again.Progress = func(done, failed int) { asked = done + failed }
	mustWork(t, db, again)
	if asked != 0 {
		t.Errorf("%d questions were asked again", asked)
	}
	_, err = db.Add(t.Context(), second, sweep.Enqueue{Name: "one", Version: "test", Open: openFile})
	wants(t, err, "one", "another grid", "another name")
	_, err = db.Add(t.Context(), second, sweep.Enqueue{Name: "two", Version: "newer"})
	wants(t, err, "another build")
	_, err = db.Status(t.Context(), "three")
	wants(t, err, `no sweep "three"`, "one, two")
	// What has failed is asked again on request only.
	mustAdd(t, db, second, sweep.Enqueue{Name: "two", RetryFailed: true})
	mustWork(t, db, again)
	if asked != 0 {
		t.Errorf("%d questions of a sweep without failures were asked again", asked)
	}
}

// Without a name a sweep has one of its own by its grid and build.
func TestNamesOfSweeps(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, newDatabase(t))
	g := mustGrid(t, small)
	a := mustAdd(t, db, g, sweep.Enqueue{})
	if b := mustAdd(t, db, g, sweep.Enqueue{}); a != b || !strings.HasPrefix(a, "optimum-") {
		t.Errorf("the same sweep is %s and %s", a, b)
	}
	if b := mustAdd(t, db, g, sweep.Enqueue{Version: "next"}); a == b {
		t.Errorf("two builds have a sweep %s", a)
	}
	if n, err := db.Int(t.Context(), "SELECT count(*) FROM river_job"); n != 12 || err != nil {
		t.Errorf("%d jobs, %v: adding a sweep again doubles them", n, err)
	}
	_, err := db.Add(t.Context(), g, sweep.Enqueue{Name: "a/b"})
	wants(t, err, "letters")
}

func TestCancelInDatabase(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, newDatabase(t))
	g := mustGrid(t, "command: optimum\nover: {d: [1], n: 1..300}")
	name := mustAdd(t, db, g, sweep.Enqueue{})
	held := make(chan struct{})
	var once sync.Once
	ended := make(chan error, 1)
	working, stop := context.WithCancel(t.Context())
	go func() { // a worker whose questions never end by themselves
		s := worker()
		s.Drain = false
		ended <- db.WorkWith(working, s, func(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error) {
			once.Do(func() { close(held) })
			<-ctx.Done()
			return nil, ctx.Err()
		})
	}()
	<-held
	if err := db.Cancel(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	err := db.Wait(t.Context(), name, nil, nil)
	wants(t, err, "cancelled", "kept")
	for range 600 {
		if n, err := db.Int(t.Context(), "SELECT count(*) FROM river_job WHERE state <> 'cancelled'"); err != nil || n == 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	if err := <-ended; err == nil {
		t.Error("the worker ended without an error")
	}
	if s, err := db.Status(t.Context(), name); err != nil || s.Done != 0 || s.Failures != 0 {
		t.Errorf("cancelled: %+v, %v", s, err)
	}
	mustAdd(t, db, g, sweep.Enqueue{})
	mustWork(t, db, worker())
	if err := db.Wait(t.Context(), name, nil, nil); err != nil {
		t.Error(err)
	}
	if s, err := db.Status(t.Context(), name); err != nil || s.Done != 300 {
		t.Errorf("after going on: %+v, %v", s, err)
	}
}

// A worker that is told to end gives its questions back at once, without a failed attempt.
func TestStopWorker(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, newDatabase(t))
	name := mustAdd(t, db, mustGrid(t, small), sweep.Enqueue{})
	working, stop := context.WithCancel(t.Context())
	err := db.WorkWith(working, worker(), func(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error) {
		stop()
		<-ctx.Done()
		return nil, ctx.Err()
	})
	own, ok := errors.AsType[*ask.Error](err)
	if !ok || own.Kind != ask.Interrupted {
		t.Errorf("the worker ended with %v", err)
	}
	if n, err := db.Int(t.Context(), "SELECT count(*) FROM river_job WHERE state = 'available' AND coalesce(array_length(errors, 1), 0) = 0"); n != 6 || err != nil {
		t.Errorf("%d jobs wait, %v", n, err)
	}
	mustWork(t, db, worker())
	if s, err := db.Status(t.Context(), name); err != nil || s.Done != 6 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A question without an answer in its time is asked again later; the failure of its first
// attempt is no failure of the sweep.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, newDatabase(t))
	name := mustAdd(t, db, mustGrid(t, "command: optimum\nover: {d: [1]}"), sweep.Enqueue{})
	s := worker()
	s.Timeout = 300 * time.Millisecond
	var end time.Time
	attempts := 0
	err := db.WorkWith(t.Context(), s, func(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error) {
		if attempts++; attempts == 1 {
			<-ctx.Done()
			end = time.Now()
			return nil, &ask.Error{Kind: ask.Interrupted, Message: "interrupted"}
		}
		if pause := time.Since(end); pause < 2*time.Second {
			t.Errorf("attempt %d began %v after the end of the first", attempts, pause)
		}
		return []byte("{\"loss\":1}\n"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := db.Status(t.Context(), name); err != nil || s.Done != 1 || s.Failures != 0 || attempts != 2 {
		t.Errorf("%+v after %d attempts, %v", s, attempts, err)
	}
}

// The pause behind an attempt without an answer doubles from one to the next, up to ten
// minutes.
func TestPauseAfter(t *testing.T) {
	for attempt, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 9: 512 * time.Second, 10: 10 * time.Minute, 100: 10 * time.Minute} {
		before := time.Now()
		next := sweep.NextRetryAfter(attempt)
		if next.Before(before.Add(want)) || next.After(time.Now().Add(want)) {
			t.Errorf("after attempt %d the next is at %v, %v behind it; want %v", attempt, next, next.Sub(before), want)
		}
	}
}

// The time of a question goes by its estimate, and doubles from attempt to attempt.
func TestTimeoutOf(t *testing.T) {
	for _, c := range []struct {
		attempt int
		seconds float64
		want    time.Duration
	}{{1, 0, time.Minute}, {1, 3, 6 * time.Minute}, {2, 0, 2 * time.Minute}, {4, 3, 48 * time.Minute}, {1, 1e300, 1e9 * time.Second}} {
		if got := sweep.TimeoutOf(time.Minute, c.attempt, c.seconds); got != c.want {
			t.Errorf("attempt %d of %v s has %v, want %v", c.attempt, c.seconds, got, c.want)
		}
	}
}

// A question whose worker is lost at every attempt is a failure that says so.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, newDatabase(t))
	g := mustGrid(t, "command: optimum\nover: {d: [1, 2]}")
	name := mustAdd(t, db, g, sweep.Enqueue{})
	err := db.Exec(t.Context(), `UPDATE river_job SET state = 'discarded', finalized_at = now(), attempt = max_attempts,
		errors = ARRAY['{"error": "Stuck job rescued by JobRescuer"}'::jsonb] WHERE args->>'number' = '1'`)
	if err != nil {
		t.Fatal(err)
	}
	mustWork(t, db, worker())
	if err := db.Wait(t.Context(), name, nil, nil); err != nil {
		t.Fatal(err)
	}
	_, s := mustExport(t, db, name)
	if s.Done != 1 || s.Failures != 1 || s.Failed[0].Point[0] != "2" {
		t.Fatalf("%+v", s)
	}
	wants(t, errors.New(s.Failed[0].Message), "discarded after 10 attempts", "Stuck job")
	mustAdd(t, db, g, sweep.Enqueue{RetryFailed: true})
	mustWork(t, db, worker())
	if s, err := db.Status(t.Context(), name); err != nil || s.Done != 2 || s.Failures != 0 {
		t.Errorf("asked again: %+v, %v", s, err)
	}
	// Jobs that somebody removes are missed.
	name = mustAdd(t, db, mustGrid(t, small), sweep.Enqueue{})
	if err := db.Exec(t.Context(), "DELETE FROM river_job WHERE state = 'available'"); err != nil {
		t.Fatal(err)
	}
	wants(t, db.Wait(t.Context(), name, nil, nil), "6 questions", "neither an answer nor a job")
}

func TestDatabaseErrors(t *testing.T) {
	t.Parallel()
	_, err := sweep.OpenDatabase(t.Context(), "postgres://nobody:secret@127.0.0.1:1/nothing")
	wants(t, err, "nothing on 127.0.0.1:1", "cannot be reached")
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the password: %v", err)
	}
	_, err = sweep.OpenDatabase(t.Context(), "postgres://a:secret@[:x/y")
	wants(t, err, "postgres://USER@HOST/DATABASE")
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the password: %v", err)
	}
	url := newDatabase(t)
	db := mustOpen(t, url)
	_, err = db.Status(t.Context(), "")
	wants(t, err, "no sweep")
	for sql, words := range map[string][]string{
		"INSERT INTO river_migration (line, version) VALUES ('main', 99)": {"River", "version 99", "another database"},
		"UPDATE markovicl_format SET format = 7":                          {"markovicl", "version 7", "this program knows version 1"},
	} {
		if err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		_, err = sweep.OpenDatabase(t.Context(), url)
		wants(t, err, words...)
		if err := db.Exec(t.Context(), "DELETE FROM river_migration WHERE version = 99"); err != nil {
			t.Fatal(err)
		}
	}
}

// Those who open an empty database at the same time do not make its tables twice.
func TestOpenTogether(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			db, err := sweep.OpenDatabase(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	wait.Wait()
}
