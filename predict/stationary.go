package predict

import "math"

// The posterior of a binary kernel with stationary starts.
//
// Let s = P(0 -> 1) and t = P(1 -> 0). The stationary law is (t, s)/(s+t), so a
// prompt whose chains start k0 times in 0 and k1 times in 1, N = k0+k1, gives
// the posterior density
//
//	s^(a+k1-1) (1-s)^(b-1) t^(c+k0-1) (1-t)^(e-1) (s+t)^(-N),
//
// with a, b, c, e the prior's parameters plus the counts of the transitions
// 0->1, 0->0, 1->0, 1->1. The last factor is an integral over the positive half
// line,
//
//	(s+t)^(-N) = 1/Gamma(N) int lambda^(N-1) exp(-lambda (s+t)) dlambda,
//
// under which s and t are independent. With lambda = exp(L) and s, t = logistic
// of a real number, all integrands are analytic and decay exponentially on the
// whole line, where the trapezoidal rule converges geometrically (Trefethen and
// Weideman 2014). All terms are positive, so nothing cancels. Tails that decay
// slowly, because a prior parameter is small, are summed as geometric series: in
// tiltedBeta each term of the density's expansion, and over lambda beyond the point
// where the next correction is below rounding.

const negligible = 36 // terms below exp(-36) of the largest do not count

// faint returns the logarithm of a term, in shares of the largest, from which on all that
// follow do not count together where each is at least exp(-decay) of the one before.
func faint(decay float64) float64 { return math.Log(-math.Expm1(-decay)) - negligible }

// stationary is the posterior of a binary kernel with stationary starts.
type stationary struct {
	mean    [2]float64 // [p01, p11]
	logMass float64    // log of the integral of the density above
}

// stationaryPosterior returns the posterior for Dirichlet parameters plus
// counts c, flat [2*2], and starts k, length 2.
func stationaryPosterior(c counts, k []float64) stationary {
	a, b, cc, e := c[1]+k[1], c[0], c[2]+k[0], c[3]
	N := k[0] + k[1]
	h := min(0.3, 0.7/math.Sqrt(N))

	// A point near the largest term: there N = lambda (E s + E t).
	L := 0.0
	for range 30 {
		_, ms := tiltedBeta(a, b, math.Exp(L))
		_, mt := tiltedBeta(cc, e, math.Exp(L))
		next := math.Log(N / (ms + mt))
		if math.Abs(next-L) < 0.1 {
			break
		}
		L = next
	}

	var sum logSum
	var s, t logSum // the same with E[s], E[t]
	add := func(L float64) (logTerm float64) {
		ls, ms := tiltedBeta(a, b, math.Exp(L))
		lt, mt := tiltedBeta(cc, e, math.Exp(L))
		logTerm = N*L + ls + lt
		sum.add(logTerm, 1)
		s.add(logTerm, ms)
		t.add(logTerm, mt)
		return logTerm
	}
	add(L)
	for x := L - h; add(x) > sum.largest-negligible; x -= h {
	}
	rate := a + cc - N // of decay for large L
	asymptotic := 40 + math.Log((a+1)*(b+1)+(cc+1)*(e+1))
	for x := L + h; ; x += h {
		term := add(x)
		if term < sum.largest+faint(rate*h) {
			break
		}
		if x > asymptotic { // the kernel never leaves a state: s = t = 0
			sum.add(term, 1/math.Expm1(rate*h))
			break
		}
	}
	logGamma, _ := math.Lgamma(N)
	return stationary{
		mean:    [2]float64{s.over(sum), 1 - t.over(sum)},
		logMass: sum.log() + math.Log(h) - logGamma,
	}
}

