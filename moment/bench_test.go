package moment

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/markov"
)

// The tables H4 and H22 of binary tasks, against gonum's own matrix product of
// matrices of like size: the metric "of-dgemm" is the ratio of the rates.
func BenchmarkAssembly(b *testing.B) {
	for _, d := range []int{10, 15, 20} {
		b.Run(fmt.Sprintf("d=%d", d), func(b *testing.B) {
			task := newTask(b, markov.Spec{D: d})
			rule, err := gaussJacobi(task.Prior(), exactNodes(task), true)
			if err != nil {
				b.Fatal(err)
			}
			basis := newBasis(task)
			Kq, K4, K22 := len(basis.queryID), len(basis.monomials), Pairs(len(basis.pairID))
			work := 2 * float64(rule.rule.Nodes) * float64(Kq) * float64(K4+K22)
			const nodes = 128
			left, right, product := make([]float64, Kq*nodes), make([]float64, nodes*K22), make([]float64, Kq*K22)
			for i := range left {
				left[i] = 1 / float64(i+1)
			}
			for i := range right {
				right[i] = 1 / float64(i+1)
			}
			var dgemm time.Duration
			var rounds int
			b.ReportAllocs()
			for b.Loop() {
				if _, err := average(b.Context(), basis, rule, starts(task), runtime.GOMAXPROCS(0)); err != nil {
					b.Fatal(err)
				}
				// Measured beside each round, on the same machine in the same mood.
				b.StopTimer()
				start := time.Now()
				blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
					blas64.General{Rows: Kq, Cols: nodes, Stride: nodes, Data: left},
					blas64.General{Rows: nodes, Cols: K22, Stride: K22, Data: right},
					0, blas64.General{Rows: Kq, Cols: K22, Stride: K22, Data: product})
				dgemm += time.Since(start)
				rounds++
				b.StartTimer()
			}
			rate := work * float64(rounds) / b.Elapsed().Seconds()
			reference := 2 * float64(Kq) * nodes * float64(K22) * float64(rounds) / dgemm.Seconds()
			b.ReportMetric(rate/1e9, "GFlop/s")
			b.ReportMetric(rate/reference, "of-dgemm")
		})
	}
}
