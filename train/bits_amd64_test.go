package train

import (
	"math"
	"testing"

	"markovicl/markov"
)

// TestBits pins trained losses to the bit, so that nobody changes what a seed
// means by accident, and so that the build without vector kernels (-tags purego)
// is held to the same numbers. Other architectures may fuse products into sums
// outside of the kernels.
func TestBits(t *testing.T) {
	for _, c := range []struct {
		dense bool
		want  uint64
	}{{false, 0x3fcb6ec94a5ca154}, {true, 0x3fca12dac28a5668}} {
		config := quick()
		config.Layers, config.Heads, config.Dense = 3, 2, c.dense
		r := mustRun(t, Problem{Task: mustTask(t, markov.Spec{D: 4, N: "100"}), Config: config, Seed: 1}, Settings{})
		if got := math.Float64bits(r.Train.MSE.Mean); got != c.want {
			t.Errorf("dense %v: loss %v has the bits %#x, want %#x", c.dense, r.Train.MSE.Mean, got, c.want)
		}
	}
}
