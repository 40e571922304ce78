package lsa

// Lanes is the number of prompts that the gradient works on side by side.
const Lanes = 16

// vec holds one number of each of Lanes prompts. Gradients run over slices of
// vecs, so that the batch is innermost: every operation below is the same
// operation on sixteen prompts, which a processor with wide registers does a few
// at a time and a plain loop does without waiting for its own last sum.
type vec = [Lanes]float64

// The operations that take nearly all of the time. Each is a plain loop, and may
// be replaced at start-up by a vector version that rounds in the same order, so
// that results do not depend on the machine. The conversions
// float64(x*y) keep compilers from fusing a product into a sum, which would
// round once instead of twice on some processors.
var (
	// symMulVec writes G x to dst: dst_i = sum_k G_ik x_k for a symmetric G of
	// which the upper triangle is given row-major.
	symMulVec = symMulVecPlain

	// addTMul adds A's to dst: dst_j += sum_i s_i A_ij, A flat [len(s), len(dst)].
	addTMul = addTMulPlain

	// mulScalar writes A x to dst: dst_i = sum_j A_ij x_j, A flat
	// [len(dst), len(x)].
	mulScalar = mulScalarPlain

	// addOuters adds to dst, flat [m, n], the outer products of s and x for each of so
	// many groups, one group after the other: of group g they are s[g*sStep:][:m] and
	// x[g*xStep:][:n].
	addOuters = addOutersPlain

	// addScaled adds a x to dst, for one number a.
	addScaled = addScaledPlain

	// scaleBy writes to dst each x times the same vec, lane by lane.
	scaleBy = scaleByPlain

	// addDot adds the inner product of x and y to dst.
	addDot = addDotPlain

	// sums writes to dst the sum of the lanes of each x, in a fixed order.
	sums = sumsPlain
)

// addOuter adds the outer product of s and x to dst, flat [len(s), len(x)].
func addOuter(dst, s, x []vec) { addOuters(dst, s, x, len(s), len(x), 1, 0, 0) }

// kernels names the versions in use.
var kernels = "plain Go"

// Kernels names the loops that gradients run in on this machine, "AVX", "AVX-512" or
// "plain Go". They give the same bits.
func Kernels() string { return kernels }

// Two rows at a time, so that an entry of x and of dst is loaded once for both.
func symMulVecPlain(dst, g, x []vec) {
	dst, x = dst[:len(x)], x[:len(x)]
	clear(dst)
	for i := 0; i < len(x); i += 2 {
		n := len(x) - i
		row0 := g[:n]
		g = g[n:]
		if n == 1 {
			for lane, y := range x[i] {
				dst[i][lane] += float64(row0[0][lane] * y)
			}
			break
		}
		row1 := g[:n-1]
		g = g[n-1:]
		for part := 0; part < Lanes; part += 2 {
			x0, x1, x2, x3 := x[i][part], x[i][part+1], x[i+1][part], x[i+1][part+1]
			d0, d1, d2, d3 := dst[i][part], dst[i][part+1], dst[i+1][part], dst[i+1][part+1]
			// The block on the diagonal.
			a := (*[2]float64)(row0[0][part:])
			d0 += float64(a[0] * x0)
			d1 += float64(a[1] * x1)
			a = (*[2]float64)(row0[1][part:])
			d0 += float64(a[0] * x2)
			d1 += float64(a[1] * x3)
			d2 += float64(a[0] * x0)
			d3 += float64(a[1] * x1)
			a = (*[2]float64)(row1[0][part:])
			d2 += float64(a[0] * x2)
			d3 += float64(a[1] * x3)
			xs, ds := x[i+2:], dst[i+2:]
			up, low := row0[2:], row1[1:]
			up, low, ds = up[:len(xs)], low[:len(xs)], ds[:len(xs)]
			for k := range xs {
				y, e := (*[2]float64)(xs[k][part:]), (*[2]float64)(ds[k][part:])
				a, b := (*[2]float64)(up[k][part:]), (*[2]float64)(low[k][part:])
				d0 += float64(a[0] * y[0])
				d1 += float64(a[1] * y[1])
				d2 += float64(b[0] * y[0])
				d3 += float64(b[1] * y[1])
				e[0] = e[0] + float64(a[0]*x0) + float64(b[0]*x2)
				e[1] = e[1] + float64(a[1]*x1) + float64(b[1]*x3)
			}
			dst[i][part], dst[i][part+1], dst[i+1][part], dst[i+1][part+1] = d0, d1, d2, d3
		}
	}
}

func addTMulPlain(dst []vec, s []vec, A []float64) {
	q := len(dst)
	for j := range dst {
		d := &dst[j]
		for part := 0; part < Lanes; part += 4 {
			d0, d1, d2, d3 := d[part], d[part+1], d[part+2], d[part+3]
			at := j
			for i := range s {
				a := A[at]
				x := (*[4]float64)(s[i][part:])
				d0 += float64(a * x[0])
				d1 += float64(a * x[1])
				d2 += float64(a * x[2])
				d3 += float64(a * x[3])
				at += q
			}
			d[part], d[part+1], d[part+2], d[part+3] = d0, d1, d2, d3
		}
	}
}

