package sweep_test

import (
	"context"
	"strconv"
	"testing"

	"markovicl/ask"
	"markovicl/sweep"
)

// trivial is a grid of n questions of which each takes no time.
func trivial(n int) *sweep.Grid {
	g := &sweep.Grid{Command: "optimum", Flags: []sweep.Setting{{Name: "d", Words: []string{"1"}}, {Name: "n", Words: []string{"10"}}}, Over: []sweep.Axis{{Name: "seed"}}}
	for i := range n {
		g.Over[0].Values = append(g.Over[0].Values, strconv.Itoa(i))
	}
	return g
}

// trivialAnswer answers every question as one of a trivial grid, in no time.
func trivialAnswer(tb testing.TB) func(context.Context, ask.Question, ask.Env) ([]byte, error) {
	q, err := trivial(1).Question(0)
	if err != nil {
		tb.Fatal(err)
	}
	reply, err := sweep.AnswerTo(tb.Context(), q, ask.Env{})
	if err != nil {
		tb.Fatal(err)
	}
	return func(context.Context, ask.Question, ask.Env) ([]byte, error) { return reply, nil }
}

// BenchmarkOverhead is all that a sweep does for a question but answer it: from the grid to
// its entry in the store and its row of the tables. It reports questions a second.
func BenchmarkOverhead(b *testing.B) {
	b.ReportAllocs()
	g, answer := trivial(b.N), trivialAnswer(b)
	b.ResetTimer()
	if _, err := sweep.RunWith(b.Context(), b.TempDir(), g, settings(), answer); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}

// BenchmarkSmallest is the same with answers: the enlarged optimum of the smallest task.
func BenchmarkSmallest(b *testing.B) {
	b.ReportAllocs()
	g := trivial(b.N)
	b.ResetTimer()
	mustRun(b, b.TempDir(), g, settings())
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}
