package paper

import "testing"

func TestOnto(t *testing.T) {
	t.Parallel()
	r := quick(t, ontoItem)
	if r.Verdict != Differs {
		t.Errorf("verdict %q: %s", r.Verdict, r.Why)
	}
	dimensions := table(t, r, "dimensions")
	for d, want := range map[int]int{1: 3, 2: 8, 3: 15} { // (d+1)^2 - 1
		at := map[string]any{"d": d}
		if got := cell(t, dimensions, "rank", at); got != want {
			t.Errorf("d = %d: rank %v, want %d", d, got, want)
		}
		if space, image := r.Plots[0].Series[0].At(float64(d)), r.Plots[0].Series[1].At(float64(d)); int(space) != d*(d+1)*(d+2)/2 || int(image) != want {
			t.Errorf("d = %d: the plot shows %v and %v dimensions", d, space, image)
		}
		if got := cell(t, dimensions, "realised", at); d > 1 && got != 0 || d == 1 && (got == 0 || got == 50) {
			t.Errorf("d = %d: %v random points of 50 are realised", d, got)
		}
	}
}

func TestVerdictOfOnto(t *testing.T) {
	full := ontoCase{Rank: 3, Dimension: 3, Points: 9, Realised: 9}
	some := ontoCase{Rank: 3, Dimension: 3, Points: 9, Realised: 5}
	less := ontoCase{Rank: 8, Dimension: 12, Points: 9}
	for _, c := range []struct {
		cases []ontoCase
		want  Verdict
	}{{[]ontoCase{full, full}, Holds}, {[]ontoCase{full, some}, HoldsUnder}, {[]ontoCase{full, less}, Differs}} {
		if got := verdictOnto(c.cases); got != c.want {
			t.Errorf("%v: %q, want %q", c.cases, got, c.want)
		}
	}
}
