package landscape

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"markovicl/markov"
)

// Every reason for which Recover stops, on a task or form where it is the only true one.
func TestStopped(t *testing.T) {
	background := context.Background()
	ended, cancel := context.WithDeadline(background, time.Now().Add(-time.Second))
	defer cancel()
	cancelled, cancel := context.WithCancel(background)
	cancel()
	task := func(spec markov.Spec) func() (*Recovery, error) {
		return func() (*Recovery, error) { return Recover(background, taskForm(t, spec), Settings{}) }
	}
	open := markov.Spec{D: 2, N: "1", P: "0.68", Prior: markov.PriorSpec{Text: "beta:2.7,0.8"}} // level 0 leaves a gap
	seen := map[Stop]bool{}
	for name, c := range map[string]struct {
		recover func() (*Recovery, error)
		want    Stop
		status  Status
		work    func(r *Recovery) bool // what must have been done, and how much of it
	}{
		"certified": {task(markov.Spec{D: 2}), StopCertified, Certified, func(r *Recovery) bool {
			return r.Starts == 36 && r.Evaluations > 0 && r.Boxes == 0
		}},
		"realisable": {task(markov.Spec{D: 1, Bias: true}), StopCertified, Certified, nil},
		"ended": {func() (*Recovery, error) { return Recover(ended, taskForm(t, open), Settings{}) },
			StopTime, Interrupted, func(r *Recovery) bool { return r.Evaluations == 0 && r.Boxes == 0 }},
		"cancelled": {func() (*Recovery, error) { return Recover(cancelled, taskForm(t, open), Settings{}) },
			StopInterrupted, Interrupted, nil},
		"certificate of level 0 alone": {func() (*Recovery, error) {
			return Recover(background, taskForm(t, open), Settings{Boxes: -1, Level: -1})
		}, StopNoProgress, Exhausted, func(r *Recovery) bool { return r.Starts >= 360 && r.Evaluations > 500 }}, // of level 0, and of what bounds the relaxation
		"few boxes": {func() (*Recovery, error) {
			return Recover(background, taskForm(t, open), Settings{Boxes: 50, Level: -1})
		}, StopBoxes, Exhausted, func(r *Recovery) bool { return r.Boxes >= 50 && r.Boxes < 400 }},
		"boxes whose rounding is estimated": {func() (*Recovery, error) {
			return Recover(background, taskForm(t, open), Settings{Level: -1})
		}, StopUnproven, Exhausted, func(r *Recovery) bool { return r.Boxes > 50 && r.Boxes < DefaultBoxes }},
		"sampled moments": {task(markov.Spec{D: 3, Start: "stationary"}), StopUnproven, Exhausted, nil},
		"no certificate for a singular H": {task(markov.Spec{D: 2, Bias: true}), StopStarts, Exhausted, func(r *Recovery) bool {
			return r.Starts >= 12*4*moreStarts && r.Evaluations == 0
		}},
		"several heads": {func() (*Recovery, error) {
			return Recover(background, taskForm(t, markov.Spec{D: 4}), Settings{Heads: 2, Starts: 7})
		}, StopStarts, Exhausted, func(r *Recovery) bool { return r.Starts == 7 }},
		"boxes of several heads": {func() (*Recovery, error) {
			return Recover(background, randomForm(rand.New(rand.NewPCG(1, 1)), 3, 100), Settings{Heads: 3, Boxes: 100})
		}, StopBoxes, Exhausted, func(r *Recovery) bool { return r.Boxes == 100 }},
	} {
		r, err := c.recover()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		seen[r.Stopped] = true
		if r.Stopped != c.want || r.Status != c.status || c.work != nil && !c.work(r) {
			t.Errorf("%s: stopped by %q (%v), want %q (%v); %d starts, %d evaluations, %d boxes, gap %g",
				name, r.Stopped, r.Status, c.want, c.status, r.Starts, r.Evaluations, r.Boxes, r.RelativeGap())
		}
	}
	for _, stop := range Stops() {
		if !seen[stop] {
			t.Errorf("nothing stops for the reason %q", stop)
		}
	}
}
