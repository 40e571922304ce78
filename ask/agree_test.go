package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestOptimumAgreesWithRecover asks both about random tasks of all kinds: what they
// both say is the same. (loss and claim of an optimum are loss_enlarged and
// enlarged_claim of a recovery.)
func TestOptimumAgreesWithRecover(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 9))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	verdicts := make(map[any]int)
	for range 24 {
		d, embedding, kinds := 1+r.IntN(2), pick("index", "index", "sign", "onehot"), 6
		if r.IntN(8) == 0 {
			d, embedding, kinds = 3, "index", 1
		}
		n := pick("1", "2", "5", "10", "100", "1000000", "inf")
		if d == 3 && n == "1000000" {
			n = "inf" // the certificate may take half a minute otherwise
		}
		task := fmt.Sprintf(`"d":%d,"n":"%s","embedding":"%s"`, d, n, embedding)
		switch r.IntN(6) * kinds / 6 {
		case 3:
			task += `,"bias":true`
		case 1:
			task += `,"start":"` + pick("stationary", "correlated:1/2,1/3,2/3", "correlated:1/2,0,1") + `"`
		case 2:
			task += `,"p":"` + pick("1/100", "0.05", "9/10") + `"`
		}
		task += `,"prior":"` + pick("uniform", "beta:2,5", "beta:1/2,1/2", "beta:100,1", "beta:1,1000", "beta:1/1000,1/1000") + `"`
		if r.IntN(12) == 0 {
			task = fmt.Sprintf(`"states":3,"d":1,"n":5,"embedding":"%s"`, pick("index", "onehot"))
		}
		optimum, recovery := fields(t, `{"command":"optimum",`+task+`}`), fields(t, `{"command":"recover","starts":8,`+task+`}`)
		optimum["loss_enlarged"], optimum["enlarged_claim"] = optimum["loss"], optimum["claim"]
		for _, own := range []string{"loss", "claim", "claim_reason", "loss_error", "parameters"} {
			delete(optimum, own)
		}
		shared := 0
		for name, x := range optimum {
			y, both := recovery[name]
			if !both {
				continue
			}
			shared++
			if !reflect.DeepEqual(x, y) {
				t.Errorf("{%s}: %s is %v of optimum and %v of recover", task, name, x, y)
			}
		}
		if shared < 8 {
			t.Errorf("{%s}: only %d fields are shared", task, shared)
		}
		if lower, ok := recovery["lower_bound"].(float64); ok {
			upper := recovery["loss"].(float64) + recovery["loss_error"].(float64)
			if lower > upper*(1+1e-15) || optimum["enlarged_claim"] != "numeric" && lower < optimum["loss_enlarged"].(float64)*(1-1e-9) {
				t.Errorf("{%s}: enlarged optimum %v, bound %v, loss at most %v are not in order", task, optimum["loss_enlarged"], lower, upper)
			}
		} else if recovery["certified"] == true || recovery["relative_gap"] != nil || recovery["claim_reason"] == "" {
			t.Errorf("{%s}: no bound, but certified %v, gap %v", task, recovery["certified"], recovery["relative_gap"])
		}
		verdicts[optimum["realisable"]]++
	}
	for _, v := range []any{true, false, nil} {
		if verdicts[v] < 2 {
			t.Errorf("realisable is %v in %d of the tasks only", v, verdicts[v])
		}
	}
}

// fields returns the answer's JSON.
func fields(t *testing.T, question string) map[string]any {
	t.Helper()
	answer, err := Ask(context.Background(), parse(t, question), Env{})
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	m := make(map[string]any)
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	for name, x := range m {
		if v, ok := x.(float64); ok && math.IsNaN(v) {
			t.Errorf("%s: %s is NaN", question, name)
		}
	}
	return m
}
