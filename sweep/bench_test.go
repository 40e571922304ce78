package sweep_test

import (
	"strconv"
	"testing"

	"markovicl/sweep"
)

// BenchmarkTrivial is the overhead of a question in one process: the enlarged optimum of the
// smallest task, from the grid to its entry in the store and the table. It reports questions a second.
func BenchmarkTrivial(b *testing.B) {
	b.ReportAllocs()
	g := &sweep.Grid{Command: "optimum", Flags: []sweep.Setting{{Name: "d", Words: []string{"1"}}, {Name: "n", Words: []string{"10"}}}, Over: []sweep.Axis{{Name: "seed"}}}
	for i := range b.N {
		g.Over[0].Values = append(g.Over[0].Values, strconv.Itoa(i))
	}
	b.ResetTimer()
	mustRun(b, b.TempDir(), g, settings())
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}
