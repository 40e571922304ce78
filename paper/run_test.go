package paper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fine() *Result {
	return &Result{Setup: "small", Verdict: Holds, Why: "it is so", Quantity: "loss", Ours: number(1)}
}

func item(id string, run func(context.Context, Settings, func(int, int)) (*Result, error)) Item {
	return Item{ID: id, Run: run}
}

// recorder is an Observer that fails the test if it is called twice at a time.
type recorder struct {
	t    *testing.T
	busy atomic.Bool
	log  []string
	hook func(id string)
}

func (r *recorder) enter() func() {
	if !r.busy.CompareAndSwap(false, true) {
		r.t.Error("the observer is called twice at a time")
	}
	return func() { r.busy.Store(false) }
}

func (r *recorder) Progress(id string, done, total int) {
	defer r.enter()()
	r.log = append(r.log, fmt.Sprintf("%s %d/%d", id, done, total))
}

func (r *recorder) Done(o Outcome) {
	defer r.enter()()
	r.log = append(r.log, o.Item.ID+" done")
	if r.hook != nil {
		r.hook(o.Item.ID)
	}
}

func TestRunKeepsGoing(t *testing.T) {
	broken := errors.New("the disk is on fire")
	items := []Item{
		item("a", func(_ context.Context, _ Settings, progress func(int, int)) (*Result, error) {
			progress(1, 2)
			return fine(), nil
		}),
		item("error", func(context.Context, Settings, func(int, int)) (*Result, error) { return nil, broken }),
		item("panic", func(context.Context, Settings, func(int, int)) (*Result, error) { panic("shapes differ") }),
		item("nothing", func(context.Context, Settings, func(int, int)) (*Result, error) { return nil, nil }),
		item("malformed", func(context.Context, Settings, func(int, int)) (*Result, error) { return &Result{}, nil }),
		item("b", func(_ context.Context, s Settings, _ func(int, int)) (*Result, error) {
			r := fine()
			r.Ours = number(float64(s.Seed))
			return r, nil
		}),
	}
	for _, jobs := range []int{1, 2, 20} {
		watch := &recorder{t: t}
		outcomes := Run(t.Context(), items, Settings{Seed: 7}, jobs, watch)
		var ids []string
		for _, o := range outcomes {
			ids = append(ids, o.Item.ID)
			if (o.Err == nil) == (o.Result == nil) {
				t.Errorf("%s has result %v and error %v", o.Item.ID, o.Result, o.Err)
			}
		}
		if diff := cmp.Diff(itemNames(items), ids); diff != "" {
			t.Errorf("order of the outcomes: %s", diff)
		}
		if !errors.Is(outcomes[1].Err, broken) {
			t.Errorf("the error is %v", outcomes[1].Err)
		}
		if err := outcomes[2].Err; err == nil || !strings.Contains(err.Error(), "shapes differ") {
			t.Errorf("the panic became %v", err)
		}
		if *outcomes[5].Result.Ours != 7 {
			t.Error("the settings did not arrive")
		}
		slices.Sort(watch.log)
		if diff := cmp.Diff([]string{"a 1/2", "a done", "b done", "error done", "malformed done", "nothing done", "panic done"}, watch.log); diff != "" {
			t.Error(diff)
		}
	}
}

func itemNames(items []Item) (ids []string) {
	for _, i := range items {
		ids = append(ids, i.ID)
	}
	return ids
}

func TestRunStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	items := []Item{
		item("first", func(context.Context, Settings, func(int, int)) (*Result, error) { return fine(), nil }),
		item("hides why", func(ctx context.Context, _ Settings, _ func(int, int)) (*Result, error) {
			<-ctx.Done()
			return nil, errors.New("some other words")
		}),
		item("never", func(context.Context, Settings, func(int, int)) (*Result, error) {
			t.Error("an item began after the end")
			return fine(), nil
		}),
	}
	outcomes := Run(ctx, items, Settings{}, 1, &recorder{t: t, hook: func(string) { cancel() }})
	if outcomes[0].Err != nil {
		t.Errorf("the first item: %v", outcomes[0].Err)
	}
	for _, o := range outcomes[1:] {
		if !errors.Is(o.Err, context.Canceled) {
			t.Errorf("%s: %v, want that it was cancelled", o.Item.ID, o.Err)
		}
	}
}

func TestItemsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range Items() {
		if !fileName().MatchString(i.ID) || seen[i.ID] {
			t.Errorf("the id %q is not fit to be one", i.ID)
		}
		seen[i.ID] = true
		if i.Title == "" || i.Source == "" || !strings.HasSuffix(i.Question, "?") || i.Statement == "" || i.Revision < 1 || i.Run == nil {
			t.Errorf("%s lacks a title, source, question, claim, revision or function", i.ID)
		}
	}
}

func TestSeedList(t *testing.T) {
	if diff := cmp.Diff([]uint64{3, 4}, Settings{Seed: 3}.SeedList(2)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]uint64{3, 4, 5, 6}, Settings{Seed: 3, Seeds: 4}.SeedList(2)); diff != "" {
		t.Error(diff)
	}
}
