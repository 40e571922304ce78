package ask

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/markov"
	"markovicl/predict"
)

// A metric that a predictor cannot have is null, with its standard error; the
// others are numbers.
func TestScoresInJSON(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 1})
	if err != nil {
		t.Fatal(err)
	}
	half := predict.Metric{Mean: 0.5, SE: 0.25}
	for _, c := range []struct {
		score predict.Score
		want  string
	}{
		{
			predict.Score{Name: "fixed", MSE: predict.Metric{Mean: 0.1875, SE: 0.125}, Accuracy: predict.Metric{Mean: 0.75, SE: 0.25}},
			`{"name":"fixed","mse":0.1875,"mse_se":0.125,"accuracy":0.75,"accuracy_se":0.25,"accuracy_mode":null,"accuracy_mode_se":null,"log_loss":null,"log_loss_se":null}`,
		},
		{
			predict.Score{Name: "law", AccuracyMode: &half, LogLoss: &half},
			`{"name":"law","mse":0,"mse_se":0,"accuracy":0,"accuracy_se":0,"accuracy_mode":0.5,"accuracy_mode_se":0.25,"log_loss":0.5,"log_loss_se":0.25}`,
		},
	} {
		got, err := json.Marshal(newPredictorScore(task, c.score))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.score.Name, diff)
		}
	}
}
