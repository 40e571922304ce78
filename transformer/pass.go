package transformer

import (
	"fmt"
	"math"

	"markovicl/internal/dense"
)

// DivergenceError says that a pass has left the floating-point numbers.
type DivergenceError struct {
	Block int // the first, from 0, whose output is not finite; the number of blocks for the read-out
}

func (e *DivergenceError) Error() string {
	return fmt.Sprintf("block %d: the output is not a finite number; the parameters are too large", e.Block)
}

// packedLinear is the matrix of a linear map, packed for x W' and for dy W.
type packedLinear struct{ forward, backward dense.Panels[float32] }

// packedWeights has all matrices of a model packed. Many passes share it; it must
// be renewed when the parameters have changed.
type packedWeights struct {
	maps   []*packedLinear // in the order of packing
	shapes [][2]int        // out, in
	from   [][]float32

	readIn *packedLinear
	blocks []packedBlock
}

type packedBlock struct{ qkv, project, up, down *packedLinear }

func newPackedWeights(m *Model) *packedWeights {
	p, C := &packedWeights{}, m.Width
	add := func(l linear[float32], out, in int) *packedLinear {
		packed := &packedLinear{}
		p.maps, p.shapes, p.from = append(p.maps, packed), append(p.shapes, [2]int{out, in}), append(p.from, l.w)
		return packed
	}
	p.readIn = add(m.tensors.readIn, C, m.Features)
	for _, b := range m.tensors.blocks {
		packed := packedBlock{qkv: add(b.qkv, 3*C, C), project: add(b.project, C, C)}
		if !m.NoMLP {
			packed.up, packed.down = add(b.up, 4*C, C), add(b.down, C, 4*C)
		}
		p.blocks = append(p.blocks, packed)
	}
	return p
}

// pack renews matrix i.
func (p *packedWeights) pack(i int) {
	out, in := p.shapes[i][0], p.shapes[i][1]
	w := dense.Matrix(p.from[i], out, in, in)
	p.maps[i].forward.Pack(w.T())
	p.maps[i].backward.Pack(w)
}

func (p *packedWeights) packAll() {
	for i := range p.maps {
		p.pack(i)
	}
}

// pass is a forward pass over S sequences of T tokens each, R = S T rows in all,
// that can be run backwards. It sees the model through packed weights. Its memory
// grows to the largest pass; it is for one goroutine at a time.
type pass struct {
	m *Model
	w *packedWeights

	S, T, stride int         // stride: T rounded up to 8, of a row of attention weights
	x            []float32   // [R, features]
	h            [][]float32 // [2L+1] of [R, C]: before attention, before the MLP, .., at the end
	saved        []savedBlock
	z            []float32 // [C] a row of the last norm

	dh, da []float32 // [R, C] gradient of h; of what a block's part reads, and of attention's output
	dWide  []float32 // [R, 4C] of queries, keys and values, or within the MLP
	dP     []float32 // [T, stride] of a head's weights

	work   dense.Work[float32]
	panels [4]dense.Panels[float32]
}

// savedBlock is what a block keeps for the way back.
type savedBlock struct {
	norm1, norm2 []float32 // [R, C] the normalised states
	stats1       []float32 // [R, 2] mean and 1/deviation of each row
	stats2       []float32
	qkv          []float32 // [R, 3C]
	weights      []float32 // [S, H, T, stride]
	mixed        []float32 // [R, C] output of the heads
	up, gelu     []float32 // [R, 4C]
}

func newPass(m *Model, w *packedWeights) *pass {
	return &pass{
		m: m, w: w, h: make([][]float32, 2*m.Blocks+1), saved: make([]savedBlock, m.Blocks),
		z: make([]float32, m.Width),
	}
}

// resize makes room for S sequences of T tokens.
func (f *pass) resize(S, T int) {
	c := &f.m.Config
	f.S, f.T, f.stride = S, T, (T+7)&^7
	R, C := S*T, c.Width
	grow(&f.x, R*c.Features)
	for i := range f.h {
		grow(&f.h[i], R*C)
	}
	for l := range f.saved {
		b := &f.saved[l]
		if !c.NoNorm {
			grow(&b.norm1, R*C)
			grow(&b.stats1, 2*R)
		}
		grow(&b.qkv, 3*R*C)
		grow(&b.weights, S*c.Heads*T*f.stride)
		grow(&b.mixed, R*C)
		if !c.NoMLP {
			if !c.NoNorm {
				grow(&b.norm2, R*C)
				grow(&b.stats2, 2*R)
			}
			grow(&b.up, 4*R*C)
			grow(&b.gelu, 4*R*C)
		}
	}
}

