package markov

import (
	"math"
	"math/bits"
)

// xoshiro is the generator xoshiro256++ of Blackman and Vigna ("Scrambled linear
// pseudorandom number generators", 2021). It has nothing to wait for but its own
// last state, a few cycles, where PCG waits for a product of 128 bits, and random
// words are most of what a prompt costs.
type xoshiro struct{ s0, s1, s2, s3 uint64 }

// seed starts the generator from two words, spread over its state by SplitMix64
// as its authors advise.
func (x *xoshiro) seed(hi, lo uint64) {
	golden := uint64(0x9e3779b97f4a7c15)
	x.s0 = mix(hi + golden)
	x.s1 = mix(hi + 2*golden)
	x.s2 = mix(lo + golden)
	x.s3 = mix(lo + 2*golden)
}

// Uint64 returns a uniform word.
func (x *xoshiro) Uint64() uint64 {
	var word uint64
	word, *x = x.next()
	return word
}

// next returns a uniform word and the state after it; by value, so that a loop
// has it in registers.
func (x xoshiro) next() (uint64, xoshiro) {
	word := bits.RotateLeft64(x.s0+x.s3, 23) + x.s0
	t := x.s1 << 17
	x.s2 ^= x.s0
	x.s3 ^= x.s1
	x.s1 ^= x.s2
	x.s0 ^= x.s3
	x.s2 ^= t
	x.s3 = bits.RotateLeft64(x.s3, 45)
	return word, x
}

// threshold is a probability as the digits that random digits are compared
// with.
type threshold struct {
	p      float64
	digits uint64 // the first 64 binary digits of p
	more   bool   // p has other digits than 0 after them
}

func newThreshold(p float64) threshold {
	if p >= 1 {
		return threshold{1, math.MaxUint64, true} // 0.111..
	}
	scaled := p * (1 << 64) // exact
	digits := uint64(scaled)
	return threshold{p, digits, scaled != float64(digits)}
}

// digit returns the binary digit of p with weight 2^-k, k >= 1, as a word.
func (t threshold) digit(k int) uint64 {
	if t.p >= 1 {
		return math.MaxUint64
	}
	fraction, exponent := math.Frexp(t.p)
	shift := 53 - exponent - k // of the digit among the 53 of the fraction
	if shift < 0 || shift > 52 {
		return 0
	}
	return -(uint64(math.Ldexp(fraction, 53)) >> shift & 1)
}

// lastDigit is the weight, as a negative power of 2, below which no float64 has
// digits.
const lastDigit = 1074
