package lsa

// densePass is DenseForward on groups of prompts, with its reverse. Matrices of
// vecs are flat and row-major; a product X Y of two of them is the sum over k of
// the outer products of X's column k and Y's row k, so the columns are kept as
// rows of a transpose where they are needed.
type densePass struct {
	p   *Dense
	w   []vec // [L, D, D] W_l, symmetric
	c   []vec // [L, D, D] C_l; of the last layer only the last row is used
	cw  []vec // [L, D, D] C_l W_l
	pw  []vec // [L, h, D, D] P_{l,t} W_l
	rho []vec // [L+1, D] rho_L = e_D', rho_l = rho_{l+1} C_l
	z   []vec // [L+1, D] z_0 = (d theta, 0), z_{l+1} = C_l z_l
	dW  []vec // [D, D] gradient of W_{l+1} while that of W_l is built
	dC  []vec // [D, D]

	x, y, transposed []vec // [D, D] scratch
}

func (p *Dense) newPass() pass {
	L, h, D := p.Layers, p.Heads, p.Dim
	DD := D * D
	f := &densePass{
		p: p,
		w: make([]vec, L*DD), c: make([]vec, L*DD), cw: make([]vec, L*DD), pw: make([]vec, L*h*DD),
		rho: make([]vec, (L+1)*D), z: make([]vec, (L+1)*D), dW: make([]vec, DD), dC: make([]vec, DD),
		x: make([]vec, DD), y: make([]vec, DD), transposed: make([]vec, DD),
	}
	f.rho[(L+1)*D-1] = splat(1)
	return f
}

// firstRow returns the first row of C_l that the prediction depends on.
func (f *densePass) firstRow(l int) int {
	if l == f.p.Layers-1 {
		return f.p.Dim - 1
	}
	return 0
}

func (f *densePass) forward(gram []vec) []vec {
	p, L, D := f.p, f.p.Layers, f.p.Dim
	DD := D * D
	unpackUpper(f.w[:DD], gram, D)
	for l := range L {
		first := f.firstRow(l)
		rows := D - first
		W, C, CW := f.w[l*DD:(l+1)*DD], f.c[l*DD:(l+1)*DD], f.cw[l*DD:(l+1)*DD]
		C = C[first*D:]
		clear(C)
		for i := range rows {
			C[i*D+first+i] = splat(1)
		}
		for t := range p.Heads {
			P, Q := p.Head(l, t)
			PW := f.headPW(l, t)
			for j := range D { // W is symmetric, so row j of W P' is P times row j of W
				mulScalar(f.x[j*rows:(j+1)*rows], P[first*D:], W[j*D:(j+1)*D])
			}
			transpose(PW, f.x, D, rows)
			for i := range rows {
				addTMul(C[i*D:(i+1)*D], PW[i*D:(i+1)*D], Q) // C += P W Q
			}
		}
		if l < L-1 {
			transpose(f.transposed, C, D, D)
			product(CW, f.transposed, W, D, D, D)
			transpose(f.x, CW, D, D)
			product(f.w[(l+1)*DD:(l+2)*DD], f.x, f.transposed, D, D, D) // W_{l+1} = C W C'
		}
	}
	for l := L - 1; l >= 0; l-- {
		first := f.firstRow(l)
		rho, above := f.rho[l*D:(l+1)*D], f.rho[(l+1)*D:(l+2)*D]
		clear(rho)
		for i := first; i < D; i++ {
			addOuter(rho, above[i:i+1], f.c[l*DD+i*D:l*DD+(i+1)*D])
		}
	}
	return f.rho[:D-1]
}

// headPW returns the rows of P W that the prediction depends on.
func (f *densePass) headPW(l, t int) []vec {
	D := f.p.Dim
	DD := D * D
	k := l*f.p.Heads + t
	return f.pw[k*DD+f.firstRow(l)*D : (k+1)*DD]
}

func (f *densePass) firstDiverged() int {
	DD := f.p.Dim * f.p.Dim
	for l := range f.p.Layers {
		for _, x := range f.c[l*DD+f.firstRow(l)*f.p.Dim : (l+1)*DD] {
			if !finite(x[:]) {
				return l
			}
		}
	}
	return f.p.Layers - 1
}