// grow gives a slice a length, keeping its memory if that is enough.
func grow(s *[]float32, n int) {
	if cap(*s) < n {
		*s = make([]float32, n)
	}
	*s = (*s)[:n]
}

// forward computes the states of all tokens of f.x. It is reference.go on all rows
// at once.
func (f *pass) forward() {
	c, p := &f.m.Config, &f.m.tensors
	C, R := c.Width, f.S*f.T
	for r := range R {
		row := f.h[0][r*C : (r+1)*C]
		copy(row, p.readIn.b)
		if t := r % f.T; !c.NoPositions {
			dense.Add(row, p.positions[t*C:(t+1)*C])
		}
	}
	f.multiply(f.h[0], C, f.x, c.Features, f.w.readIn) // [R, C]
	for l := range p.blocks {
		b, w, s := &p.blocks[l], &f.w.blocks[l], &f.saved[l]
		h, mid, next := f.h[2*l], f.h[2*l+1], f.h[2*l+2] // [R, C]

		a := f.normalise(s.norm1, s.stats1, h, b.norm1) // [R, C]
		fill(s.qkv, b.qkv.b)
		f.multiply(s.qkv, 3*C, a, C, w.qkv) // [R, 3C]
		f.attention(s)                      // [R, C]
		copy(mid, h)
		addRows(mid, b.project.b)
		f.multiply(mid, C, s.mixed, C, w.project) // [R, C]

		copy(next, mid)
		if c.NoMLP {
			continue
		}
		a = f.normalise(s.norm2, s.stats2, mid, b.norm2) // [R, C]
		fill(s.up, b.up.b)
		f.multiply(s.up, 4*C, a, C, w.up) // [R, 4C]
		dense.GELU(s.gelu, s.up)
		addRows(next, b.down.b)
		f.multiply(next, C, s.gelu, 4*C, w.down) // [R, C]
	}
}

// predict reads the prediction out at a row, after forward.
func (f *pass) predict(r int) float32 {
	p, C := &f.m.tensors, f.m.Width
	z := f.h[2*f.m.Blocks][r*C : (r+1)*C]
	if !f.m.NoNorm {
		dense.LayerNorm(f.z, z, p.norm.w, p.norm.b)
		z = f.z
	}
	sum := p.readOut.b[0]
	for i, w := range p.readOut.w {
		sum += w * z[i]
	}
	return sum
}

// multiply adds x W' to y: y [R, out], x [R, in].
func (f *pass) multiply(y []float32, out int, x []float32, in int, w *packedLinear) {
	R := f.S * f.T
	f.work.Mul(dense.Matrix(y, R, out, out), dense.Matrix(x, R, in, in), &w.forward, true)
}

// normalise writes the norm of each row of h to y, or returns h without norms.
func (f *pass) normalise(y, stats, h []float32, n norm[float32]) []float32 {
	if f.m.NoNorm {
		return h
	}
	C := f.m.Width
	for r := range f.S * f.T {
		stats[2*r], stats[2*r+1] = dense.LayerNorm(y[r*C:(r+1)*C], h[r*C:(r+1)*C], n.w, n.b)
	}
	return y
}

// fill writes row to all rows of y.
func fill(y, row []float32) {
	for ; len(y) > 0; y = y[len(row):] {
		copy(y, row)
	}
}

// addRows adds row to all rows of y.
func addRows(y, row []float32) {
	for ; len(y) > 0; y = y[len(row):] {
		dense.Add(y[:len(row)], row)
	}
}

// loss returns the sum over sequences and predictions of (prediction - y)^2, after
// forward; y [S, predictions], prediction i is read at the token at(i). With grad it
// is run backwards: the gradient of weight times that sum is added to grad.
func (f *pass) loss(y []float32, at func(i int) int, weight float32, grad *tensors[float32]) (float64, error) {
	p, C := &f.m.tensors, f.m.Width
	if grad != nil {
		grow(&f.dh, f.S*f.T*C)
		clear(f.dh)
	}
	last := f.h[2*f.m.Blocks]
	var sum float64
	predictions := len(y) / f.S
	for k, label := range y {
		r := k/predictions*f.T + at(k%predictions)
		e := f.predict(r) - label
		sum += float64(e) * float64(e)
		if grad == nil {
			continue
		}
		g := 2 * weight * e
		grad.readOut.b[0] += g
		h, dh := last[r*C:(r+1)*C], f.dh[r*C:(r+1)*C]
		if f.m.NoNorm {
			for i, v := range h {
				grad.readOut.w[i] += g * v
				dh[i] += g * p.readOut.w[i]
			}
			continue
		}
		mean, rstd := dense.LayerNorm(f.z, h, p.norm.w, p.norm.b)
		for i, v := range f.z {
			grad.readOut.w[i] += g * v
			f.z[i] = g * p.readOut.w[i]
		}
		dense.LayerNormBackward(dh, grad.norm.w, grad.norm.b, f.z, h, p.norm.w, mean, rstd)
	}
	if math.IsNaN(sum - sum) {
		return 0, &DivergenceError{f.firstDiverged()}
	}
	if grad != nil {
		f.backward(grad)
	}
	return sum, nil
}