// tiltedBeta returns the logarithm of the integral of
// s^(a-1) (1-s)^(b-1) exp(-lambda s) over (0,1), and the mean of s under that
// density, for a, b > 0 and lambda >= 0.
func tiltedBeta(a, b, lambda float64) (logMass, mean float64) {
	// In x = logit(s) the density is exp(a log s + b log(1-s) - lambda s). Its
	// one mode solves a - (a+b+lambda) s + lambda s^2 = 0; minus the second
	// derivative of the logarithm there is s(1-s) times the discriminant's root.
	B := a + b - lambda
	root := math.Sqrt(B*B + 4*lambda*b)
	s := 2 * a / (a + b + lambda + root)
	r := (root - B) / (2 * lambda) // 1-s
	if B >= 0 {
		r = 2 * b / (B + root)
	}
	// Steps must resolve the mode and stay well inside the distance pi to the
	// poles of the logistic function, near which exp(-lambda s) oscillates.
	h := min(0.3, 0.6/math.Sqrt(s*r*root), 1/math.Sqrt(a+b+lambda*s))
	mode := math.Log(s) - math.Log(r)

	var mass, first float64
	var top float64 // the logarithm of the density at the mode
	density := func(x float64) (f, s float64) {
		u := math.Exp(-math.Abs(x))
		small, logLarge := u/(1+u), -math.Log1p(u)
		logSmall := logLarge - math.Abs(x)
		if x < 0 {
			return a*logSmall + b*logLarge - lambda*small - top, small
		}
		return a*logLarge + b*logSmall - lambda/(1+u) - top, 1 / (1 + u)
	}
	top, _ = density(mode)
	add := func(x float64) (logTerm float64) {
		l, s := density(x)
		f := math.Exp(l)
		mass += f
		first += f * s
		return l
	}
	add(mode)
	// Beyond the edge the density is an exponential times a series that converges
	// within a few terms, and the sums over the nodes are geometric series.
	edge := math.Log(8 * (2 + lambda + a + b))
	for x := mode - h; ; x -= h {
		l := add(x)
		if l < faint(a*h) {
			break
		}
		if x < -edge {
			u := math.Exp(x)
			scale := math.Exp(a*x - top)
			mass += scale * tailSum(a, a+b, lambda, u, h)
			first += scale * u * tailSum(a+1, a+b+1, lambda, u, h)
			break
		}
	}
	for x := mode + h; ; x += h {
		l := add(x)
		if l < faint(b*h) {
			break
		}
		if x > edge {
			u := math.Exp(-x)
			scale := math.Exp(-b*x - lambda - top)
			mass += scale * tailSum(b, a+b, -lambda, u, h)
			first += scale * tailSum(b, a+b+1, -lambda, u, h)
			break
		}
	}
	return top + math.Log(mass*h), first / mass
}

// tailSum returns the sum over k = 1, 2, .. of exp(-rate k h) g(u exp(-k h)) with
//
//	g(v) = (1+v)^(-power) exp(-lambda v/(1+v)) = sum over j of g_j v^j,
//
// term by term: each power of v makes a geometric series. It is what the nodes
// beyond one with s/(1-s) = u (or, from the other side, (1-s)/s) add to an integral
// over x = logit(s). The coefficients follow from
// (1+v)^2 g' = -(power (1+v) + lambda) g. It needs u (1+|lambda|+power) <= 1/8,
// where they fall by a factor of 4 at least.
func tailSum(rate, power, lambda, u, h float64) float64 {
	sum := 1 / math.Expm1(rate*h)
	step := math.Exp(-h)
	ratio := math.Exp(-rate * h)
	before, g, v := 0.0, 1.0, 1.0
	last := math.Inf(1)
	for j := range 60 {
		k := float64(j)
		before, g = g, -((2*k+power+lambda)*g+(k-1+power)*before)/(k+1)
		v *= u
		ratio *= step
		term := g * v * ratio / (1 - ratio)
		sum += term
		// One coefficient may be 0, as g_1 is where lambda = -power; two in a row are not.
		if math.Abs(term)+last < 1e-18*sum {
			break
		}
		last = math.Abs(term)
	}
	return sum
}

// logSum is a sum of positive terms given by their logarithms.
type logSum struct {
	largest float64
	sum     float64 // of exp(log term - largest)
	started bool
}

// add adds weight exp(logTerm).
func (s *logSum) add(logTerm, weight float64) {
	if !s.started || logTerm > s.largest {
		if s.started {
			s.sum *= math.Exp(s.largest - logTerm)
		}
		s.largest, s.started = logTerm, true
	}
	s.sum += weight * math.Exp(logTerm-s.largest)
}

func (s *logSum) log() float64 { return s.largest + math.Log(s.sum) }

// over returns s/t, which must have had the same logarithms added, up to
// weights that vanish.
func (s *logSum) over(t logSum) float64 { return s.sum / t.sum * math.Exp(s.largest-t.largest) }
