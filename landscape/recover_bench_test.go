package landscape

import (
	"context"
	"fmt"
	"testing"

	"markovicl/markov"
)

// BenchmarkRecover times everything: minima, certificate, check.
func BenchmarkRecover(b *testing.B) {
	for _, d := range []int{2, 3, 4, 5, 6, 8} {
		for _, n := range []string{"1", "10", "100"} {
			b.Run(fmt.Sprintf("d=%d/n=%s", d, n), func(b *testing.B) {
				form := taskForm(b, markov.Spec{D: d, N: n})
				b.ReportAllocs()
				for b.Loop() {
					r, err := Recover(context.Background(), form, Settings{})
					if err != nil {
						b.Fatal(err)
					}
					if !r.Certified() {
						b.Fatalf("relative gap %g", r.RelativeGap())
					}
				}
			})
		}
	}
}
