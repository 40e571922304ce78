package moment

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mathext"

	"markovicl/markov"
)

// A randomly shifted lattice rule: points i*(1, a, a^2, ..)/N + shift modulo 1
// (Korobov), folded by the tent map, which makes the integrand periodic
// (Hickernell 2002). The rows of the kernel are broken off a stick, each piece
// by the inverse of its Beta law. Every shift gives an unbiased estimate of
// every moment; shifts are independent, so that their spread is a standard
// error.

// korobov returns the multiplier a, out of some that are tried, whose lattice
// has the least mean squared error over the unit ball of a weighted Sobolev
// space, in which later variables matter less.
func korobov(points, dims int) int {
	dims = min(dims, 24)
	rng := rand.New(markov.Stream(0x6b6f726f626f76, uint64(points)))
	best, least := 1, math.Inf(1)
	for range 40 {
		a := 2*rng.IntN(points/2) + 1
		var sum float64
		for i := range points {
			product, x := 1.0, i
			for j := range dims {
				u := float64(x) / float64(points)
				product *= 1 + (u*u-u+1./6)/float64(1+j)
				x = x * a % points
			}
			sum += product
		}
		if sum < least {
			best, least = a, sum
		}
	}
	return best
}

// leastPiece keeps kernels positive where a tiny alpha makes a piece of the
// stick underflow, so that each has a unique stationary law.
const leastPiece = 1e-300

// lattice returns the lattice rule with the given number of points, a power of
// two, and shift number r of a seed.
func lattice(p markov.Prior, points, a int, seed, r uint64) cubature {
	S := p.States()
	dims := p.Rows() * (S - 1)
	rng := rand.New(markov.Stream(seed, r))
	shift, step := make([]float64, dims), make([]int, dims)
	first, rest := make([]float64, dims), make([]float64, dims)
	power := 1
	for j := range dims {
		shift[j], step[j] = rng.Float64(), power
		power = power * a % points
		alpha := p.Alpha(j / (S - 1))
		k := j % (S - 1)
		first[j] = alpha[k]
		for _, x := range alpha[k+1:] {
			rest[j] += x
		}
	}
	at := func(i int, kernel []float64) float64 {
		for s := range p.Rows() {
			left := 1.0
			for k := range S - 1 {
				j := s*(S-1) + k
				_, u := math.Modf(float64(i*step[j]%points)/float64(points) + shift[j])
				x, y := betaQuantile(1-math.Abs(2*u-1), first[j], rest[j])
				kernel[s*S+k] = max(left*x, leastPiece)
				left *= y
			}
			kernel[s*S+S-1] = max(left, leastPiece)
		}
		return 1 / float64(points)
	}
	return cubature{rule: Rule{Nodes: points}, at: at}
}

// betaQuantile returns x with P(X <= x) = u for X ~ Beta(a, b), and 1-x.
func betaQuantile(u, a, b float64) (x, y float64) {
	switch {
	case b == 1:
		x = math.Pow(u, 1/a)
		return x, 1 - x
	case a == 1:
		y = math.Pow(1-u, 1/b)
		return 1 - y, y
	}
	x = mathext.InvRegIncBeta(a, b, u)
	if x > 0.5 { // from the other side, where 1-x has its digits
		y = mathext.InvRegIncBeta(b, a, 1-u)
		return 1 - y, y
	}
	return x, 1 - x
}
