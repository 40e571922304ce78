package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"markovicl/ask"
	"markovicl/figure/draw"
	"markovicl/internal/atomicfile"
	"markovicl/paper"
	"markovicl/store"
)

// Folder is a folder with the results of items that were run with the same
// settings. Each item has a folder of its own in it, named after the item and
// those settings that are not the usual ones: results of other settings are
// left alone, and so is everything else.
//
// The result of an item is kept in result.json, and counts as soon as this is
// there: what is drawn from it is drawn again whenever that is needed.
type Folder struct {
	dir      string
	settings paper.Settings
	seconds  map[string]float64 // by the items' folders
	measured map[string]float64 // those that this Folder has kept
}

const (
	pageFile    = "index.html"
	tableFile   = "verdicts.md"
	resultsFile = "results.json"
	timingsFile = "timings.json"
	resultFile  = "result.json"
)

// OpenFolder makes the folder if there is none.
func OpenFolder(dir string, s paper.Settings) (*Folder, error) {
	if err := atomicfile.CheckFolder(dir); err != nil {
		return nil, err
	}
	if err := atomicfile.RemoveLeftovers(dir); err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, settings: s, measured: map[string]float64{}}
	f.readTimings()
	return f, nil
}

// readTimings reads the times of all runs so far, and adds those of this one.
func (f *Folder) readTimings() {
	data, err := os.ReadFile(filepath.Join(f.dir, timingsFile))
	f.seconds = nil
	if err != nil || json.Unmarshal(data, &f.seconds) != nil || f.seconds == nil {
		f.seconds = map[string]float64{} // times of earlier runs are a convenience
	}
	maps.Copy(f.seconds, f.measured)
}

// alone runs do while no other run of the folder is in its own call of alone.
func (f *Folder) alone(do func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	lock, err := store.Lock(ctx, f.dir, "reproduce", "another run of reproduce")
	if err != nil {
		return err
	}
	return errors.Join(do(), lock.Unlock())
}

// Page is the name of the HTML page.
func (f *Folder) Page() string { return filepath.Join(f.dir, pageFile) }

// folder is the folder of an item, relative to f.dir.
func (f *Folder) folder(item paper.Item) string {
	name := item.ID
	if f.settings.Quick {
		name += "-quick"
	}
	if f.settings.Seed != 1 {
		name += fmt.Sprintf("-seed%d", f.settings.Seed)
	}
	if f.settings.Seeds != 0 {
		name += fmt.Sprintf("-seeds%d", f.settings.Seeds)
	}
	if f.settings.D != 0 {
		name += fmt.Sprintf("-d%d", f.settings.D)
	}
	if f.settings.Models != "" {
		name += "-" + strings.ReplaceAll(f.settings.Models, ",", "-")
	}
	return name
}

// kept is the content of result.json.
type kept struct {
	ID       string         `json:"id"`
	Revision int            `json:"revision"`
	Settings paper.Settings `json:"settings"`
	// Machine is the architecture and the kernels that the numbers were computed with:
	// their last digits are the same on one such machine only.
	Machine string        `json:"machine"`
	Result  *paper.Result `json:"result"`
}

// machine is the Machine of this program.
func machine() string { return runtime.GOARCH + "; " + ask.Kernels() }

