package dense

import "math"

// The element-wise operations of a transformer on float32 vectors. Vectors of one
// call have the same length. NaN goes in and comes out: an operation never hides
// that a number was lost.
var (
	softmax           = softmaxPlain
	softmaxBackward   = softmaxBackwardPlain
	gelu              = geluPlain
	geluBackward      = geluBackwardPlain
	layerNorm         = layerNormPlain
	layerNormBackward = layerNormBackwardPlain
	adam              = adamPlain
	add               = addPlain
)

// Softmax replaces x by exp(scale x_i) / sum_j exp(scale x_j), scale > 0. Entries
// of -Inf become 0, of which not all may be.
func Softmax(x []float32, scale float32) { softmax(x, scale) }

// SoftmaxBackward takes a gradient d with respect to p = Softmax(x, scale) back to
// x, in place.
func SoftmaxBackward(d, p []float32, scale float32) { softmaxBackward(d, p, scale) }

// GELU writes x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) to y, the form of
// Hendrycks and Gimpel (2016) that GPT-2 uses.
func GELU(y, x []float32) { gelu(y, x) }

// GELUBackward multiplies d by the derivative of GELU at x.
func GELUBackward(d, x []float32) { geluBackward(d, x) }

// NormEpsilon is what LayerNorm adds to a variance.
const NormEpsilon = 1e-5

// LayerNorm writes w (x - mean)/sqrt(variance + NormEpsilon) + b to y (Ba, Kiros
// and Hinton 2016) and returns the mean and the factor 1/sqrt(..).
func LayerNorm(y, x, w, b []float32) (mean, rstd float32) { return layerNorm(y, x, w, b) }

// LayerNormBackward takes a gradient dy with respect to LayerNorm's y back: it adds
// the gradients of x, w and b to dx, dw and db.
func LayerNormBackward(dx, dw, db, dy, x, w []float32, mean, rstd float32) {
	layerNormBackward(dx, dw, db, dy, x, w, mean, rstd)
}

// AdamStep has the coefficients of a step of Adam (Kingma and Ba 2015), with
// Shrink < 1 of AdamW (Loshchilov and Hutter 2019).
type AdamStep struct {
	GradientScale float32 // multiplies the gradient first
	Beta1, Fresh1 float32 // m = Beta1 m + Fresh1 g
	Beta2, Fresh2 float32 // v = Beta2 v + Fresh2 g^2
	Correct2      float32 // 1/(1 - Beta2^step)
	Epsilon       float32
	Rate          float32 // learning rate / (1 - Beta1^step)
	Shrink        float32 // p = Shrink p - Rate m/(sqrt(Correct2 v) + Epsilon)
}

// Adam updates parameters p and moments m, v by the gradient g.
func Adam(p, m, v, g []float32, s *AdamStep) { adam(p, m, v, g, s) }

// Add adds x to dst.
func Add(dst, x []float32) { add(dst, x) }

func softmaxPlain(x []float32, scale float32) {
	most := x[0]
	for _, v := range x {
		most = max(most, v)
	}
	var sum float32
	for i, v := range x {
		x[i] = float32(math.Exp(float64(scale * (v - most))))
		sum += x[i]
	}
	inverse := 1 / sum
	for i := range x {
		x[i] *= inverse
	}
}

func softmaxBackwardPlain(d, p []float32, scale float32) {
	var dot float32
	for i, v := range p {
		dot += d[i] * v
	}
	for i, v := range p {
		d[i] = (d[i] - dot) * v * scale
	}
}

// GELU's x/2 (1 + tanh(u)) is x s with the logistic function s of 2u.
const (
	geluCubic = 0.044715
	geluTwice = 2 * 0.7978845608028654 // 2 sqrt(2/pi)
)

func logisticOfGELU(x float32) float32 {
	return float32(1 / (1 + math.Exp(-geluTwice*float64(x)*(1+geluCubic*float64(x)*float64(x)))))
}

func geluPlain(y, x []float32) {
	for i, v := range x {
		y[i] = v * logisticOfGELU(v)
	}
}

func geluBackwardPlain(d, x []float32) {
	for i, v := range x {
		s := logisticOfGELU(v)
		d[i] *= s + v*s*(1-s)*geluTwice*(1+3*geluCubic*v*v)
	}
}

func layerNormPlain(y, x, w, b []float32) (mean, rstd float32) {
	for _, v := range x {
		mean += v
	}
	mean /= float32(len(x))
	var variance float32
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	variance /= float32(len(x))
	rstd = float32(1 / math.Sqrt(float64(variance+NormEpsilon)))
	for i, v := range x {
		y[i] = (v-mean)*rstd*w[i] + b[i]
	}
	return mean, rstd
}

func layerNormBackwardPlain(dx, dw, db, dy, x, w []float32, mean, rstd float32) {
	var sum, along float32 // of the gradient of the normalised x, and of it times that x
	for i, g := range dy {
		normal := (x[i] - mean) * rstd
		db[i] += g
		dw[i] += g * normal
		sum += g * w[i]
		along += g * w[i] * normal
	}
	n := float32(len(x))
	sum, along = sum/n, along/n
	for i, g := range dy {
		dx[i] += rstd * (g*w[i] - sum - (x[i]-mean)*rstd*along)
	}
}

func adamPlain(p, m, v, g []float32, s *AdamStep) {
	for i, gi := range g {
		gi *= s.GradientScale
		m[i] = s.Beta1*m[i] + s.Fresh1*gi
		v[i] = s.Beta2*v[i] + s.Fresh2*gi*gi
		p[i] = s.Shrink*p[i] - s.Rate*m[i]/(float32(math.Sqrt(float64(s.Correct2*v[i])))+s.Epsilon)
	}
}

func addPlain(dst, x []float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] += v
	}
}
