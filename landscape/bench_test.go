package landscape

import (
	"fmt"
	"runtime"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// Everything that `optimum` does for one binary task: moments, form, minimum.
func BenchmarkOptimum(b *testing.B) {
	for _, c := range []struct{ order, d int }{{1, 1}, {1, 5}, {1, 10}, {1, 15}, {1, 20}, {2, 5}, {2, 8}} {
		b.Run(fmt.Sprintf("order=%d/d=%d", c.order, c.d), func(b *testing.B) {
			task := newTask(b, markov.Spec{Order: c.order, D: c.d, N: "100"})
			b.ReportAllocs()
			var o *Optimum
			for b.Loop() {
				o = minimise(b, task)
			}
			b.ReportMetric(float64(o.Dimension), "unknowns")
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.Sys)/(1<<30), "GiB")
		})
	}
}

func BenchmarkOptimumExact(b *testing.B) {
	for _, d := range []int{1, 3, 5} {
		b.Run(fmt.Sprintf("d=%d", d), func(b *testing.B) {
			task := newTask(b, markov.Spec{D: d, N: "100"})
			b.ReportAllocs()
			for b.Loop() {
				minimiseExact(b, task)
			}
		})
	}
}

// One set of moments, many n.
func BenchmarkAt(b *testing.B) {
	for _, d := range []int{5, 10, 20} {
		b.Run(fmt.Sprintf("d=%d", d), func(b *testing.B) {
			m, err := moment.Of(b.Context(), newTask(b, markov.Spec{D: d}), moment.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				m.At(10)
			}
		})
	}
}