// backward reverses forward. theta is linear in every C_l, whose gradient by
// that way is rho_{l+1}' z_l'; the other way is W_{l+1} = C W C'. Then C = I +
// sum P W Q has the derivatives
//
//	dP = dC Q' W,  dQ = (P W)' dC,  dW = P' dC Q' .
func (f *densePass) backward(grad, dTheta, gram []vec) {
	p, L, D := f.p, f.p.Layers, f.p.Dim
	DD := D * D
	gradP, gradQ := grad[:len(p.P)], grad[len(p.P):]
	copy(f.z, dTheta) // z_0 = (d theta, 0): entry D-1 is never written
	for l := range L - 1 {
		z, next := f.z[l*D:(l+1)*D], f.z[(l+1)*D:(l+2)*D]
		clear(next)
		for i := range D {
			addDot(&next[i], f.c[l*DD+i*D:l*DD+(i+1)*D], z)
		}
	}
	for l := L - 1; l >= 0; l-- {
		first := f.firstRow(l)
		rows := D - first
		W, dC := f.w[l*DD:(l+1)*DD], f.dC[:rows*D]
		clear(dC)
		addOuter(dC, f.rho[(l+1)*D+first:(l+2)*D], f.z[l*D:(l+1)*D])
		if l < L-1 {
			f.backwardGram(l)
		} else {
			clear(f.dW)
		}
		for t := range p.Heads {
			P, Q := p.Head(l, t)
			PW, k := f.headPW(l, t), l*p.Heads+t
			E, ET := f.x[:rows*D], f.transposed[:D*rows]
			for i := range rows {
				mulScalar(E[i*D:(i+1)*D], Q, dC[i*D:(i+1)*D]) // E = dC Q'
			}
			transpose(ET, E, rows, D)
			addProducts(gradP[k*DD+first*D:(k+1)*DD], ET, W, D, rows, D)
			addProducts(gradQ[k*DD:(k+1)*DD], PW, dC, rows, D, D)
			if l > 0 {
				for j := range D {
					addTMul(f.dW[j*D:(j+1)*D], ET[j*rows:(j+1)*rows], P[first*D:])
				}
			}
		}
	}
}

// backwardGram takes the gradient f.dW of W_{l+1} = C W C' back: it adds
// 2 S C W to f.dC, S the symmetric part of f.dW, and replaces f.dW by C' S C.
func (f *densePass) backwardGram(l int) {
	D := f.p.Dim
	DD := D * D
	C, CW, S := f.c[l*DD:(l+1)*DD], f.cw[l*DD:(l+1)*DD], f.y
	for i := range D {
		for j := range D {
			for lane := range Lanes {
				S[i*D+j][lane] = 0.5 * (f.dW[i*D+j][lane] + f.dW[j*D+i][lane])
			}
		}
	}
	product(f.x, S, CW, D, D, D)
	addScaled(f.dC, 2, f.x)
	product(f.x, S, C, D, D, D)
	product(f.dW, C, f.x, D, D, D)
}

// product writes X Y to dst, where XT = X' is [k, m] and Y is [k, n].
func product(dst, XT, Y []vec, k, m, n int) {
	clear(dst[:m*n])
	addProducts(dst, XT, Y, k, m, n)
}

// addProducts adds X Y to dst, where XT = X' is [k, m] and Y is [k, n].
func addProducts(dst, XT, Y []vec, k, m, n int) {
	for r := range k {
		addOuter(dst, XT[r*m:(r+1)*m], Y[r*n:(r+1)*n])
	}
}

// transpose writes the transpose of src, [m, n], to dst.
func transpose(dst, src []vec, m, n int) {
	for i := range m {
		for j := range n {
			dst[j*m+i] = src[i*n+j]
		}
	}
}

// unpackUpper writes the symmetric matrix, [n, n], with the given upper triangle
// to dst.
func unpackUpper(dst, upper []vec, n int) {
	r := 0
	for i := range n {
		for k := i; k < n; k++ {
			dst[i*n+k], dst[k*n+i] = upper[r], upper[r]
			r++
		}
	}
}
