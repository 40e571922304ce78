//go:build unix

package sweep_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"markovicl/ask"
	"markovicl/sweep"
)

// PostgreSQL is stopped in the middle, while answers are being found, and started again:
// the workers and the one who waits go on by themselves, and no answer is asked for twice.
// SWEEP_OUTAGE=60s is the long form.
func TestOutage(t *testing.T) {
	t.Parallel()
	outage, err := time.ParseDuration(os.Getenv("SWEEP_OUTAGE"))
	if err != nil {
		outage = 3 * time.Second
	}
	s := newServer(t)
	defer os.RemoveAll(s.dir)
	url := s.database(t, "outage")
	g := mustGrid(t, "command: optimum\nflags: {d: 1}\nover:\n  n: 1..150\n")
	undisturbed := t.TempDir()
	mustRun(t, undisturbed, g, settings())
	db := mustOpen(t, url)
	name := mustAdd(t, db, g, sweep.Enqueue{})
	var mu sync.Mutex
	asked, told := map[string]int{}, []string{}
	half, once := make(chan struct{}), sync.Once{}
	answer := func(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error) {
		mu.Lock()
		asked[string(ask.Canonical(q))]++
		now := len(asked)
		mu.Unlock()
		if now == 75 {
			once.Do(func() { close(half) })
			time.Sleep(outage / 2) // its answer comes when there is no database
		}
		return sweep.AnswerTo(ctx, q, env)
	}
	tell := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, text)
	}
	var wait sync.WaitGroup
	for range 2 {
		own, w := mustOpen(t, url), worker()
		w.Timeout, w.Notify = 10*time.Minute, tell // so that no job is rescued
		wait.Go(func() {
			if err := own.WorkWith(t.Context(), w, answer); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Go(func() {
		if err := db.Wait(t.Context(), name, nil, tell); err != nil {
			t.Error(err)
		}
	})
	<-half
	s.stop()
	time.Sleep(outage)
	s.start(t)
	wait.Wait()
	got, summary := mustExport(t, db, name)
	sameTables(t, "after the outage", undisturbed, got)
	if summary.Done != 150 || summary.Failures != 0 {
		t.Errorf("%+v", summary)
	}
	for q, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked %d times", q, n)
		}
	}
	if all := strings.Join(told, "\n"); !strings.Contains(all, "cannot be reached; trying again") || !strings.Contains(all, "is back") {
		t.Errorf("told: %s", all)
	}
	db.Close()
	s.stop()
}

// killedWorker is what TestMain makes of the process when the environment says so.
func killedWorker(url string) error {
	db, err := sweep.OpenDatabase(context.Background(), url)
	if err != nil {
		return err
	}
	defer db.Close()
	if name := os.Getenv("SWEEP_TEST_ADD"); name != "" {
		_, err := db.Add(context.Background(), killGrid(), sweep.Enqueue{Name: name, Version: "test", Open: openFile})
		return err
	}
	s := worker()
	s.Timeout = 2 * time.Second // a job whose worker was lost is asked again after this
	return db.Work(context.Background(), s)
}

