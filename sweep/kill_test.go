package sweep_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"markovicl/sweep"
)

// The test kills processes of its own binary, which TestMain makes a sweep when the
// environment says so. SWEEP_KILLS=1000 SWEEP_QUESTIONS=2000 is the long form.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SWEEP_TEST_DIR"); dir != "" {
		shard, err := sweep.ParseShard(os.Getenv("SWEEP_TEST_SHARD"), os.Getenv)
		if err == nil {
			s := settings()
			s.Shard = shard
			_, err = sweep.Run(context.Background(), dir, killGrid(), s)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if url := os.Getenv("SWEEP_TEST_DB"); url != "" {
		if err := killedWorker(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given { // most tests that run beside each other wait for a database or a process
		if err := flag.Set("test.parallel", "6"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	stopShared()
	os.Exit(code)
}

func fromEnv(name string, standard int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return standard
}

func killGrid() *sweep.Grid {
	return &sweep.Grid{Command: "optimum", Flags: []sweep.Setting{{Name: "d", Words: []string{"1"}}}, Over: []sweep.Axis{
		{Name: "prior", Values: []string{"uniform", "beta:2,5"}}, {Name: "n", Values: numbers(fromEnv("SWEEP_QUESTIONS", 200) / 2)},
	}}
}

func numbers(n int) []string {
	var values []string
	for i := range n {
		values = append(values, strconv.Itoa(i+1))
	}
	return values
}

// A sweep, and shards of one, killed again and again at random moments, end with the
// table of an undisturbed one.
func TestKills(t *testing.T) {
	t.Parallel()
	undisturbed := t.TempDir()
	mustRun(t, undisturbed, killGrid(), settings())
	random := rand.New(rand.NewPCG(1, 2))
	for _, shards := range []int{1, 3} {
		dir := t.TempDir()
		kills := fromEnv("SWEEP_KILLS", 20) / 2
		// Later and later, so that the first kills hit the beginning and the last the end.
		for killed := 0; killed < kills; {
			i := 1 + random.IntN(shards)
			process := exec.Command(os.Args[0])
			process.Env = append(os.Environ(), "SWEEP_TEST_DIR="+dir, fmt.Sprintf("SWEEP_TEST_SHARD=%d/%d", i, shards))
			var stderr bytes.Buffer
			process.Stderr = &stderr
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- process.Wait() }()
			select {
			case err := <-done:
				if err != nil {
					t.Fatalf("the process failed: %v\n%s", err, &stderr)
				}
				// All is answered: take some answers away, and go on killing.
				forget(t, dir, random)
			case <-time.After(time.Duration(random.IntN(300)) * time.Millisecond):
				if err := process.Process.Kill(); err == nil {
					killed++
				}
				<-done
			}
		}
		for i := range shards {
			s := settings()
			s.Shard = sweep.Shard{Index: i + 1, Count: shards}
			mustRun(t, dir, killGrid(), s)
		}
		for _, name := range []string{"results.csv", "results.parquet", "arrays.npz"} {
			if !bytes.Equal(mustRead(t, filepath.Join(undisturbed, name)), mustRead(t, filepath.Join(dir, name))) {
				t.Errorf("%d shards, %d kills: %s is not that of the undisturbed sweep", shards, kills, name)
			}
		}
		if aside, _ := filepath.Glob(filepath.Join(dir, "answers", "damaged", "*")); len(aside) > 0 {
			t.Errorf("%d shards: kills damaged %d answers", shards, len(aside))
		}
		t.Logf("%d shards: %d kills", shards, kills)
	}
}

// forget removes half of the answers.
func forget(t *testing.T, dir string, random *rand.Rand) {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(dir, "answers", "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if random.IntN(2) == 0 {
			if err := os.Remove(entry); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
	}
}
