package text_test

import (
	"strings"
	"testing"

	"markovicl/ask"
	"markovicl/ask/text"
)

// The last sentence says where the loss stands: beside one layer, and for more than one
// layer or head beside what no such model is below.
func TestStandingOfScore(t *testing.T) {
	floor, se, bayes := 0.2, 0.001, 0.1
	above := func(x float64) *float64 { return &x }
	for _, c := range []struct {
		about ask.ScoredModel
		above *float64
		want  string
	}{
		{ask.ScoredModel{Kind: "structured", Layers: 1, Heads: 1}, above(0.05), "The loss is 5 % above that of the best one-layer transformer."},
		{ask.ScoredModel{Kind: "structured", Layers: 1, Heads: 1}, above(50), "The loss is 51 times that of the best one-layer transformer."},
		{ask.ScoredModel{Kind: "dense", Layers: 2, Heads: 1}, above(-0.05), "The loss is 5 % below that of the best one-layer transformer, and 10 % above the floor of every depth."},
		{ask.ScoredModel{Kind: "structured", Layers: 1, Heads: 3}, nil, "The loss is 10 % above the floor of every depth."},
		{ask.ScoredModel{Kind: "transformer", Layers: 3, Heads: 2}, nil, "The loss is 2.2 times the Bayes risk."},
		{ask.ScoredModel{Kind: "enlarged", Layers: 1}, nil, ""},
	} {
		answer := ask.ScoreAnswer{
			Model: c.about, Loss: 0.22, AboveBest: c.above, BayesRisk: &bayes, BayesRiskSE: &se,
			FloorAnswer: ask.FloorAnswer{Floor: &floor, FloorSE: &se},
		}
		var b strings.Builder
		if err := text.Write(&b, &ask.Score{}, answer); err != nil {
			t.Fatal(err)
		}
		_, last, found := strings.Cut(b.String(), "\n\nThe loss")
		if got := "The loss" + strings.TrimSuffix(last, "\n"); found != (c.want != "") || found && got != c.want {
			t.Errorf("%+v: %q, want %q", c.about, got, c.want)
		}
	}
}
