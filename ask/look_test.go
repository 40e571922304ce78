package ask

import (
	"encoding/json"
	"math"
	"testing"
)

func exchange(t *testing.T, question string, into any) {
	t.Helper()
	data, bad := Exchange(t.Context(), []byte(question), nil, "", nil)
	if bad != nil {
		t.Fatalf("%s: %v", question, bad)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
}

// The lowest point of a sampled landscape is near the lowest minimum, nothing lies
// below it, and the minimum is recover's best transformer.
func TestLandscape(t *testing.T) {
	for question, dim := range map[string]int{
		`{"command":"landscape","d":1,"n":5,"points":720}`: 2,
		`{"command":"landscape","d":2,"n":10,"points":60}`: 3,
	} {
		var a struct {
			LossEnlarged float64 `json:"loss_enlarged"`
			Minima       []struct {
				Loss float64
				B    []float64
			}
			Directions [][]float64
			Loss       []float64
			Map        [][]*float64
		}
		exchange(t, question, &a)
		lowest, inside, total := math.Inf(1), 0, 0
		for _, row := range a.Map {
			for _, x := range row {
				total++
				if x != nil {
					lowest = min(lowest, *x)
					inside++
				}
			}
		}
		for _, x := range a.Loss {
			lowest = min(lowest, x)
		}
		if dim == 3 && math.Abs(float64(inside)/float64(total)-math.Pi/4) > 0.02 {
			t.Errorf("%s: %d of %d cells are in the disc", question, inside, total)
		}
		best := a.Minima[0].Loss
		if len(a.Minima[0].B) != dim || lowest < best*(1-1e-12) || lowest > best*1.02 || best < a.LossEnlarged {
			t.Errorf("%s: lowest sample %.9g, lowest minimum %.9g, enlarged %.9g", question, lowest, best, a.LossEnlarged)
		}
	}
	var at struct {
		At struct {
			Loss      float64
			A         [][]float64
			Descended struct{ Loss float64 }
		}
	}
	exchange(t, `{"command":"landscape","d":2,"n":10,"at":"0.1,1,-0.2"}`, &at)
	if len(at.At.A) != 3 || !(at.At.Descended.Loss <= at.At.Loss) {
		t.Errorf("the point: %+v", at)
	}
	var best struct{ Loss float64 }
	exchange(t, `{"command":"recover","d":2,"n":10}`, &best)
	if math.Abs(at.At.Descended.Loss-best.Loss) > 1e-9 {
		t.Errorf("descended to %.12g, recover has %.12g", at.At.Descended.Loss, best.Loss)
	}
	for question, field := range map[string]string{
		`{"command":"landscape","d":4,"points":10}`:     "points",
		`{"command":"landscape","d":2,"points":-1}`:     "points",
		`{"command":"landscape","d":2,"at":"1,2"}`:      "at",
		`{"command":"landscape","d":2,"at":"0,0,0"}`:    "at",
		`{"command":"landscape","d":2,"at":"1,2,x"}`:    "at",
		`{"command":"prompt","d":2,"n":"inf"}`:          "n",
		`{"command":"prompt","d":2,"predictors":"who"}`: "predictors",
	} {
		if _, bad := Exchange(t.Context(), []byte(question), nil, "", nil); bad == nil || bad.Kind != Input || bad.Field != field {
			t.Errorf("%s: %+v, want a fault of %q", question, bad, field)
		}
	}
}

// What is shown of a prompt fits together: counts and Gram matrix follow from the
// chains.
func TestPrompt(t *testing.T) {
	type prompt struct {
		Context     [][]int
		Query       []int
		Label       int
		Oracle      []float64
		Counts      [][]int
		Rows        []PromptRow
		Gram        [][]float64
		Features    []float64
		Predictions []struct {
			Name     string
			Expected float64
		}
	}
	var a, b prompt
	exchange(t, `{"command":"prompt","states":3,"d":2,"n":7,"bias":true}`, &a)
	exchange(t, `{"command":"prompt","states":3,"d":2,"n":7,"bias":true,"index":1}`, &b)
	counts, gram := 0, 0.0
	for _, row := range a.Counts {
		for _, c := range row {
			counts += c
		}
	}
	for _, chain := range a.Context {
		gram += float64(chain[1]*chain[2]) / 7
	}
	if len(a.Context) != 7 || counts != 14 || len(a.Rows) != 4 || a.Rows[0].Position != -1 || math.Abs(a.Gram[2][3]-gram) > 1e-12 || a.Gram[0][0] < 1-1e-12 {
		t.Errorf("prompt %+v: %d transitions, mean of x2 y %g", a, counts, gram)
	}
	if sum := a.Oracle[0] + a.Oracle[1] + a.Oracle[2]; math.Abs(sum-1) > 1e-12 || len(a.Predictions) < 8 {
		t.Errorf("the oracle's law adds up to %g; %d predictions", sum, len(a.Predictions))
	}
	same := true
	for i, chain := range a.Context {
		for k := range chain {
			same = same && chain[k] == b.Context[i][k]
		}
	}
	if same {
		t.Error("prompts 0 and 1 have the same chains")
	}
}
