package moment

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"strings"

	"gonum.org/v1/gonum/mat"

	"markovicl/internal/each"
	"markovicl/internal/npz"
	"markovicl/markov"
)

// NewForm returns a form of one's own, checked: q query features, H of dimension
// q(q+1)(q+2)/2, flat row-major, the vector h and the constant c. What is claimed
// about it is about these very numbers, so that they are exact. It is an error if
// a number is not finite, H is not symmetric or not positive semidefinite, h has a
// part outside of the range of H, so that f would not be bounded from below, or
// the minimum of f is negative, which no mean squared error is.
func NewForm(q int, H, h []float64, c float64) (*Form, error) {
	if q < 1 {
		return nil, fmt.Errorf("q must be at least 1, got %d", q)
	}
	n := q * Pairs(q+1)
	if n > MaxDimension {
		return nil, fmt.Errorf("a form of dimension %d is larger than %d", n, MaxDimension)
	}
	if len(H) != n*n || len(h) != n {
		return nil, fmt.Errorf("H has %d numbers and h %d, but q = %d takes a matrix of %d x %d and a vector of %d: dimension q(q+1)(q+2)/2", len(H), len(h), q, n, n, n)
	}
	if math.IsNaN(c - c) {
		return nil, fmt.Errorf("c is %v; it must be finite", c)
	}
	f := &Form{Q: q, H: mat.NewSymDense(n, nil), L: append([]float64(nil), h...), C: c}
	var largest float64
	for i := range n {
		if math.IsNaN(h[i] - h[i]) {
			return nil, fmt.Errorf("h[%d] is %v; it must be finite", i, h[i])
		}
		for k := range n {
			if x := H[i*n+k]; math.IsNaN(x - x) {
				return nil, fmt.Errorf("H[%d, %d] is %v; it must be finite", i, k, x)
			}
			largest = max(largest, math.Abs(H[i*n+k]))
		}
	}
	for i := range n {
		for k := i; k < n; k++ {
			x, y := H[i*n+k], H[k*n+i]
			if math.Abs(x-y) > 1e-12*largest {
				return nil, fmt.Errorf("H[%d, %d] is %v and H[%d, %d] is %v; H must be symmetric", i, k, x, k, i, y)
			}
			f.H.SetSym(i, k, x)
		}
	}
	if err := f.checkDefinite(); err != nil {
		return nil, err
	}
	f.ofItself()
	return f, nil
}

