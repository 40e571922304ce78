//go:build unix

package sweep_test

import (
	"os"
	"sync"
	"testing"

	"markovicl/sweep"
)

// BenchmarkDatabase is the overhead of a question by way of a database: two workers, each
// with two questions at the same time, and a PostgreSQL that syncs every commit, all on
// this machine. It reports questions a second from the first fetch to the last commit.
func BenchmarkDatabase(b *testing.B) {
	s := newServer(b)
	defer os.RemoveAll(s.dir)
	defer s.stop()
	url := s.database(b, "bench")
	db := mustOpen(b, url)
	mustAdd(b, db, trivial(b.N), sweep.Enqueue{})
	answer := trivialAnswer(b)
	b.ResetTimer()
	var wait sync.WaitGroup
	for range 2 {
		own := mustOpen(b, url)
		wait.Go(func() {
			if err := own.WorkWith(b.Context(), worker(), answer); err != nil {
				b.Error(err)
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}
