package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"markovicl/ask"
	"markovicl/figure"
	"markovicl/paper"
	"markovicl/report"
)

func ptr(x float64) *float64 { return &x }

func sampleItem(id string) paper.Item {
	return paper.Item{
		ID: id, Title: "Accuracy & depth", Source: "Figure 3", Question: "Is X_xy^2 ≥ 4 X_xx?", Revision: 1,
		Statement: "For w_0 = 0 the optimum is X^* = H^{-1}h, <always>.",
	}
}

// samplePlots are a plot of lines, one of panels, and a heat map.
func samplePlots() []figure.Plot {
	line := figure.Plot{
		Name: "lines", Title: "Loss by the number of chains", X: figure.Axis{Label: "in-context chains n"}, Y: figure.Axis{Label: "loss"},
		Series: []figure.Series{{Name: "trained", X: figure.Numbers{1, 10, math.Inf(1)}, Y: figure.Numbers{0.4, 0.3, 0.2}}},
		Levels: []figure.Level{{Name: "Bayes", Y: 0.2}},
	}
	panel := line
	panel.Name = ""
	return []figure.Plot{
		line,
		{Name: "panels", Title: "Twice the same", Panels: []figure.Plot{panel, panel}},
		{Name: "heat", Heat: &figure.Heat{Label: "loss", X: figure.Numbers{0, 1}, Y: figure.Numbers{0, 1}, Z: []figure.Numbers{{1, 2}, {3, math.NaN()}}}},
	}
}

func sampleResult() *paper.Result {
	long := paper.Table{Name: "long", Caption: "A long one.", Columns: []string{"n", "x_xy", "standard_error", "ok", "note"}}
	for n := range 250 {
		long.Rows = append(long.Rows, []any{n * 100_000, 1e6 / float64(n+3), nil, n%2 == 0, "a < b"})
	}
	short := paper.Table{Name: "short", Caption: "A short one; see `markovicl optimum`.", Columns: []string{"n"}, Rows: [][]any{{"inf"}}}
	return &paper.Result{
		Setup: "d = 5, n = 10.", Verdict: paper.HoldsUnder, Condition: "X large enough", Why: "it holds for X_xy² ≥ 4 only",
		Quantity: "accuracy", Paper: ptr(0.98), Ours: ptr(0.4712), StandardError: ptr(0.0031),
		Tables: []paper.Table{long, short}, Plots: samplePlots(),
	}
}

