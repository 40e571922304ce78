package certificate

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestDotInt(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		n := r.IntN(50)
		x, y := make([]int64, n), make([]int64, n)
		want, got := new(big.Int), new(big.Int)
		for i := range n {
			x[i], y[i] = r.Int64N(1<<53)-1<<52, r.Int64N(1<<53)-1<<52
			want.Add(want, new(big.Int).Mul(big.NewInt(x[i]), big.NewInt(y[i])))
		}
		if dotInt(got, x, y); got.Cmp(want) != 0 {
			t.Fatalf("%v . %v = %v, want %v", x, y, got, want)
		}
	}
}
