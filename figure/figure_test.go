package figure

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCheck(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	number := func(x float64) *float64 { return &x }
	line := func(x, y Numbers) Plot { return Plot{Name: "p", Series: []Series{{X: x, Y: y}}} }
	log := Axis{Log: true}
	heat := func(z ...Numbers) Plot {
		return Plot{Name: "p", Heat: &Heat{X: Numbers{0, 1}, Y: Numbers{0, 1}, Z: z}}
	}
	banded := heat(Numbers{1, 2}, Numbers{1, 2})
	banded.Heat.Bands = 1
	for name, p := range map[string]Plot{
		"line":   line(Numbers{1, inf}, Numbers{1, 2}),
		"heat":   heat(Numbers{1, nan}, Numbers{1, 1}),
		"panels": Plot{Name: "p", Panels: []Plot{line(Numbers{1}, Numbers{1})}},
	} {
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, p := range map[string]Plot{
		"empty plot":                Plot{Name: "p"},
		"y NaN":                     line(Numbers{1}, Numbers{nan}),
		"y infinite":                line(Numbers{1}, Numbers{inf}),
		"x minus infinity":          line(Numbers{math.Inf(-1)}, Numbers{1}),
		"lengths":                   line(Numbers{1, 2}, Numbers{1}),
		"zero on a log axis":        Plot{Name: "p", X: log, Series: []Series{{X: Numbers{0}, Y: Numbers{1}}}},
		"band upside down":          Plot{Name: "p", Series: []Series{{X: Numbers{0}, Y: Numbers{1}, Low: []float64{2}, High: []float64{1}}}},
		"half a band":               Plot{Name: "p", Series: []Series{{X: Numbers{0}, Y: Numbers{1}, Low: []float64{2}}}},
		"level NaN":                 Plot{Name: "p", Levels: []Level{{Y: nan}}, Series: []Series{{X: Numbers{0}, Y: Numbers{1}}}},
		"axis upside down":          Plot{Name: "p", X: Axis{Min: number(1), Max: number(0)}, Series: []Series{{X: Numbers{0}, Y: Numbers{1}}}},
		"empty heat":                heat(Numbers{nan, nan}, Numbers{nan, nan}),
		"ragged heat":               heat(Numbers{1}, Numbers{1, 2}),
		"infinite heat":             heat(Numbers{1, inf}, Numbers{1, 2}),
		"panel in a panel":          Plot{Name: "p", Panels: []Plot{{Panels: []Plot{line(Numbers{1}, Numbers{1})}}}},
		"panels and more":           Plot{Name: "p", Panels: []Plot{line(Numbers{1}, Numbers{1})}, Levels: []Level{{}}},
		"categories on a log":       Plot{Name: "p", X: Axis{Log: true, Categories: []string{"a"}}, Series: []Series{{X: Numbers{1}, Y: Numbers{1}}}},
		"x that goes back":          line(Numbers{2, 1}, Numbers{1, 1}),
		"heat columns that go back": Plot{Name: "p", Heat: &Heat{X: Numbers{1, 0}, Y: Numbers{0, 1}, Z: []Numbers{{1, 1}, {1, 1}}}},
		"one band":                  banded,
	} {
		if p.Check() == nil {
			t.Errorf("%s: nothing was found wrong", name)
		}
	}
}

func TestSeries(t *testing.T) {
	var s Series
	s.Add(1, 4)
	s.Add(2, 3)
	if s.At(1) != 4 || s.Last() != 3 {
		t.Errorf("at 1 there is %v, at the end %v", s.At(1), s.Last())
	}
	defer func() {
		if recover() == nil {
			t.Error("a value between the points was given")
		}
	}()
	s.At(1.5)
}

func TestNumbersJSON(t *testing.T) {
	v := Numbers{1, 0.1, math.Inf(1), math.Inf(-1), math.NaN()}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[1,0.1,"inf","-inf",null]`; string(data) != want {
		t.Errorf("%s, want %s", data, want)
	}
	var back Numbers
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v, back, cmpopts.EquateNaNs()); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`["x"]`, `[true]`, `1`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was taken for numbers", bad)
		}
	}
}