// tree returns the contents of all files below a folder but for the times.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "timings.json" {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func open(t *testing.T, dir string, s paper.Settings) *report.Folder {
	t.Helper()
	folder, err := report.OpenFolder(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func sameTrees(t *testing.T, a, b string) {
	t.Helper()
	treeA, treeB := tree(t, a), tree(t, b)
	for name := range treeA {
		if treeA[name] != treeB[name] {
			t.Errorf("%s differs", name)
		}
	}
	if len(treeA) != len(treeB) {
		t.Errorf("there are %d files and %d files", len(treeA), len(treeB))
	}
}

// A run that was ended at any file leaves a folder from which the next run
// makes what an uninterrupted run makes.
func TestFolderGoesOnAfterAnyEnd(t *testing.T) {
	settings := paper.Settings{Seed: 1}
	item := sampleItem("fig3")
	few := func() *paper.Result { // quick to draw
		r := sampleResult()
		r.Plots = r.Plots[:2]
		return r
	}
	whole := t.TempDir()
	folder := open(t, whole, settings)
	entry := folder.Keep(paper.Outcome{Item: item, Result: few(), Elapsed: 1e9})
	if entry.Status != report.Done {
		t.Fatalf("%s: %s", entry.Status, entry.Error)
	}
	if err := folder.Finish([]report.Entry{entry}, nil); err != nil {
		t.Fatal(err)
	}

	for stop := range len(entry.Files) + 1 {
		cut := t.TempDir()
		if err := os.Mkdir(filepath.Join(cut, "fig3"), 0o777); err != nil {
			t.Fatal(err)
		}
		for _, name := range entry.Files[:stop] {
			data, err := os.ReadFile(filepath.Join(whole, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(cut, name), data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if stop < len(entry.Files) { // what a crash leaves of the next file
			name := filepath.Join(cut, "fig3", "."+filepath.Base(entry.Files[stop])+".12.markovicl-part")
			if err := os.WriteFile(name, []byte("half a fi"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		again := open(t, cut, settings)
		result, err := again.Read(item)
		if err != nil {
			t.Fatal(err)
		}
		if kept := stop > 2; (result != nil) != kept { // two tables, then result.json
			t.Fatalf("after %d files the result is kept: %v", stop, result != nil)
		}
		if result == nil {
			result = few()
		}
		if err := again.Finish([]report.Entry{again.Entry(item, result, nil)}, nil); err != nil {
			t.Fatal(err)
		}
		sameTrees(t, whole, cut)
		if t.Failed() {
			t.Fatalf("after %d files", stop)
		}
	}
}

func TestFolderReadsOnlyWhatItWouldMake(t *testing.T) {
	dir := t.TempDir()
	item := sampleItem("fig3")
	settings := paper.Settings{Seed: 1, Quick: true}
	result := sampleResult()
	result.Plots = nil
	if e := open(t, dir, settings).Keep(paper.Outcome{Item: item, Result: result}); e.Status != report.Done {
		t.Fatal(e.Error)
	}
	for name, change := range map[string]func(*paper.Item, *paper.Settings){
		"nothing":  func(*paper.Item, *paper.Settings) {},
		"revision": func(i *paper.Item, _ *paper.Settings) { i.Revision++ },
		"size":     func(_ *paper.Item, s *paper.Settings) { s.Quick = false },
		"seed":     func(_ *paper.Item, s *paper.Settings) { s.Seed = 2 },
		"seeds":    func(_ *paper.Item, s *paper.Settings) { s.Seeds = 3 },
		"id":       func(i *paper.Item, _ *paper.Settings) { i.ID = "fig4" },
	} {
		item, settings := item, settings
		change(&item, &settings)
		got, err := open(t, dir, settings).Read(item)
		if err != nil {
			t.Fatal(err)
		}
		if (got != nil) != (name == "nothing") {
			t.Errorf("with another %s the result is there: %v", name, got != nil)
		}
	}
	// On a machine with other kernels.
	path := filepath.Join(dir, "fig3-quick", "result.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := bytes.Replace(data, []byte(ask.Kernels()), []byte("other loops"), 1)
	if bytes.Equal(elsewhere, data) {
		t.Fatalf("the result does not say which kernels it was computed with: %s", data)
	}
	if err := os.WriteFile(path, elsewhere, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, dir, settings).Read(item); got != nil || err != nil {
		t.Errorf("of other kernels: %v, %v", got, err)
	}
	if err := os.WriteFile(path, []byte(`{"id":"fig3","result":{`), 0o666); err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, dir, settings).Read(item); got != nil || err != nil {
		t.Errorf("of half a file: %v, %v", got, err)
	}
}

func TestFolderLeavesOtherFilesAlone(t *testing.T) {
	dir := t.TempDir()
	notes := filepath.Join(dir, "fig3", "notes.txt")
	if err := os.MkdirAll(filepath.Dir(notes), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(notes, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	item := sampleItem("fig3")
	folder := open(t, dir, paper.Settings{Seed: 1})
	result := sampleResult()
	result.Plots = result.Plots[:2]
	folder.Keep(paper.Outcome{Item: item, Result: result})
	item.Revision++
	result.Tables, result.Plots = result.Tables[1:], result.Plots[:1] // of a later program
	e := folder.Keep(paper.Outcome{Item: item, Result: result})
	var names []string
	for name := range tree(t, dir) {
		names = append(names, name)
	}
	want := append([]string{"fig3/notes.txt"}, e.Files...)
	if diff := cmp.Diff(sorted(want), sorted(names)); diff != "" {
		t.Error(diff)
	}
}

func TestFolderKeepsNothingOfAFailure(t *testing.T) {
	dir := t.TempDir()
	folder := open(t, dir, paper.Settings{Seed: 1})
	item := sampleItem("fig3")
	if e := folder.Keep(paper.Outcome{Item: item, Err: errors.New("no convergence <here>")}); e.Status != report.Failed || e.Verdict != "" {
		t.Errorf("%+v", e)
	}
	if e := folder.Keep(paper.Outcome{Item: item, Err: fmt.Errorf("fig3: %w", context.Canceled)}); e.Status != report.Interrupted {
		t.Errorf("%+v", e)
	}
	result := sampleResult()
	result.Plots[0].Title = "⁻" // cannot be drawn
	if e := folder.Keep(paper.Outcome{Item: item, Result: result}); e.Status != report.Failed || e.Why != "" {
		t.Errorf("%+v", e)
	}
}

// Two runs that have a folder at the same time: whoever ends last reports what both
// have done, and the times of both are kept. An item that failed here and was done
// there is done.
func TestTwoRunsInOneFolder(t *testing.T) {
	dir := t.TempDir()
	s := paper.Settings{Seed: 1}
	items := []paper.Item{sampleItem("fig3"), sampleItem("fig4"), sampleItem("fig5")}
	result := sampleResult()
	result.Plots = nil
	first, second := open(t, dir, s), open(t, dir, s)
	done := func(f *report.Folder, i int) report.Entry {
		return f.Keep(paper.Outcome{Item: items[i], Result: result, Elapsed: time.Duration(i+1) * time.Second})
	}
	a := []report.Entry{done(first, 0), first.Keep(paper.Outcome{Item: items[2], Err: errors.New("no convergence")})}
	b := []report.Entry{done(second, 1), done(second, 2)}
	for _, order := range []struct {
		folder  *report.Folder
		entries []report.Entry
	}{{first, a}, {second, b}, {first, a}} {
		if err := order.folder.Finish(order.entries, items); err != nil {
			t.Fatal(err)
		}
		var all struct {
			Items []report.Entry `json:"items"`
		}
		data, err := os.ReadFile(filepath.Join(dir, "results.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatal(err)
		}
		if len(all.Items) != len(items) {
			t.Fatalf("%d items are reported", len(all.Items))
		}
		for i, e := range all.Items {
			if e.ID != items[i].ID || e.Status != report.Done {
				t.Errorf("item %d is %s, %s", i, e.ID, e.Status)
			}
		}
		table, err := os.ReadFile(filepath.Join(dir, "verdicts.md"))
		if err != nil || strings.Count(string(table), "holds under") != len(items) {
			t.Errorf("the table of verdicts is %s, %v", table, err)
		}
	}
	var seconds map[string]float64
	data, err := os.ReadFile(filepath.Join(dir, "timings.json"))
	if err == nil {
		err = json.Unmarshal(data, &seconds)
	}
	if want := map[string]float64{"fig3": 1, "fig4": 2, "fig5": 3}; err != nil || !maps.Equal(seconds, want) {
		t.Errorf("the times are %v, %v", seconds, err)
	}
}

func TestMarkdown(t *testing.T) {
	folder := open(t, t.TempDir(), paper.Settings{Seed: 1})
	result := sampleResult()
	result.Plots = nil
	entries := []report.Entry{
		folder.Keep(paper.Outcome{Item: sampleItem("fig3"), Result: result}),
		folder.Keep(paper.Outcome{Item: sampleItem("fig4"), Err: errors.New("no")}),
	}
	want := strings.TrimLeft(`
| item | verdict | quantity | paper | expected | ours |
|---|---|---|---:|---:|---:|
| fig3 | holds under a condition: X large enough | accuracy | 0.98 | – | 0.4712 ± 0.0031 |
| fig4 | failed |  | – | – | – |
`, "\n")
	if diff := cmp.Diff(want, report.Markdown(entries)); diff != "" {
		t.Error(diff)
	}
}

func TestNumbersOfATable(t *testing.T) {
	for _, c := range []struct {
		x, se *float64
		want  string
	}{
		{nil, nil, "–"},
		{ptr(1.0 / 3), ptr(0), "0.333333"},
		{ptr(-1.0 / 3), nil, "−0.333333"},
		{ptr(0.47123), ptr(0.00314), "0.4712 ± 0.0031"},
		{ptr(0.47123), ptr(0.0999), "0.471 ± 0.100"},
		{ptr(-0.00003), ptr(0.0018), "0.0000 ± 0.0018"},
		{ptr(-0.0004), ptr(0.0029), "−0.0004 ± 0.0029"},
		{ptr(12345), ptr(67), "12345 ± 67"},
		{ptr(12345), ptr(670), "12345 ± 6.7e+02"},
		{ptr(1e-12), ptr(1e-13), "1e−12 ± 1e−13"},
	} {
		e := report.Entry{ReproducedItem: ask.ReproducedItem{Ours: c.x, StandardError: c.se}}
		if got := e.OursText(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
