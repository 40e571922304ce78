package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"testing"

	"markovicl/lsa"
)

// Commands that score the same parameters on prompts of the same seed score them on the
// same prompts, by the same rules: score and predict agree to the last bit, whatever kind
// of model it is. Predictions of 0.5 + 1e-10 are above the middle between two states, and
// those of 0.5 at it, with both.
func TestSamePrompts(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	middle := lsa.NewStructured(2, 1, 3) // predicts 0, as both states of the embedding sign lie about it
	deep := lsa.NewStructured(2, 2, 3)
	for _, part := range deep.Parts() {
		for i := range part.Data {
			part.Data[i] = 0.5 * rng.NormFloat64()
		}
	}
	nearly := lsa.NewStructured(2, 1, 3)
	for _, part := range nearly.Parts() {
		for i := range part.Data {
			part.Data[i] = 1e-4
		}
	}
	const signs, stationary = `"n":20,"embedding":"sign"`, `"n":70,"start":"stationary"`
	for name, model := range map[string]*lsa.Structured{"at the middle": middle, "deep": deep, "near the middle": nearly} {
		for _, task := range map[string][]string{"at the middle": {signs}, "deep": {signs, stationary}, "near the middle": {stationary}}[name] {
			data, err := lsa.EncodeSafetensors(model)
			if err != nil {
				t.Fatal(err)
			}
			env := Env{Open: func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
			answer := func(question string, into any) {
				t.Helper()
				reply, err := Ask(context.Background(), parse(t, question), env)
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := Encode(&out, reply); err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(out.Bytes(), into); err != nil {
					t.Fatal(err)
				}
			}
			var score struct{ Loss, LossSE, Accuracy, AccuracySE float64 }
			var alone map[string]any
			answer(`{"command":"score","params":"m.safetensors","prompts":60,"seed":3,`+task+`}`, &alone)
			score.Loss, _ = alone["loss"].(float64)
			score.LossSE, _ = alone["loss_se"].(float64)
			score.Accuracy, _ = alone["accuracy"].(float64)
			score.AccuracySE, _ = alone["accuracy_se"].(float64)
			var beside struct {
				Predictors []struct {
					Name       string
					MSE        float64
					MSESE      float64 `json:"mse_se"`
					Accuracy   float64
					AccuracySE float64 `json:"accuracy_se"`
				}
			}
			answer(`{"command":"predict","simulate":true,"evaluate":true,"predictors":"lsa","params":"m.safetensors","prompts":60,"seed":3,`+task+`}`, &beside)
			found := false
			for _, p := range beside.Predictors {
				if p.Name != "lsa" {
					continue
				}
				found = true
				if p.MSE != score.Loss || p.MSESE != score.LossSE || p.Accuracy != score.Accuracy || p.AccuracySE != score.AccuracySE {
					t.Errorf("%s, %s: predict says %+v, score %+v", name, task, p, score)
				}
			}
			if !found {
				t.Errorf("%s, %s: no predictor lsa among %+v", name, task, beside.Predictors)
			}
		}
	}
}
