package landscape

import (
	"context"
	"testing"
	"time"

	"markovicl/markov"
)

func TestLevel1Quick(t *testing.T) {
	for d := 1; d <= 3; d++ {
		for _, n := range []string{"1", "10", "100"} {
			form := taskForm(t, markov.Spec{D: d, N: n, Bias: true})
			begin := time.Now()
			evals := 0
			r, err := Recover(context.Background(), form, Settings{Level: 1, Progress: func(_, _ float64) { evals++ }})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("d %d n %s: %v loss %.12g lower %.12g gap %.2e %v %q %v evals %d", d, n, time.Since(begin), r.Loss, r.LowerBound, r.RelativeGap(), r.Realisable, r.Note, r.Status, evals)
			if r.Certificate != nil {
				begin = time.Now()
				v, err := r.Certificate.Verify()
				t.Log(v, err, time.Since(begin))
			}
		}
	}
}