// Workers, and the one that puts the questions in, are killed again and again at random
// moments; the last worker is left alone. The table is the undisturbed one, and every
// answer was committed once. SWEEP_KILLS and SWEEP_QUESTIONS make it long; in the short form
// the time that lost jobs wait for is taken from them.
func TestKillsInDatabase(t *testing.T) {
	t.Parallel()
	url := newDatabase(t)
	undisturbed := t.TempDir()
	mustRun(t, undisturbed, killGrid(), settings())
	db := mustOpen(t, url)
	noteCommits(t, db)
	kills := 0
	for kill := 50 * time.Millisecond; startWorker(url, "kills").killedAfter(t, kill); kill = kill * 3 / 2 {
		kills++
	}
	// Beside those that are killed soon there is one that lives long enough to rescue jobs.
	goal := fromEnv("SWEEP_KILLS", 20)
	var wait sync.WaitGroup
	var mu sync.Mutex
	ended := time.Now().Add(5*time.Minute + time.Duration(goal)*3*time.Second)
	enough := func(n int) bool {
		mu.Lock()
		defer mu.Unlock()
		kills += n
		return kills >= goal
	}
	for w := range 3 {
		random := rand.New(rand.NewPCG(5, uint64(w)))
		wait.Go(func() {
			for !enough(0) && time.Now().Before(ended) {
				process := startWorker(url, "")
				life := time.Duration(200+random.IntN(1300)) * time.Millisecond
				if w == 0 && goal > 100 {
					life = 40 * time.Second
				}
				if process.killedAfter(t, life) {
					enough(1)
					continue
				}
				if t.Failed() {
					return
				}
				if err := forgetRows(t, db, random); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				startWorker(url, "kills").killedAfter(t, time.Hour)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	before, err := db.Int(t.Context(), "SELECT count(*) FROM commits")
	if err != nil {
		t.Fatal(err)
	}
	startWorker(url, "kills").killedAfter(t, time.Hour)
	short := goal <= 100
	if short {
		ageLostJobs(t, db)
	}
	last := startWorker(url, "")
	if short {
		wait.Go(func() { last.retrySoon(t, db) })
	}
	last.killedAfter(t, time.Hour)
	wait.Wait()
	got, summary := mustExport(t, db, "kills")
	sameTables(t, fmt.Sprintf("%d kills", kills), undisturbed, got)
	if summary.Failures != 0 || summary.Done != killGrid().Len() {
		t.Errorf("%+v", summary)
	}
	if n, err := db.Int(t.Context(), "SELECT count(*) FROM (SELECT FROM commits GROUP BY sweep, question HAVING count(*) > 1) twice"); n != 0 || err != nil {
		t.Errorf("%d answers were committed twice, %v", n, err)
	}
	t.Logf("%d kills, %d answers, of which %d came before the last worker", kills, summary.Done, before)
}

// workerProcess is a process of its own, which killedWorker runs.
type workerProcess struct {
	*exec.Cmd
	stderr bytes.Buffer
	done   chan error
	over   chan struct{} // closed at the end
}

// startWorker starts a worker, or one that puts the sweep of the given name in.
func startWorker(url, add string) *workerProcess {
	p := &workerProcess{Cmd: exec.Command(os.Args[0]), done: make(chan error, 1), over: make(chan struct{})}
	p.Env = append(os.Environ(), "SWEEP_TEST_DB="+url)
	if add != "" {
		p.Env = append(p.Env, "SWEEP_TEST_ADD="+add)
	}
	p.Stderr = &p.stderr
	if err := p.Start(); err != nil {
		p.done <- err
		close(p.over)
	} else {
		go func() {
			p.done <- p.Wait()
			close(p.over)
		}()
	}
	return p
}

// killedAfter waits for a process to end by itself, as it should without an error, and
// kills it after a time; it reports whether it did.
func (p *workerProcess) killedAfter(t *testing.T, life time.Duration) bool {
	t.Helper()
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("a process that nobody killed: %v\n%s", err, &p.stderr)
		}
		return false
	case <-time.After(life):
		killed := p.Process.Kill() == nil
		<-p.done
		return killed
	}
}

// ageLostJobs makes the jobs of workers that were killed half an hour older, while none
// lives, and ends the leadership that one of them may have had: the next one rescues them at once.
func ageLostJobs(t *testing.T, db *sweep.Database) {
	t.Helper()
	for _, sql := range []string{"UPDATE river_job SET attempted_at = attempted_at - interval '30 minutes' WHERE state = 'running'", "DELETE FROM river_leader"} {
		if err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// retrySoon takes the pause from jobs that are to be asked again, until the process ends.
func (p *workerProcess) retrySoon(t *testing.T, db *sweep.Database) {
	for {
		if err := db.Exec(t.Context(), "UPDATE river_job SET scheduled_at = now() WHERE state = 'retryable'"); err != nil {
			t.Error(err)
			return
		}
		select {
		case <-p.over:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// noteCommits lets the database itself note every commit of an answer.
func noteCommits(t *testing.T, db *sweep.Database) {
	t.Helper()
	err := db.Exec(t.Context(), `CREATE TABLE commits (sweep bigint, question bigint);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO commits VALUES (new.sweep, new.question); RETURN NULL; END $$;
		CREATE TRIGGER note AFTER INSERT OR UPDATE ON markovicl_answer FOR EACH ROW EXECUTE FUNCTION note()`)
	if err != nil {
		t.Fatal(err)
	}
}

// forgetRows takes some answers away, and the note of their commits.
func forgetRows(t *testing.T, db *sweep.Database, random *rand.Rand) error {
	return db.Exec(t.Context(), "WITH gone AS (DELETE FROM markovicl_answer WHERE question % 2 = $1 RETURNING sweep, question) DELETE FROM commits USING gone WHERE commits.sweep = gone.sweep AND commits.question = gone.question", random.IntN(2))
}
