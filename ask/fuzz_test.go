package ask

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"
)

// Huge, tiny, subnormal, zero and non-finite numbers in every question that takes
// numbers: there is an answer in JSON or an error that says something, and never a
// panic.
func FuzzNumbers(f *testing.F) {
	extreme := []float64{0, math.Copysign(0, -1), 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-310, 1e300, 1e-160, 0.5, 1 - 0x1p-53, math.Inf(1), math.NaN()}
	for which := range uint8(8) {
		for i, x := range extreme {
			f.Add(which, x, extreme[(i+3)%len(extreme)], extreme[(i+7)%len(extreme)])
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, x, y, z float64) {
		number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
		points := []byte(number(x) + "," + number(y) + "\n" + number(z) + "," + number(x) + "\n")
		files := map[string][]byte{
			"a.csv": points, "b.csv": []byte(number(y) + "," + number(z) + "\n"),
			"x.csv":  []byte(number(x) + "," + number(y) + "," + number(z) + "\n"),
			"m.json": fmt.Appendf(nil, `{"heads":[{"b":[%s,%s],"A":[[%s],[%s]]}]}`, number(x), number(y), number(z), number(x)),
		}
		question := []string{
			`{"command":"optimum","d":1,"prior":"beta:%[1]s,%[2]s","p":"%[3]s"}`,
			`{"command":"recover","d":1,"starts":2,"prior":"beta:%[1]s,%[2]s","p":"%[3]s"}`,
			`{"command":"recover","x":"x.csv"}`,
			`{"command":"score","params":"m.json","d":1,"n":3,"prompts":5}`,
			`{"command":"trace","params":"m.json","d":1,"n":3,"prompts":2}`,
			`{"command":"hardness","inside":"a.csv","outside":"b.csv","nodes":20}`,
			`{"command":"hardness","matrix":"a.csv","weights":"a.csv","starts":2}`,
			`{"command":"predict","simulate":true,"d":1,"n":3,"prior":"beta:%[1]s,%[2]s","p":"%[3]s","predictors":"bayes,logistic,svm,linear"}`,
		}[which%8]
		if which%8 < 2 || which%8 == 7 {
			question = fmt.Sprintf(question, number(x), number(y), number(z))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		answer, bad := Exchange(ctx, []byte(question), files, "", nil)
		if bad == nil && !json.Valid(answer) || bad != nil && bad.Message == "" {
			t.Errorf("%s with %v, %v, %v: %q, %v", question, x, y, z, answer, bad)
		}
	})
}