// checkDefinite returns an error if f is not a mean squared error, up to rounding.
func (f *Form) checkDefinite() error {
	var eigen mat.EigenSym
	if !eigen.Factorize(f.H, true) {
		return fmt.Errorf("the eigenvalues of H did not converge")
	}
	values := eigen.Values(nil)
	n := len(values)
	top := max(values[n-1], -values[0])
	if values[0] < -1e-10*top {
		return fmt.Errorf("H is indefinite: its eigenvalues reach from %.4g to %.4g, but a mean square is never negative", values[0], values[n-1])
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	h := mat.NewVecDense(n, f.L)
	var outside float64
	minimum := f.C
	for i, value := range values {
		along := mat.Dot(vectors.ColView(i), h)
		if value <= 1e-12*top {
			outside += along * along
		} else {
			minimum -= along * along / value
		}
	}
	if outside > 1e-12*mat.Dot(h, h) {
		return fmt.Errorf("h has a part of norm %.4g outside of the range of H, along which f falls without end", math.Sqrt(outside))
	}
	if minimum < -1e-8*math.Abs(f.C) {
		return fmt.Errorf("the least value of the form is %.6g, but a mean squared error is not negative: c = %.6g is too small", minimum, f.C)
	}
	return nil
}

// dyadicForm returns f as fractions: every float64 is one.
func (f *Form) dyadicForm() *ExactForm {
	n := f.Dim()
	exponent := 0 // of the common denominator 2^exponent
	each := func(visit func(x float64)) {
		for i := range n {
			visit(f.L[i])
			for k := i; k < n; k++ {
				visit(f.H.At(i, k))
			}
		}
	}
	each(func(x float64) {
		if x != 0 {
			_, e := math.Frexp(x)
			exponent = max(exponent, 53-e)
		}
	})
	scaled := func(x float64) *big.Int {
		if x == 0 {
			return new(big.Int)
		}
		fraction, e := math.Frexp(x)
		v := big.NewInt(int64(fraction * (1 << 53)))
		return v.Lsh(v, uint(e-53+exponent))
	}
	out := &ExactForm{Q: f.Q, Scale: new(big.Int).Lsh(big.NewInt(1), uint(exponent)), C: new(big.Rat).SetFloat64(f.C)}
	for i := range n {
		out.L = append(out.L, scaled(f.L[i]))
		for k := i; k < n; k++ {
			out.H = append(out.H, scaled(f.H.At(i, k)))
		}
	}
	out.reduce()
	return out
}

// ReadForm reads a form of one's own from an NPZ archive: H, h, c, and q, the
// number of query features, or D = q+1.
func ReadForm(file *npz.Reader) (*Form, error) {
	q, err := featuresOf(file)
	if err != nil {
		return nil, err
	}
	H, err := file.Read("H", -1, -1)
	if err != nil {
		return nil, err
	}
	h, err := file.Read("h", -1)
	if err != nil {
		return nil, err
	}
	c, err := file.Number("c")
	if err != nil {
		return nil, err
	}
	if H.Shape[0] != H.Shape[1] {
		return nil, fmt.Errorf("H has the shape %d x %d; it must be square", H.Shape[0], H.Shape[1])
	}
	return NewForm(q, H.Data, h.Data, c)
}

// featuresOf reads q, or D = q+1, which must agree if there are both.
func featuresOf(file *npz.Reader) (int, error) {
	number := func(name string) (int, error) {
		x, err := file.Number(name)
		if err == nil && (x != math.Trunc(x) || x < 1 || x > 1000) {
			err = fmt.Errorf("%s is %v; it must be a whole number, the query's features (q) or the rows of a prompt matrix (D)", name, x)
		}
		return int(x), err
	}
	hasQ, hasD := file.Has("q"), file.Has("D")
	if !hasQ && !hasD {
		return 0, fmt.Errorf("there is neither q nor D among the arrays %s", strings.Join(file.Names(), ", "))
	}
	var q, D int
	var err error
	if hasQ {
		if q, err = number("q"); err != nil || !hasD {
			return q, err
		}
	}
	if D, err = number("D"); err == nil && hasQ && D != q+1 {
		err = fmt.Errorf("q is %d and D is %d; D must be q+1", q, D)
	}
	return D - 1, err
}

// GivenPrompts returns the empirical form of prompts given as data: the mean squared
// error over them of one-layer models. gram is [B*D*D], the Gram matrix (1/n) sum
// of zz' of each prompt's in-context columns; u is [B*q], q = D-1, the features of
// the queries, and y [B] their labels. What is claimed about the form is about the
// form as it was rounded.
func GivenPrompts(ctx context.Context, gram, u, y []float64) (*Form, error) {
	B := len(y)
	if B == 0 || len(u)%B != 0 || len(u) == 0 {
		return nil, fmt.Errorf("%d labels and %d query features are no prompts", B, len(u))
	}
	q := len(u) / B
	D := q + 1
	if len(gram) != B*D*D {
		return nil, fmt.Errorf("%d prompts with %d query features take Gram matrices of %d x %d, but there are %d numbers", B, q, D, D, len(gram))
	}
	if n := q * Pairs(D); n > MaxDimension {
		return nil, fmt.Errorf("prompts with %d features have a form of dimension %d, larger than %d", q, n, MaxDimension)
	}
	for _, part := range []struct {
		name string
		data []float64
	}{{"G", gram}, {"u", u}, {"y", y}} {
		for i, x := range part.data {
			if math.IsNaN(x - x) {
				return nil, fmt.Errorf("%s of prompt %d has the number %v; every number of a prompt must be finite", part.name, i*B/len(part.data), x)
			}
		}
	}
	for i := range gram {
		b, row, column := i/(D*D), i/D%D, i%D
		if row < column && gram[i] != gram[b*D*D+column*D+row] {
			return nil, fmt.Errorf("G of prompt %d is not symmetric: [%d, %d] is %v and [%d, %d] is %v", b, row, column, gram[i], column, row, gram[b*D*D+column*D+row])
		}
	}
	f, err := FromPrompts(ctx, D, B, each.Settings{}, func() (Draw, error) {
		return func(i int, G, v []float64) (float64, error) {
			copy(G, gram[i*D*D:])
			copy(v, u[i*q:])
			return y[i], nil
		}, nil
	})
	if err != nil {
		return nil, err
	}
	f.ofItself()
	return f, nil
}

// ofItself makes f a form of one's own, about which claims are made as it stands:
// its errors are none, and its fractions its floats.
func (f *Form) ofItself() {
	f.Errors = FormErrors{Claim: Exact}
	f.fractions = func(context.Context, float64) (*ExactForm, error) { return f.dyadicForm(), nil }
}

// ReadPrompts reads prompts from an NPZ archive and returns their empirical form:
// either Z [B, D, n+1], prompt matrices whose last column is the query, its last
// entry ignored, or G [B, D, D] and u [B, q]; and y [B].
func ReadPrompts(ctx context.Context, file *npz.Reader) (*Form, error) {
	y, err := file.Read("y", -1)
	if err != nil {
		return nil, err
	}
	B := len(y.Data)
	if !file.Has("Z") {
		G, err := file.Read("G", B, -1, -1)
		if err != nil {
			return nil, err
		}
		D := G.Shape[1]
		if G.Shape[2] != D || D < 2 {
			return nil, fmt.Errorf("G has the shape %s; Gram matrices are square, with at least 2 rows", npz.Shape(G.Shape))
		}
		u, err := file.Read("u", B, D-1)
		if err != nil {
			return nil, err
		}
		return GivenPrompts(ctx, G.Data, u.Data, y.Data)
	}
	if file.Has("G") || file.Has("u") {
		return nil, fmt.Errorf("there are both Z and G or u; give one of them")
	}
	Z, err := file.Read("Z", B, -1, -1)
	if err != nil {
		return nil, err
	}
	D, columns := Z.Shape[1], Z.Shape[2]
	if D < 2 || columns < 2 {
		return nil, fmt.Errorf("Z has the shape %s; a prompt matrix has at least 2 rows and 2 columns, the last of which is the query", npz.Shape(Z.Shape))
	}
	n := columns - 1
	gram, u := make([]float64, 0, B*D*D), make([]float64, 0, B*(D-1))
	for b := range B {
		z := func(i, k int) float64 { return Z.Data[(b*D+i)*columns+k] }
		for i := range D {
			for k := range columns {
				if x := z(i, k); math.IsNaN(x-x) && !(i == D-1 && k == n) {
					return nil, fmt.Errorf("Z[%d, %d, %d] is %v; every number of a prompt must be finite", b, i, k, x)
				}
			}
			for j := range D {
				var sum float64
				for k := range n {
					sum += z(i, k) * z(j, k)
				}
				gram = append(gram, sum/float64(n))
			}
			if i < D-1 {
				u = append(u, z(i, n))
			}
		}
	}
	return GivenPrompts(ctx, gram, u, y.Data)
}

// Average returns the mean of the losses with the given numbers of in-context
// chains: that of one model for all of them, as the paper trains its GPT-2.
func (m *Moments) Average(ns []markov.Context) *Form {
	if m.exact != nil {
		return m.exact.Average(ns).Float()
	}
	once, _ := meanInverse(ns).Float64()
	f := m.tables.combine(m.b, once, 1-once)
	f.Errors = FormErrors{Claim: Numeric, Reason: "the errors of an average over context lengths are not bounded"}
	return f
}

// Average returns the mean of the losses with the given numbers of chains, in
// fractions.
func (e *ExactMoments) Average(ns []markov.Context) *ExactForm { return e.combine(meanInverse(ns)) }

// meanInverse returns the mean of 1/n.
func meanInverse(ns []markov.Context) *big.Rat {
	sum := new(big.Rat)
	for _, n := range ns {
		if n != markov.Infinite {
			sum.Add(sum, big.NewRat(1, int64(n)))
		}
	}
	return sum.Quo(sum, big.NewRat(int64(len(ns)), 1))
}
