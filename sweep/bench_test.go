package sweep_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"strconv"
	"testing"
	"time"

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

// peak runs what and returns the most bytes of live and not yet collected objects meanwhile.
func peak(what func()) float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	runtime.GC()
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	most := before
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64())
			}
		}
	}()
	what()
	close(stop)
	<-stopped
	return float64(most - before)
}

// square is a grid of about n questions.
func square(n int) *sweep.Grid {
	side := 1
	for side*side < n {
		side++
	}
	axis := func() (values []string) {
		for i := range side {
			values = append(values, strconv.Itoa(i+1))
		}
		return values
	}
	return &sweep.Grid{Command: "optimum", Flags: []sweep.Setting{{Name: "d", Words: []string{"1"}}}, Over: []sweep.Axis{{Name: "n", Values: axis()}, {Name: "seed", Values: axis()}}}
}

// BenchmarkMemory reports the most memory that a sweep of so many questions needs before the
// first of them is asked, and for its tables: -benchtime 1000000x is a million.
func BenchmarkMemory(b *testing.B) {
	b.Run("expand", func(b *testing.B) {
		g := square(b.N)
		ctx, cancel := context.WithCancelCause(b.Context())
		enough := errors.New("enough")
		s := settings()
		s.Progress = func(sweep.Progress) { cancel(enough) } // its first call comes before any work
		b.ResetTimer()
		bytes := peak(func() {
			if _, err := sweep.Run(ctx, b.TempDir(), g, s); !errors.Is(err, enough) {
				b.Error(err)
			}
		})
		b.ReportMetric(bytes/1e6, "MB")
	})
	b.Run("export", func(b *testing.B) {
		g := square(b.N)
		q, err := g.Question(0)
		if err != nil {
			b.Fatal(err)
		}
		answer, err := trivialAnswer(b)(b.Context(), q, ask.Env{})
		if err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		bytes := peak(func() {
			if err := sweep.WriteTables(g, answer, b.TempDir()); err != nil {
				b.Error(err)
			}
		})
		b.ReportMetric(bytes/1e6, "MB")
	})
}