// Read returns the result that an earlier run kept of an item, or nil if there
// is none that this program would get today.
func (f *Folder) Read(item paper.Item) (*paper.Result, error) {
	data, err := os.ReadFile(filepath.Join(f.dir, f.folder(item), resultFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var k kept
	if json.Unmarshal(data, &k) != nil || k.ID != item.ID || k.Revision != item.Revision || k.Settings != f.settings || k.Machine != machine() ||
		k.Result == nil || k.Result.Check() != nil {
		return nil, nil // of another program: it is redone
	}
	return k.Result, nil
}

// removeStale removes the files of an item's earlier result that the new one
// will not replace: they would stand beside it as if they were of it.
func (f *Folder) removeStale(item paper.Item, r *paper.Result) error {
	folder := filepath.Join(f.dir, f.folder(item))
	data, err := os.ReadFile(filepath.Join(folder, resultFile))
	var k kept
	if err != nil || json.Unmarshal(data, &k) != nil || k.Result == nil || k.Result.Check() != nil {
		return nil // there is no earlier result
	}
	names := fileNames(r)
	for _, name := range fileNames(k.Result) {
		if slices.Contains(names, name) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// fileNames are the names of a result's files in the folder of its item.
func fileNames(r *paper.Result) []string {
	names := []string{resultFile}
	for _, t := range r.Tables {
		names = append(names, t.Name+".csv")
	}
	for _, p := range r.Plots {
		names = append(names, p.Name+".svg", p.Name+".png")
	}
	return names
}

// Keep saves the outcome of an item that was run now: its tables as CSV, its
// result as JSON, and then its plots as SVG and PNG.
func (f *Folder) Keep(o paper.Outcome) Entry {
	if o.Err == nil {
		f.seconds[f.folder(o.Item)] = o.Elapsed.Seconds()
		f.measured[f.folder(o.Item)] = o.Elapsed.Seconds()
	}
	e := f.Entry(o.Item, o.Result, o.Err)
	seconds := o.Elapsed.Seconds()
	e.Seconds = &seconds
	if e.Status == Done { // so that the time outlives an interruption
		err := f.alone(func() error {
			f.readTimings()
			return f.writeJSON(timingsFile, f.seconds)
		})
		if err != nil {
			e.fail(err)
		}
	}
	return e
}

// Entry reports an item that has the result, or the error. It writes the files
// of the result, where they are not there already: a result that is read from
// an interrupted run gets what it lacks.
func (f *Folder) Entry(item paper.Item, r *paper.Result, err error) Entry {
	e := newEntry(item, f.settings)
	if err != nil {
		e.fail(err)
		return e
	}
	if seconds, ok := f.seconds[f.folder(item)]; ok {
		e.Seconds = &seconds
	}
	if e.Files, err = f.write(item, r); err != nil {
		e.fail(err)
		return e
	}
	e.Status, e.result = Done, r
	e.Verdict, e.Why, e.Quantity = string(r.Verdict), r.Why, r.Quantity
	e.Condition, e.Paper, e.Expected, e.Ours, e.StandardError = r.Condition, r.Paper, r.Expected, r.Ours, r.StandardError
	return e
}

func (e *Entry) fail(err error) {
	*e = Entry{ReproducedItem: ask.ReproducedItem{
		ID: e.ID, Status: Failed, Statement: e.Statement, Command: e.Command, Files: []string{}, Error: err.Error(),
	}, item: e.item}
	if errors.Is(err, context.Canceled) {
		e.Status, e.Error = Interrupted, ""
	}
}

// write writes the files of a result and returns their names relative to the
// folder.
func (f *Folder) write(item paper.Item, r *paper.Result) ([]string, error) {
	folder := f.folder(item)
	if err := os.MkdirAll(filepath.Join(f.dir, folder), 0o777); err != nil {
		return nil, err
	}
	if err := errors.Join(atomicfile.RemoveLeftovers(filepath.Join(f.dir, folder)), f.removeStale(item, r)); err != nil {
		return nil, err
	}
	names := []string{}
	write := func(name string, data []byte) error {
		name = path.Join(folder, name)
		names = append(names, name)
		return atomicfile.Write(filepath.Join(f.dir, filepath.FromSlash(name)), data)
	}
	for _, table := range r.Tables {
		var data bytes.Buffer
		if err := table.WriteCSV(&data); err != nil {
			return nil, err
		}
		if err := write(table.Name+".csv", data.Bytes()); err != nil {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(kept{item.ID, item.Revision, f.settings, machine(), r}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("%s: the result cannot be written as JSON: %w", item.ID, err)
	}
	if err := write(resultFile, append(data, '\n')); err != nil {
		return nil, err
	}
	for _, p := range r.Plots {
		for _, format := range []string{"svg", "png"} {
			data, err := draw.Render(p, format)
			if err != nil {
				return nil, err
			}
			if err := write(p.Name+"."+format, data); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}

// Finish writes results.json, the page and the table of verdicts for the
// entries that are done or failed; those that were interrupted are left out.
// Of known, all items in their order, those count as well that have no entry, or
// none that is done, but a result in the folder: another run may have left it there
// since this one began.
func (f *Folder) Finish(entries []Entry, known []paper.Item) error {
	return f.alone(func() error {
		f.readTimings()
		all, err := f.withOthers(entries, known)
		if err != nil {
			return err
		}
		return f.finish(all)
	})
}

// withOthers adds to the entries of a run those of other runs.
func (f *Folder) withOthers(entries []Entry, known []paper.Item) ([]Entry, error) {
	rest := slices.Clone(entries)
	var all []Entry
	for _, item := range known {
		var entry *Entry
		if at := slices.IndexFunc(rest, func(e Entry) bool { return e.ID == item.ID }); at >= 0 {
			e := rest[at]
			entry, rest = &e, slices.Delete(rest, at, at+1)
		}
		if entry == nil || entry.Status != Done {
			result, err := f.Read(item)
			if err != nil {
				return nil, err
			}
			if result != nil {
				e := f.Entry(item, result, nil)
				entry = &e
			}
		}
		if entry != nil {
			all = append(all, *entry)
		}
	}
	return append(all, rest...), nil
}

func (f *Folder) finish(entries []Entry) error {
	list := []Entry{}
	for _, e := range entries {
		if e.Status != Interrupted {
			list = append(list, e)
		}
	}
	page, err := Page(f.settings, list)
	if err != nil {
		return err
	}
	if err := f.writeJSON(resultsFile, struct {
		Settings paper.Settings `json:"settings"`
		Items    []Entry        `json:"items"`
	}{f.settings, list}); err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(f.dir, tableFile), []byte(Markdown(list))); err != nil {
		return err
	}
	return atomicfile.Write(f.Page(), page)
}

func (f *Folder) writeJSON(name string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return atomicfile.Write(filepath.Join(f.dir, name), append(data, '\n'))
}
