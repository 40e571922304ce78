package paper

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/trace"
)

func TestFindTurn(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	curves := func(levels []float64, noise float64) []float64 {
		var out []float64
		for range 200 {
			base := rng.Float64() // of a prompt: it cancels in its differences
			for _, x := range levels {
				out = append(out, base+x+noise*rng.NormFloat64())
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		levels []float64
		noise  float64
		layer  int // -1: any
		turns  bool
	}{
		"falls, rises":     {[]float64{3, 2, 1, 2}, 0.3, 2, true},
		"only falls":       {[]float64{3, 2, 1, 0}, 0.3, 3, false},
		"only rises":       {[]float64{0, 1, 2, 3}, 0.3, 0, false},
		"level":            {[]float64{1, 1, 1, 1}, 0.3, -1, false},
		"falls, stays low": {[]float64{3, 1, 1, 1}, 0, -1, false},
	} {
		got := findTurn(curves(c.levels, c.noise), len(c.levels)-1)
		if c.layer >= 0 && got.Layer != c.layer || got.FallsThenRises != c.turns {
			t.Errorf("%s: %+v", name, got)
		}
		if fall := c.levels[0] - c.levels[got.Layer]; math.Abs(got.Fall.Mean-fall) > 5*got.Fall.SE+1e-12 {
			t.Errorf("%s: fall %v +- %v, want %v", name, got.Fall.Mean, got.Fall.SE, fall)
		}
		if got.Fall.SE > 0.06 {
			t.Errorf("%s: standard error %v; differences within a prompt have about %v", name, got.Fall.SE, 0.3*math.Sqrt(2)/10)
		}
	}
}

func TestFigure2(t *testing.T) {
	t.Parallel()
	size := figure2Size{
		positions: []int{3, 2}, steps: [2]int{150, 300}, batch: 100, evaluation: 500, seeds: 2, prompts: 24,
		front: trace.FrontSettings{Samples: 100, Rounds: 1, Seed: 1},
	}
	run := func(size figure2Size) *Result {
		last := -1
		r, err := figure2Of(context.Background(), 1, size, func(done, total int) {
			if done <= last || done > total {
				t.Errorf("progress %d of %d after %d", done, total, last)
			}
			last = done
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run(size)
	small := size // for equal bits a few steps are enough
	small.steps, small.batch, small.evaluation, small.prompts = [2]int{15, 30}, 50, 50, 10
	small.front.Samples = 20
	if diff := cmp.Diff(run(small), run(small)); diff != "" {
		t.Errorf("equal settings, different results: %s", diff)
	}
	// What the sign of w makes of a trained model: the squared residuals rise with
	// the distance at w, and the distance at -w falls by more than half.
	for _, row := range r.Tables[0].Rows {
		cell := func(name string) any {
			for j, column := range r.Tables[0].Columns {
				if column == name {
					return row[j]
				}
			}
			t.Fatalf("no column %s", name)
			return nil
		}
		first, last := cell("gd_first").(float64), cell("gd_last").(float64)
		if cell("at") == "w" && last < 1.5*first || cell("at") == "-w" && last > first/2 {
			t.Errorf("at %v the distance goes from %v to %v", cell("at"), first, last)
		}
	}
	if len(r.Tables[0].Rows) != 2*8 || len(r.Tables[1].Rows) != 8*11 || len(r.Tables[2].Rows) != 3 || len(r.Plots) != 2+2+1 {
		t.Errorf("%d rows of turns, %d by layer, %d boxes, %d plots", len(r.Tables[0].Rows), len(r.Tables[1].Rows), len(r.Tables[2].Rows), len(r.Plots))
	}
	spread := table(t, r, "spread")
	if len(spread.Rows) != 4*8 {
		t.Errorf("%d rows of spread, want 32", len(spread.Rows))
	}
	for _, row := range spread.Rows {
		for _, k := range []int{6, 12} { // median, 10% and 90%
			if median, low, high := row[k].(float64), row[k+1].(float64), row[k+2].(float64); !(low <= median && median <= high) {
				t.Errorf("quantiles out of order: %v", row)
			}
		}
		if row[10].(float64) > row[6].(float64) || row[10].(float64) > row[12].(float64) {
			t.Errorf("the lowest median is not the lowest: %v", row)
		}
	}
	turns := map[int]float64{}
	for i := 0; i < len(r.Tables[0].Rows); i += 2 { // rows at w
		row := r.Tables[0].Rows[i]
		if row[len(row)-1].(bool) {
			turns[row[1].(int)]++
		}
	}
	short, long := turns[150]/4, turns[300]/4
	if *r.Ours != long || r.Verdict != verdictFigure2(turnCount{models: 4, direct: int(4 * short)}, turnCount{models: 4, direct: int(4 * long)}) {
		t.Errorf("shares %v and %v give %v and %q", short, long, *r.Ours, r.Verdict)
	}
}

func TestQuantile(t *testing.T) {
	for want, share := range map[float64]float64{1: 0, 2.5: 0.5, 4: 1, 1.3: 0.1} {
		if got := quantile([]float64{3, 1, 4, 2}, share); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %v is %v, want %v", share, got, want)
		}
	}
}