// firstDiverged returns the first block whose output is not finite.
func (f *pass) firstDiverged() int {
	for l := range f.m.Blocks {
		for _, x := range f.h[2*l+2] {
			if x-x != 0 {
				return l
			}
		}
	}
	return f.m.Blocks
}

// backward adds the gradient of the parameters to grad, given that of the last
// states in f.dh, from the last block to the first.
func (f *pass) backward(grad *tensors[float32]) {
	c, p := &f.m.Config, &f.m.tensors
	C, R := c.Width, f.S*f.T
	grow(&f.da, R*C)
	grow(&f.dWide, 4*R*C)
	for l := len(p.blocks) - 1; l >= 0; l-- {
		b, w, s, g := &p.blocks[l], &f.w.blocks[l], &f.saved[l], &grad.blocks[l]
		h, mid := f.h[2*l], f.h[2*l+1]
		if !c.NoMLP {
			a := s.norm2
			if c.NoNorm {
				a = mid
			}
			dUp := f.dWide[:4*R*C]
			f.backLinear(dUp, s.gelu, 4*C, f.dh, C, w.down, g.down) // [R, 4C]
			dense.GELUBackward(dUp, s.up)
			f.backLinear(f.da, a, C, dUp, 4*C, w.up, g.up) // [R, C]
			f.backNorm(mid, s.stats2, b.norm2, g.norm2)
		}
		a := s.norm1
		if c.NoNorm {
			a = h
		}
		f.backLinear(f.da, s.mixed, C, f.dh, C, w.project, g.project) // [R, C]
		dQKV := f.dWide[:3*R*C]
		f.backAttention(dQKV, f.da, s)                    // [R, 3C]
		f.backLinear(f.da, a, C, dQKV, 3*C, w.qkv, g.qkv) // [R, C]
		f.backNorm(h, s.stats1, b.norm1, g.norm1)
	}
	for r := range R {
		dense.Add(grad.readIn.b, f.dh[r*C:(r+1)*C])
		if t := r % f.T; !c.NoPositions {
			dense.Add(grad.positions[t*C:(t+1)*C], f.dh[r*C:(r+1)*C])
		}
	}
	f.gradientOfMatrix(grad.readIn.w, f.dh, C, f.x, c.Features)
}

// backLinear takes the gradient dy [R, out] of a linear map of x [R, in] back: it
// writes that of x to dx and adds those of W and the bias to grad.
func (f *pass) backLinear(dx, x []float32, in int, dy []float32, out int, w *packedLinear, grad linear[float32]) {
	R := f.S * f.T
	for r := range R {
		dense.Add(grad.b, dy[r*out:(r+1)*out])
	}
	f.gradientOfMatrix(grad.w, dy, out, x, in)
	f.work.Mul(dense.Matrix(dx, R, in, in), dense.Matrix(dy, R, out, out), &w.backward, false)
}

// gradientOfMatrix adds dy'x to dW [out, in].
func (f *pass) gradientOfMatrix(dW, dy []float32, out int, x []float32, in int) {
	R := f.S * f.T
	f.panels[0].Pack(dense.Matrix(x, R, in, in))
	f.work.Mul(dense.Matrix(dW, out, in, in), dense.Matrix(dy, R, out, out).T(), &f.panels[0], true)
}

// backNorm takes the gradient f.da of a norm's output back to its input h: it is
// added to f.dh, beside what went past the norm.
func (f *pass) backNorm(h, stats []float32, n, grad norm[float32]) {
	if f.m.NoNorm {
		dense.Add(f.dh, f.da)
		return
	}
	C := f.m.Width
	for r := range f.S * f.T {
		row := func(x []float32) []float32 { return x[r*C : (r+1)*C] }
		dense.LayerNormBackward(row(f.dh), grad.w, grad.b, row(f.da), row(h), n.w, stats[2*r], stats[2*r+1])
	}
}
