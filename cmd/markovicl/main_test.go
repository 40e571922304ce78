package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"markovicl/figure"
	"markovicl/paper"
)

// whole lets tests try in every way what they else try in one way or the other.
var whole = flag.Bool("whole", false, "try every command with every signal and every stdout that fails")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"markovicl": main,
		"sample":    func() { mainWith(sampleItems()) },
	})
}

// sampleItems are items that do as the test bids: "patient" waits until the file
// "go" is there, "fragile" fails unless the file "repaired" is there, "careless"
// panics.
func sampleItems() []paper.Item {
	item := func(id string, run func(context.Context, *paper.Result) error) paper.Item {
		return paper.Item{
			ID: id, Title: "The item " + id, Source: "nowhere", Question: "Does it run?", Statement: "It runs.", Revision: 1,
			Run: func(ctx context.Context, s paper.Settings, progress func(done, total int)) (*paper.Result, error) {
				progress(0, 2)
				// A log, for the test to see what was run and how often.
				log, err := os.OpenFile("log", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
				if err != nil {
					return nil, err
				}
				fmt.Fprintln(log, id)
				if err := log.Close(); err != nil {
					return nil, err
				}
				ours, se := float64(s.Seed)/7, 0.01
				r := &paper.Result{
					Setup: "small.", Verdict: paper.Holds, Why: "it did", Quantity: "seed", Ours: &ours, StandardError: &se,
					Tables: []paper.Table{{Name: "table", Columns: []string{"count", "value"}}},
					Plots:  []figure.Plot{{Name: "plot", Series: []figure.Series{{Name: id}}}},
				}
				for i := range 3 {
					r.Tables[0].Rows = append(r.Tables[0].Rows, []any{i * 1_000_000, float64(i) / 3})
					r.Plots[0].Series[0].Add(float64(i), float64(i)/3)
				}
				err = run(ctx, r)
				progress(2, 2)
				return r, err
			},
		}
	}
	return []paper.Item{
		item("plain", func(context.Context, *paper.Result) error { return nil }),
		item("patient", func(ctx context.Context, _ *paper.Result) error {
			for {
				if _, err := os.Stat("go"); err == nil {
					return nil
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Millisecond):
				}
			}
		}),
		item("fragile", func(context.Context, *paper.Result) error {
			if _, err := os.Stat("repaired"); err != nil {
				return errors.New("a part of it is broken")
			}
			return nil
		}),
		item("careless", func(_ context.Context, r *paper.Result) error {
			return fmt.Errorf("row %v", r.Tables[0].Rows[len(r.Tables[0].Rows)]) // there is none
		}),
	}
}

// waitFor waits until files are there.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("wait cannot be negated")
	}
	for _, name := range args {
		for {
			if _, err := os.Stat(ts.MkAbs(name)); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// TestScripts runs the terminal sessions in testdata/script. $EXAMPLES is the
// folder of example data, $CASES that of files as people have them.
func TestScripts(t *testing.T) {
	t.Parallel() // while TestSlurm waits
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"waitfor": waitFor},
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("CASES", filepath.Join(examples, "../chainfile/testdata/cases"))
			return nil
		},
	})
}
