package trace

// Hessian writes the second derivatives of the last objective of R2, R2_{q+1}, at w
// into h, flat [q, q]. A column with x_q != 0 has 2 r x x' / x_q, which is definite of
// the sign of r x_q on one direction and 0 on the others. One with x_q = 0 has
// -2 w_q x_: x_:' among the first q-1 coordinates, 2 r x_: between them and w_q, and 0
// for w_q alone: indefinite wherever r x_: is not 0.
func (o *Objectives) Hessian(h, w []float64) {
	q, D := o.q, o.q+1
	o.check(w)
	clear(h[:q*q])
	wq := w[q-1]
	for j, share := range o.weight {
		z := o.columns[j*D : (j+1)*D]
		x := z[:q]
		r := z[q] - dot(x, w)
		scale := -2 * wq
		if x[q-1] != 0 {
			scale = 2 * r / x[q-1]
		}
		for i, xi := range x {
			for k, xk := range x {
				h[i*q+k] += share * scale * xi * xk
			}
		}
		if x[q-1] == 0 {
			for i, xi := range x[:q-1] {
				h[i*q+q-1] += share * 2 * r * xi
				h[(q-1)*q+i] += share * 2 * r * xi
			}
		}
	}
}
