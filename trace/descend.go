package trace

import "math"

// descender follows common descent directions of all objectives.
type descender struct {
	o         *Objectives
	box       *Box
	g         []float64 // [2D, q] gradients, then those of length 1 in front
	direction []float64 // [q]
	w, trial  []float64 // [q]
	f, ftrial []float64 // [2D]
}

func newDescender(o *Objectives, box *Box) *descender {
	D, q := o.q+1, o.q
	return &descender{
		o: o, box: box, g: make([]float64, 2*D*q), direction: make([]float64, q),
		w: make([]float64, q), trial: make([]float64, q), f: make([]float64, 2*D), ftrial: make([]float64, 2*D),
	}
}

// descend returns a point that dominates w as far as steps that raise no
// objective lead, or w. The slice is valid until the next call.
func (d *descender) descend(start []float64) []float64 {
	D := d.o.q + 1
	copy(d.w, start)
	d.o.Values(d.f[:D], d.f[D:], d.w)
	var width float64
	for k := range d.box.Low {
		width = max(width, d.box.High[k]-d.box.Low[k])
	}
	length := 0.05 * width
	for range 200 {
		if size := d.common(); size < 1e-6 {
			break // critical: no direction descends all objectives
		}
		improved := false
		for ; length > 1e-9*width; length /= 2 {
			for k, wk := range d.w {
				d.trial[k] = wk + length*d.direction[k]
			}
			d.o.Values(d.ftrial[:D], d.ftrial[D:], d.trial)
			if Dominates(d.ftrial, d.f) {
				improved = true
				break
			}
		}
		if !improved {
			break
		}
		d.w, d.trial = d.trial, d.w
		d.f, d.ftrial = d.ftrial, d.f
		length *= 2
	}
	return d.w
}

// common sets direction to minus the shortest convex combination of the
// gradients at w, each scaled to length 1, and returns its length; zero means
// that w is critical. The direction, made a unit vector, descends all objectives
// at once. The combination is found by the Frank-Wolfe method with exact steps,
// which is enough for a direction whose step is checked. Objectives that are
// constant around w take no part.
func (d *descender) common() float64 {
	q, D := d.o.q, d.o.q+1
	d.o.Gradients(d.g[:D*q], d.g[D*q:], d.w)
	rows := 0
	for k := range 2 * D {
		g := d.g[k*q : (k+1)*q]
		if size := norm(g); size > 0 {
			for i, x := range g {
				d.g[rows*q+i] = x / size
			}
			rows++
		}
	}
	if rows == 0 {
		return 0
	}
	v := d.direction
	copy(v, d.g[:q])
	for range 300 {
		nearest, least := 0, math.Inf(1)
		for k := range rows {
			if x := dot(v, d.g[k*q:(k+1)*q]); x < least {
				nearest, least = k, x
			}
		}
		g := d.g[nearest*q : (nearest+1)*q]
		vv := dot(v, v)
		if vv-least <= 1e-12 { // no vertex is nearer to the origin's side
			break
		}
		t := min(1, (vv-least)/(vv-2*least+dot(g, g)))
		for i := range v {
			v[i] += t * (g[i] - v[i])
		}
	}
	size := norm(v)
	if size > 0 {
		for i := range v {
			v[i] /= -size
		}
	}
	return size
}
