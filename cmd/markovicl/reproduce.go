package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"markovicl/paper"
	"markovicl/report"
)

type reproduceCmd struct {
	Items []string `arg:"" optional:"" name:"item" help:"Items to run; all if none is named."`
	Only  []string `help:"The same, as a list separated by commas."`
	Out   string   `required:"" placeholder:"DIR" help:"Folder for the results; finished items found there are kept."`
	Quick bool     `help:"The reduced size that takes seconds an item."`
	Seed  uint64   `default:"1" help:"First seed."`
	Seeds int      `placeholder:"5" help:"Number of seeds, where an item averages over seeds."`
	Jobs  int      `default:"2" help:"Items that run at the same time."`
	JSON  bool     `name:"json" help:"Print one JSON object and nothing else."`
}

func (reproduceCmd) Help() string {
	return `Example: markovicl reproduce thm3.3 --out out

Runs items one by one (` + strings.Join(itemIDs(), ", ") + `), writes for each its tables as CSV,
its result as JSON and its plots as SVG and PNG, and prints the verdicts.`
}

func itemIDs() []string {
	var ids []string
	for _, item := range paper.Items() {
		ids = append(ids, item.ID)
	}
	return ids
}

// itemAnswer is one entry of the command's JSON. Seconds are printed and kept
// in timings.json; results.json has none, so that equal runs give equal files.
type itemAnswer struct {
	ID            string        `json:"id"`
	Status        string        `json:"status"` // done or failed
	Verdict       paper.Verdict `json:"verdict"`
	Why           string        `json:"why"`
	Claim         string        `json:"claim"`
	Quantity      string        `json:"quantity"`
	Paper         *float64      `json:"paper"`
	Ours          *float64      `json:"ours"`
	StandardError *float64      `json:"standard_error"`
	Command       string        `json:"command"`
	Seconds       *float64      `json:"seconds,omitempty"`
	Files         []string      `json:"files"`
	Error         string        `json:"error,omitempty"`
}

func (c *reproduceCmd) Run(a *app) error {
	items, err := c.items()
	if err != nil {
		return badInput(err)
	}
	if c.Seeds < 0 || c.Jobs < 1 {
		return badInputf("--seeds must not be negative and --jobs must be at least 1")
	}
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return badInput(err)
	}
	r := &reproduction{
		app: a, dir: c.Out, settings: paper.Settings{Quick: c.Quick, Seed: c.Seed, Seeds: c.Seeds},
		answers: map[string]*itemAnswer{}, seconds: map[string]float64{}, name: map[string]func(int64){},
	}
	r.readTimings()

	var toRun []paper.Item
	for _, item := range items {
		kept, err := report.ReadItem(c.Out, item, r.settings)
		if err != nil {
			return err
		}
		if kept == nil {
			toRun = append(toRun, item)
			continue
		}
		r.keep(item, kept)
	}
	paper.Run(a.ctx, toRun, r.settings, c.Jobs, r)

	var list []*itemAnswer
	for _, item := range items {
		list = append(list, r.answers[item.ID])
	}
	if err := r.write(list); err != nil {
		return err
	}
	if c.JSON {
		err = a.writeJSON(struct {
			Items []*itemAnswer `json:"items"`
		}{list})
	} else {
		err = r.print(list)
	}
	return errors.Join(err, failures(list))
}

// items returns the items that the user names, in the order of paper.Items.
func (c *reproduceCmd) items() ([]paper.Item, error) {
	names := append(slices.Clone(c.Items), c.Only...)
	if len(names) == 0 {
		return paper.Items(), nil
	}
	for _, name := range names {
		if !slices.Contains(itemIDs(), name) {
			return nil, fmt.Errorf("there is no item %q; the items are %s", name, strings.Join(itemIDs(), ", "))
		}
	}
	return slices.DeleteFunc(paper.Items(), func(item paper.Item) bool { return !slices.Contains(names, item.ID) }), nil
}

// reproduction is one run of the command; it observes the run of the items and
// saves each as soon as it is done.
type reproduction struct {
	app      *app
	dir      string
	settings paper.Settings
	answers  map[string]*itemAnswer
	seconds  map[string]float64     // by item, also of earlier runs
	name     map[string]func(int64) // the progress bar of each running item
	end      []func()
}

