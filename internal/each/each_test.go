package each_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"markovicl/internal/each"
)

// do is each.Do with one work function for all goroutines.
func do(ctx context.Context, n, workers int, work func(i int) error) error {
	return each.Do(ctx, n, each.Settings{Workers: workers}, func(int) func(int) error { return work })
}

func TestEveryIndexOnce(t *testing.T) {
	for _, n := range []int{0, 1, 7, 1000} {
		for _, workers := range []int{0, 1, 3, 50} {
			calls := make([]atomic.Int32, n)
			var reports []int
			numbers := make([]atomic.Bool, each.Workers(workers, n))
			err := each.Do(t.Context(), n, each.Settings{Workers: workers, Progress: func(done int) { reports = append(reports, done) }}, func(worker int) func(int) error {
				if numbers[worker].Swap(true) {
					t.Errorf("two goroutines have the number %d", worker)
				}
				return func(i int) error {
					calls[i].Add(1)
					return nil
				}
			})
			if err != nil {
				t.Error(err)
			}
			for i := range calls {
				if calls[i].Load() != 1 {
					t.Fatalf("%d of %d was done %d times", i, n, calls[i].Load())
				}
			}
			if len(reports) != n || !slices.IsSorted(reports) || n > 0 && reports[n-1] != n {
				t.Errorf("progress went %v of %d", reports, n)
			}
		}
	}
}

// The error is that of the smallest index that fails, whoever comes first.
func TestFirstError(t *testing.T) {
	for range 200 {
		for _, workers := range []int{1, 2, 8} {
			err := do(t.Context(), 100, workers, func(i int) error {
				if i == 20 {
					runtime.Gosched() // let others fail before
				}
				if i >= 20 {
					return fmt.Errorf("index %d", i)
				}
				return nil
			})
			if err == nil || err.Error() != "index 20" {
				t.Fatalf("%d workers: error %v", workers, err)
			}
		}
	}
}

func TestContext(t *testing.T) {
	stopped := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	var done atomic.Int32
	err := do(ctx, 1_000_000, 2, func(i int) error {
		if done.Add(1) == 10 {
			cancel(stopped)
		}
		return nil
	})
	if err != stopped {
		t.Errorf("error %v", err)
	}
	if n := done.Load(); n < 10 || n > 20 {
		t.Errorf("%d indexes were done after the end", n)
	}
	if err := do(ctx, 3, 2, func(int) error { t.Error("an index was begun"); return nil }); err != stopped {
		t.Errorf("error %v", err)
	}
	if err := do(ctx, 0, 2, nil); err != nil {
		t.Errorf("error %v of nothing", err)
	}
	late, end := context.WithCancel(t.Context())
	if err := do(late, 1, 1, func(int) error { end(); return nil }); err != nil {
		t.Errorf("error %v though all was done", err)
	}
}

// Floating sums in the order of the indexes have the same bits for any number of
// workers, and different ones in other orders.
func TestMerge(t *testing.T) {
	sum := func(workers int) (total float64) {
		next := 0
		err := each.Merge(t.Context(), 2000, each.Settings{Workers: workers}, func(int) func(int) (float64, error) {
			return func(i int) (float64, error) { return math.Sin(float64(i)) * math.Exp(float64(i%30)), nil }
		}, func(i int, x float64) {
			if i != next {
				t.Fatalf("%d came after %d", i, next-1)
			}
			next++
			total += x
		})
		if err != nil || next != 2000 {
			t.Fatalf("%d merged, error %v", next, err)
		}
		return total
	}
	want := sum(1)
	for range 20 {
		for _, workers := range []int{2, 5} {
			if got := sum(workers); got != want {
				t.Fatalf("%d workers: %.17g, want %.17g", workers, got, want)
			}
		}
	}
	var seen []int
	err := each.Merge(t.Context(), 100, each.Settings{Workers: 4}, func(int) func(int) (int, error) {
		return func(i int) (int, error) {
			if i >= 10 {
				return 0, errors.New("ten")
			}
			return i, nil
		}
	}, func(i, x int) { seen = append(seen, x) })
	if err == nil || !slices.Equal(seen, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("before the error %v came %v", err, seen)
	}
}

func TestPanic(t *testing.T) {
	for _, workers := range []int{1, 3} {
		func() {
			defer func() {
				r := fmt.Sprint(recover())
				if !strings.HasPrefix(r, "broken") || !strings.Contains(r, "each_test.go") {
					t.Errorf("the panic of the caller is %s", r)
				}
			}()
			do(t.Context(), 10, workers, func(i int) error {
				if i == 5 {
					panic("broken")
				}
				return nil
			})
		}()
	}
}

// The price of an index, beside that of a plain loop.
func BenchmarkIndex(b *testing.B) {
	xs := make([]float64, 10_000)
	work := func(i int) { xs[i] = math.Sin(float64(i)) }
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range xs {
				work(i)
			}
		}
	})
	b.Run("each", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			each.Index(len(xs), work)
		}
	})
	b.Run("begin", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			each.Index(2, work)
		}
	})
}