func mulScalarPlain(dst []vec, A []float64, x []vec) {
	q := len(x)
	for i := range dst {
		row := A[i*q : (i+1)*q]
		row = row[:len(x)]
		d := &dst[i]
		for part := 0; part < Lanes; part += 4 {
			var d0, d1, d2, d3 float64
			for j := range x {
				a := row[j]
				y := (*[4]float64)(x[j][part:])
				d0 += float64(a * y[0])
				d1 += float64(a * y[1])
				d2 += float64(a * y[2])
				d3 += float64(a * y[3])
			}
			d[part], d[part+1], d[part+2], d[part+3] = d0, d1, d2, d3
		}
	}
}

// Four groups at a time, so that an entry of dst is loaded and stored once for them.
func addOutersPlain(dst, s, x []vec, m, n, groups, sStep, xStep int) {
	g := 0
	for ; g+4 <= groups; g += 4 {
		x0, x1, x2, x3 := x[g*xStep:][:n], x[(g+1)*xStep:][:n], x[(g+2)*xStep:][:n], x[(g+3)*xStep:][:n]
		for i := range m {
			row := dst[i*n : (i+1)*n]
			at := g*sStep + i
			s0, s1, s2, s3 := &s[at], &s[at+sStep], &s[at+2*sStep], &s[at+3*sStep]
			for part := 0; part < Lanes; part += 2 {
				s00, s01, s10, s11 := s0[part], s0[part+1], s1[part], s1[part+1]
				s20, s21, s30, s31 := s2[part], s2[part+1], s3[part], s3[part+1]
				x0, x1, x2, x3 := x0[:len(row)], x1[:len(row)], x2[:len(row)], x3[:len(row)]
				for j := range row {
					d := (*[2]float64)(row[j][part:])
					a, b, e, f := (*[2]float64)(x0[j][part:]), (*[2]float64)(x1[j][part:]), (*[2]float64)(x2[j][part:]), (*[2]float64)(x3[j][part:])
					d[0] = d[0] + float64(s00*a[0]) + float64(s10*b[0]) + float64(s20*e[0]) + float64(s30*f[0])
					d[1] = d[1] + float64(s01*a[1]) + float64(s11*b[1]) + float64(s21*e[1]) + float64(s31*f[1])
				}
			}
		}
	}
	for ; g < groups; g++ {
		s, x := s[g*sStep:][:m], x[g*xStep:][:n]
		for i := range s {
			row := dst[i*n : (i+1)*n]
			row = row[:len(x)]
			for part := 0; part < Lanes; part += 4 {
				s0, s1, s2, s3 := s[i][part], s[i][part+1], s[i][part+2], s[i][part+3]
				for j := range x {
					y := (*[4]float64)(x[j][part:])
					d := (*[4]float64)(row[j][part:])
					d[0] += float64(s0 * y[0])
					d[1] += float64(s1 * y[1])
					d[2] += float64(s2 * y[2])
					d[3] += float64(s3 * y[3])
				}
			}
		}
	}
}

func addScaledPlain(dst []vec, a float64, x []vec) {
	x = x[:len(dst)]
	for i := range dst {
		for part := 0; part < Lanes; part += 4 {
			d, y := (*[4]float64)(dst[i][part:]), (*[4]float64)(x[i][part:])
			d[0] += float64(a * y[0])
			d[1] += float64(a * y[1])
			d[2] += float64(a * y[2])
			d[3] += float64(a * y[3])
		}
	}
}

func scaleByPlain(dst, x []vec, e *vec) {
	for i := range dst {
		for lane, y := range x[i] {
			dst[i][lane] = y * e[lane]
		}
	}
}

func addDotPlain(dst *vec, x, y []vec) {
	y = y[:len(x)]
	for part := 0; part < Lanes; part += 4 {
		d0, d1, d2, d3 := dst[part], dst[part+1], dst[part+2], dst[part+3]
		for i := range x {
			a, b := (*[4]float64)(x[i][part:]), (*[4]float64)(y[i][part:])
			d0 += float64(a[0] * b[0])
			d1 += float64(a[1] * b[1])
			d2 += float64(a[2] * b[2])
			d3 += float64(a[3] * b[3])
		}
		dst[part], dst[part+1], dst[part+2], dst[part+3] = d0, d1, d2, d3
	}
}

// splat returns x for each prompt.
func splat(x float64) (v vec) {
	for lane := range v {
		v[lane] = x
	}
	return v
}

func sumsPlain(dst []float64, x []vec) {
	for i := range dst {
		dst[i] = sum(&x[i])
	}
}

// sum adds the lanes up, in a fixed order.
func sum(x *vec) float64 {
	var total float64
	for lane := 0; lane < Lanes; lane += 4 {
		total += (x[lane] + x[lane+1]) + (x[lane+2] + x[lane+3])
	}
	return total
}