// Progress implements paper.Observer.
func (r *reproduction) Progress(id string, done, total int) {
	set, ok := r.name[id]
	if !ok {
		var end func()
		set, end = r.app.progress(id, int64(total))
		r.name[id] = set
		r.end = append(r.end, end)
	}
	set(int64(done))
}

// Done implements paper.Observer.
func (r *reproduction) Done(o paper.Outcome) {
	answer := r.answer(o.Item)
	seconds := o.Elapsed.Seconds()
	answer.Seconds = &seconds
	r.answers[o.Item.ID] = answer
	err := o.Err
	if err == nil {
		answer.fill(o.Result)
		answer.Files, err = report.WriteItem(r.dir, o.Item, r.settings, o.Result)
		r.seconds[o.Item.ID] = seconds
	}
	if err != nil {
		answer.Status, answer.Error = "failed", err.Error()
	}
}

// keep takes over the result of an earlier run. Its files are written again:
// that is quick, and repairs what was interrupted or removed.
func (r *reproduction) keep(item paper.Item, result *paper.Result) {
	answer := r.answer(item)
	answer.fill(result)
	if seconds, ok := r.seconds[item.ID]; ok {
		answer.Seconds = &seconds
	}
	var err error
	if answer.Files, err = report.WriteItem(r.dir, item, r.settings, result); err != nil {
		answer.Status, answer.Error = "failed", err.Error()
	}
	r.answers[item.ID] = answer
}

func (r *reproduction) answer(item paper.Item) *itemAnswer {
	command := "markovicl reproduce " + item.ID + " --out out"
	if r.settings.Quick {
		command += " --quick"
	}
	if r.settings.Seed != 1 {
		command += fmt.Sprintf(" --seed %d", r.settings.Seed)
	}
	if r.settings.Seeds != 0 {
		command += fmt.Sprintf(" --seeds %d", r.settings.Seeds)
	}
	return &itemAnswer{ID: item.ID, Status: "done", Claim: item.Claim, Command: command, Files: []string{}}
}

func (a *itemAnswer) fill(r *paper.Result) {
	a.Verdict, a.Why, a.Quantity = r.Verdict, r.Why, r.Quantity
	a.Paper, a.Ours, a.StandardError = r.Paper, r.Ours, r.StandardError
}

const timingsFile = "timings.json"

func (r *reproduction) readTimings() {
	data, err := os.ReadFile(filepath.Join(r.dir, timingsFile))
	if err != nil || json.Unmarshal(data, &r.seconds) != nil {
		r.seconds = map[string]float64{} // times of earlier runs are a convenience
	}
}

// write saves results.json and timings.json.
func (r *reproduction) write(list []*itemAnswer) error {
	for _, end := range r.end {
		end()
	}
	timeless := make([]itemAnswer, len(list))
	for i, answer := range list {
		timeless[i] = *answer
		timeless[i].Seconds = nil
	}
	for name, v := range map[string]any{"results.json": map[string]any{"items": timeless}, timingsFile: r.seconds} {
		data, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			return err
		}
		if err := report.WriteFile(filepath.Join(r.dir, name), append(data, '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (r *reproduction) print(list []*itemAnswer) error {
	for _, answer := range list {
		if answer.Status == "failed" {
			fmt.Fprintf(r.app.stdout, "%s: failed: %s\n\n", answer.ID, answer.Error)
			continue
		}
		fmt.Fprintf(r.app.stdout, "%s: %s\n  claim: %s\n  found: %s\n", answer.ID, answer.Verdict, answer.Claim, answer.Why)
		for _, name := range answer.Files {
			fmt.Fprintf(r.app.stdout, "  %s\n", filepath.Join(r.dir, filepath.FromSlash(name)))
		}
		fmt.Fprintln(r.app.stdout)
	}
	return nil
}

func failures(list []*itemAnswer) error {
	var failed []string
	for _, answer := range list {
		if answer.Status == "failed" {
			failed = append(failed, answer.ID)
		}
	}
	if failed == nil {
		return nil
	}
	return fmt.Errorf("failed: %s; run the same command again to redo only these", strings.Join(failed, ", "))
}
