package sweep_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"markovicl/ask"
	"markovicl/internal/npz"
	"markovicl/sweep"

	"github.com/parquet-go/parquet-go"
)

func mustGrid(t testing.TB, yaml string) *sweep.Grid {
	t.Helper()
	g, err := sweep.ParseGrid([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const small = "command: optimum\nflags: {prior: \"beta:2,5\"}\nover:\n  d: [2, 1]\n  n: [1, 10, inf]\n"

func openFile(name string) (io.ReadCloser, error) { return os.Open(name) }

func settings() sweep.Settings { return sweep.Settings{Open: openFile, Version: "test"} }

func mustRun(t testing.TB, dir string, g *sweep.Grid, s sweep.Settings) *sweep.Summary {
	t.Helper()
	summary, err := sweep.Run(context.Background(), dir, g, s)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func table(t *testing.T, path string) (rows []map[string]string, head []string) {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(mustRead(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for k, name := range lines[0] {
			row[name] = line[k]
		}
		rows = append(rows, row)
	}
	return rows, lines[0]
}

// Every number of the table is that of the answer to the question asked alone.
func TestTableIsTheAnswers(t *testing.T) {
	dir := t.TempDir()
	s := mustRun(t, dir, mustGrid(t, small), settings())
	if s.Questions != 6 || s.Done != 6 || s.Failures != 0 || s.Table != "results.csv" {
		t.Fatalf("summary %+v", s)
	}
	rows, head := table(t, filepath.Join(dir, "results.csv"))
	if len(rows) != 6 || head[0] != "d" || head[1] != "n" {
		t.Fatalf("%d rows, head %v", len(rows), head)
	}
	arrays, err := npz.Open(filepath.Join(dir, "arrays.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer arrays.Close()
	x, err := arrays.Read("x", -1)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for i, d := range []int{2, 1} {
		for k, n := range []string{"1", "10", "inf"} {
			row := rows[3*i+k]
			if row["d"] != fmt.Sprint(d) || row["n"] != n {
				t.Errorf("row %d is of d %s, n %s", 3*i+k, row["d"], row["n"])
			}
			q, err := ask.Parse(fmt.Appendf(nil, `{"command":"optimum","d":%d,"n":%q,"prior":"beta:2,5"}`, d, n))
			if err != nil {
				t.Fatal(err)
			}
			if string(ask.Canonical(q)) != row["question"] || row["version"] != "test" || row["seed"] != "1" {
				t.Errorf("row %v", row)
			}
			answer, err := ask.Ask(t.Context(), q, ask.Env{})
			if err != nil {
				t.Fatal(err)
			}
			a := answer.(ask.Results[ask.OptimumAnswer])[0]
			if row["loss"] != fmt.Sprint(a.Loss) || row["rank"] != fmt.Sprint(a.Rank) {
				t.Errorf("d %d, n %s: loss %s, rank %s; alone %v, %d", d, n, row["loss"], row["rank"], a.Loss, a.Rank)
			}
			for _, want := range a.X {
				if x.Data[at] != want {
					t.Fatalf("d %d, n %s: x %v, alone %v", d, n, x.Data[at], want)
				}
				at++
			}
		}
	}
	if at != len(x.Data) {
		t.Errorf("%d numbers of x, want %d", len(x.Data), at)
	}
	offset, err := arrays.Read("x.offset", 7)
	if err != nil || offset.Data[1] != 12 || offset.Data[6] != float64(at) {
		t.Errorf("offsets %v, %v", offset, err)
	}
	file, err := os.Open(filepath.Join(dir, "results.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, _ := file.Stat()
	type typed struct {
		D      string   `parquet:"d,optional"`
		Loss   *float64 `parquet:"loss,optional"`
		Unique *bool    `parquet:"unique,optional"`
		Answer string   `parquet:"answer,optional"`
	}
	loaded, err := parquet.Read[typed](file, info.Size())
	if err != nil || len(loaded) != 6 {
		t.Fatalf("%d rows of parquet, %v", len(loaded), err)
	}
	for i, row := range loaded {
		if row.D != rows[i]["d"] || fmt.Sprint(*row.Loss) != rows[i]["loss"] || fmt.Sprint(*row.Unique) != rows[i]["unique"] || !strings.HasPrefix(row.Answer, `{"task":`) {
			t.Errorf("row %d of parquet: %+v", i, row)
		}
	}
}

// The table does not depend on the number of workers and of shards, and a run that is
// repeated asks nothing again.
func TestSameTable(t *testing.T) {
	g := mustGrid(t, small)
	whole := t.TempDir()
	one := settings()
	one.Workers = 1
	mustRun(t, whole, g, one)
	asked := -1
	again := settings()
	again.Progress = func(p sweep.Progress) { asked = p.Questions - p.Kept }
	mustRun(t, whole, g, again)
	if asked != 0 {
		t.Errorf("%d questions were asked again", asked)
	}
	parts := t.TempDir()
	for i := 1; i <= 4; i++ {
		s := settings()
		s.Shard = sweep.Shard{Index: i, Count: 4}
		summary := mustRun(t, parts, g, s)
		if complete := summary.Table != ""; complete != (i == 4) {
			t.Errorf("after shard %d: %+v", i, summary)
		}
	}
	for _, name := range []string{"results.csv", "results.parquet", "arrays.npz"} {
		if !bytes.Equal(mustRead(t, filepath.Join(whole, name)), mustRead(t, filepath.Join(parts, name))) {
			t.Errorf("%s of shards is another one", name)
		}
	}
}

// A question that fails is kept apart, the others have answers, and it is asked again on
// request only. A kernel file that changes is another question.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	kernels := filepath.Join(dir, "kernels.json")
	g := mustGrid(t, fmt.Sprintf("command: optimum\nflags: {n: 5}\nover:\n  prior: [uniform, 'kernels:%s']\n", kernels))
	out := filepath.Join(dir, "out")
	run := func(retry bool) *sweep.Summary {
		s := settings()
		s.RetryFailed = retry
		return mustRun(t, out, g, s)
	}
	s := run(false)
	if s.Done != 1 || s.Failures != 1 || s.Failed[0].Kind != ask.Input || !strings.Contains(s.Failed[0].Message, "kernels.json") || s.Table == "" {
		t.Fatalf("summary %+v", s)
	}
	rows, _ := table(t, filepath.Join(out, "failed.csv"))
	if len(rows) != 1 || !strings.HasPrefix(rows[0]["command"], "markovicl optimum") {
		t.Errorf("failed.csv: %v", rows)
	}
	losses := map[string]bool{}
	for _, p := range []string{"0.25", "0.75"} {
		text := fmt.Sprintf(`[[["0.5","0.5"],["%s",%s]]]`, p, map[string]string{"0.25": `"0.75"`, "0.75": `"0.25"`}[p])
		if err := os.WriteFile(kernels, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		s = run(true)
		if s.Done != 2 || s.Failures != 0 {
			t.Fatalf("with the file: %+v", s)
		}
		if _, err := os.Stat(filepath.Join(out, "failed.csv")); err == nil {
			t.Error("failed.csv is still there")
		}
		rows, _ = table(t, filepath.Join(out, "results.csv"))
		losses[rows[1]["loss"]] = true
	}
	if len(losses) != 2 {
		t.Errorf("two kernel files, losses %v", losses)
	}
}

// A damaged answer is set aside and asked again.
func TestDamagedAnswer(t *testing.T) {
	dir := t.TempDir()
	g := mustGrid(t, small)
	mustRun(t, dir, g, settings())
	before := mustRead(t, filepath.Join(dir, "results.csv"))
	entries, err := filepath.Glob(filepath.Join(dir, "answers", "??", "*"))
	if err != nil || len(entries) != 6 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if err := os.Truncate(entries[2], 100); err != nil {
		t.Fatal(err)
	}
	asked := 0
	s := settings()
	s.Progress = func(p sweep.Progress) { asked = p.Done }
	if summary := mustRun(t, dir, g, s); summary.Done != 6 || asked != 1 {
		t.Errorf("%d asked again: %+v", asked, summary)
	}
	if !bytes.Equal(before, mustRead(t, filepath.Join(dir, "results.csv"))) {
		t.Error("the table is another one")
	}
	if aside, _ := filepath.Glob(filepath.Join(dir, "answers", "damaged", "*")); len(aside) != 1 {
		t.Errorf("set aside: %v", aside)
	}
}

// sameTables compares all that two folders hold of tables, failures among them.
func sameTables(t testing.TB, what, a, b string) {
	t.Helper()
	for _, name := range []string{"results.csv", "results.parquet", "arrays.npz", "failed.csv"} {
		x, errX := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if (errX == nil) != (errY == nil) || !bytes.Equal(x, y) {
			t.Errorf("%s: %s is another one (%d bytes, %v; %d bytes, %v)", what, name, len(x), errX, len(y), errY)
		}
	}
}

func wants(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; want one that says %q", words)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

// Who may use a folder while a shard of it runs.
func TestOneFolder(t *testing.T) {
	dir := t.TempDir()
	g := mustGrid(t, small)
	s := settings()
	s.Shard = sweep.Shard{Index: 1, Count: 2}
	checked := false
	s.Progress = func(p sweep.Progress) {
		if checked {
			return
		}
		checked = true
		twice := settings()
		twice.Shard = s.Shard
		_, err := sweep.Run(t.Context(), dir, g, twice)
		wants(t, err, "shard 1/2 of this sweep runs already", "process")
		other := settings()
		other.Shard = sweep.Shard{Index: 2, Count: 2}
		_, err = sweep.Run(t.Context(), dir, mustGrid(t, "command: optimum\nover: {d: [1]}"), other)
		wants(t, err, "another sweep runs in this folder", "shard 1/2")
		other.Version = "another build"
		_, err = sweep.Run(t.Context(), dir, g, other)
		wants(t, err, "another build")
		other.Version = "test"
		if _, err = sweep.Run(t.Context(), dir, g, other); err != nil {
			t.Errorf("the other shard: %v", err)
		}
	}
	if summary := mustRun(t, dir, g, s); summary.Done != 6 || summary.Table == "" {
		t.Errorf("%+v", summary)
	}
	// Nobody is there now: another grid may have the folder, and the first one its answers.
	mustRun(t, dir, mustGrid(t, "command: optimum\nover: {d: [1]}"), settings())
	kept := 0
	again := settings()
	again.Progress = func(p sweep.Progress) { kept = p.Kept }
	if mustRun(t, dir, g, again); kept != 6 {
		t.Errorf("%d answers are kept", kept)
	}
}

func TestCancel(t *testing.T) {
	dir := t.TempDir()
	g := mustGrid(t, "command: optimum\nover: {d: [1, 2], n: 1..40}")
	s := settings()
	cancelled := false
	s.Progress = func(p sweep.Progress) {
		if p.Done > 3 && !cancelled {
			cancelled = true
			if err := sweep.Cancel(dir); err != nil {
				t.Error(err)
			}
		}
	}
	s.Workers = 1
	asked := 0
	summary, err := sweep.RunWith(t.Context(), dir, g, s, func(ctx context.Context, q ask.Question, env ask.Env) ([]byte, error) {
		if asked++; asked > 10 { // a question that does not end by itself
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Minute):
				t.Error("nothing ends the question")
			}
			return nil, ctx.Err()
		}
		return sweep.AnswerTo(ctx, q, env)
	})
	wants(t, err, "cancelled", "kept")
	if summary == nil || summary.Done < 4 || summary.Done > 10 || summary.Table != "" {
		t.Errorf("%+v", summary)
	}
	_, err = sweep.Run(t.Context(), dir, g, s)
	wants(t, err, "was cancelled", "remove")
	status, err := sweep.Status(t.Context(), dir, openFile)
	if err != nil || status.Done != summary.Done {
		t.Errorf("status %+v, %v", status, err)
	}
	part, err := sweep.Export(t.Context(), dir, filepath.Join(dir, "part"), openFile)
	if err != nil {
		t.Fatal(err)
	}
	if rows, _ := table(t, filepath.Join(dir, "part", "results.csv")); len(rows) != part.Done {
		t.Errorf("%d rows of %d answers", len(rows), part.Done)
	}
}

// A question that cannot fit is refused with the number; the others are answered.
func TestMemory(t *testing.T) {
	g := mustGrid(t, "command: optimum\nover: {d: [1, 60]}")
	s := settings()
	s.Memory = 1e9
	summary := mustRun(t, t.TempDir(), g, s)
	if summary.Done != 1 || summary.Failures != 1 {
		t.Fatalf("%+v", summary)
	}
	wants(t, errors.New(summary.Failed[0].Message), "GB", "1 GB")
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root may write to every folder: /proc stands for one that is read-only")
		_, err := sweep.Run(t.Context(), "/proc/nothing", mustGrid(t, small), settings())
		wants(t, err, "/proc/nothing")
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	_, err := sweep.Run(t.Context(), dir, mustGrid(t, small), settings())
	wants(t, err, "permission denied")
}
