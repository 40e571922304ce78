package markov

import (
	"fmt"
	"math"
)

// Kernel is a transition kernel: row s is the law of the state after context s,
// which is a state, or for an order k > 1 the last k states.
type Kernel struct {
	states int
	p      []float64 // [rows*S] row-major, rows = S^k
}

// NewKernel returns the kernel with the given rows, flat [S*S] row-major. It is
// an error if an entry is negative or not finite, or a row does not sum to 1
// within rounding.
func NewKernel(states int, p []float64) (Kernel, error) {
	if len(p) != states*states {
		panic(fmt.Sprintf("markov: kernel of %d states with %d entries", states, len(p)))
	}
	for s := range states {
		var sum float64
		for j, x := range p[s*states : (s+1)*states] {
			if !(x >= 0 && x <= 1) {
				return Kernel{}, fmt.Errorf("kernel row %d, column %d: %v is not a probability", s, j, x)
			}
			sum += x
		}
		if math.Abs(sum-1) > 1e-9 {
			return Kernel{}, fmt.Errorf("kernel row %d sums to %v, not to 1", s, sum)
		}
	}
	return Kernel{states, append([]float64(nil), p...)}, nil
}

// BinaryKernel returns the kernel of two states with p01 = P(0 -> 1) and
// p11 = P(1 -> 1), both in [0,1].
func BinaryKernel(p01, p11 float64) Kernel {
	return Kernel{2, []float64{1 - p01, p01, 1 - p11, p11}}
}

// States returns S.
func (k Kernel) States() int { return k.states }

// Next returns the law of the state after the given ones, length S, by the row of
// the last k. The caller must not change it.
func (k Kernel) Next(history []State) []float64 {
	row, contexts := 0, 1
	for i := len(history) - 1; contexts*k.states < len(k.p); i-- {
		row += contexts * int(history[i])
		contexts *= k.states
	}
	return k.p[row*k.states : (row+1)*k.states]
}

// Flat returns all rows, [S^k*S] row-major. The caller must not change them.
func (k Kernel) Flat() []float64 { return k.p }

// Row returns the law of the state after s, length S. The caller must not
// change it.
func (k Kernel) Row(s State) []float64 {
	return k.p[int(s)*k.states : (int(s)+1)*k.states]
}

// Stationary writes the stationary law of k to dst, length S, by the
// elimination of Grassmann, Taksar and Heyman (1985), which subtracts nothing
// and so loses no digits. The law must be unique, which it is when all entries
// are positive; an error says that it is not.
func (k Kernel) Stationary(dst []float64) error {
	S := k.states
	a := append([]float64(nil), k.p...)
	for m := S - 1; m > 0; m-- {
		var out float64 // the rate of leaving m for the states below
		for j := range m {
			out += a[m*S+j]
		}
		if out == 0 {
			return fmt.Errorf("the kernel has no unique stationary law: from state %d no lower state is reached", m)
		}
		for i := range m {
			a[i*S+m] /= out
			for j := range m {
				a[i*S+j] += a[i*S+m] * a[m*S+j]
			}
		}
	}
	dst[0] = 1
	sum := 1.0
	for m := 1; m < S; m++ {
		dst[m] = 0
		for i := range m {
			dst[m] += dst[i] * a[i*S+m]
		}
		sum += dst[m]
	}
	if math.IsInf(sum, 0) || math.IsNaN(sum) {
		return fmt.Errorf("the stationary law of the kernel is beyond floating point: its entries differ by too many orders of magnitude")
	}
	for m := range S {
		dst[m] /= sum
	}
	return nil
}
