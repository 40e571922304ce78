//go:build unix

package sweep_test

import (
	"strconv"
	"sync"
	"testing"

	"markovicl/sweep"
)

// BenchmarkDatabase is the overhead of a question by way of a database: two workers, each
// with two questions at the same time, and a PostgreSQL that syncs every commit, all on
// this machine. It reports questions a second from the first fetch to the last commit.
func BenchmarkDatabase(b *testing.B) {
	s := newServer(b)
	defer s.stop()
	url := s.database(b)
	db := mustOpen(b, url)
	g := &sweep.Grid{Command: "optimum", Flags: []sweep.Setting{{Name: "d", Words: []string{"1"}}, {Name: "n", Words: []string{"10"}}}, Over: []sweep.Axis{{Name: "seed"}}}
	for i := range b.N {
		g.Over[0].Values = append(g.Over[0].Values, strconv.Itoa(i))
	}
	mustAdd(b, db, g, sweep.Enqueue{})
	b.ResetTimer()
	var wait sync.WaitGroup
	for range 2 {
		own := mustOpen(b, url)
		wait.Go(func() { mustWork(b, own, worker()) })
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}
