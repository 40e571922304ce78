package paper

import (
	"strings"
	"testing"

	"markovicl/markov"
	"markovicl/train"
	"markovicl/transformer"
)

func TestFigure7(t *testing.T) {
	size := figure7Size{d: 2, n: 8, groups: []int{1, 2}, prompts: 10, seeds: []uint64{1, 2}}
	size.model = train.DefaultsOf("gpt2-tiny")
	size.model.Width, size.model.Batch, size.model.Steps = 16, 4, 5
	r, err := figure7Of(t.Context(), size, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	heads := table(t, r, "heads")
	if want := 2 * 2 * 2 * 3 * 3; len(heads.Rows) != want { // seeds, groups, trained or not, layers, heads with their mean
		t.Errorf("%d rows, want %d", len(heads.Rows), want)
	}
	if maps := table(t, r, "map-groups-2"); len(maps.Rows) != (1+3*3)*8*8 {
		t.Errorf("%d entries of maps", len(maps.Rows))
	}
	if len(r.Plots) != 2 || len(r.Plots[1].Panels) != 4 {
		t.Errorf("%d plots", len(r.Plots))
	}
}

// TestJudge7: the verdict follows the numbers.
func TestJudge7(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 2, N: "8"})
	if err != nil {
		t.Fatal(err)
	}
	study := func(first, last float64) *transformer.Study {
		return &transformer.Study{Groups: 2, Heads: []transformer.HeadStudy{{Layer: 1, Contrast: first, ContrastSE: 0.001}, {Layer: 3, Contrast: last, ContrastSE: 0.001}}}
	}
	size := figure7Size{groups: []int{2}, model: train.DefaultsOf("gpt2-tiny")}
	for _, c := range []struct {
		first, last, untrained float64
		want                   Verdict
	}{
		{0.001, 0.02, 0, Holds}, {0.001, 0.001, 0, Differs}, {0.03, 0.02, 0, HoldsUnder}, {0.001, 0.02, 0.02, HoldsUnder},
	} {
		r := (&Result{}).judge7(size, task, map[bool]map[int][]*transformer.Study{
			true: {2: {study(c.first, c.last)}}, false: {2: {study(0, c.untrained)}},
		})
		if r.Verdict != c.want || !strings.Contains(r.Why, "rank correlation") {
			t.Errorf("%+v: %s: %s", c, r.Verdict, r.Why)
		}
	}
}
