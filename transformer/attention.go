package transformer

import (
	"math"

	"markovicl/internal/dense"
)

// rowsOfBlock is how many tokens attention takes at a time. With causal attention
// a block of rows stops at the last token that it sees, which saves nearly half of
// the work. A multiple of 8, so that padding ends within a block.
const rowsOfBlock = 48

var minusInfinity = float32(math.Inf(-1))

// head is the part of a sequence that a head works on: views of [T, C/H].
func (f *pass) head(qkv []float32, s, head int) (q, k, v dense.View[float32]) {
	C, size := f.m.Width, f.m.Width/f.m.Heads
	at := s*f.T*3*C + head*size
	view := func(from int) dense.View[float32] { return dense.Matrix(qkv[from:], f.T, size, 3*C) }
	return view(at), view(at + C), view(at + 2*C)
}

// weightsOf returns the attention weights of a head, [T, stride]; entries beyond
// the tokens that a row sees are 0 up to the end of its block.
func (f *pass) weightsOf(b *savedBlock, s, head int) []float32 {
	n := f.T * f.stride
	at := (s*f.m.Heads + head) * n
	return b.weights[at : at+n]
}

// rows returns the rows from <= i < to of a view.
func rows(v dense.View[float32], from, to int) dense.View[float32] {
	v.Data = v.Data[from*v.RowStride:]
	v.Rows = to - from
	return v
}

// attention writes the weighted values of all sequences and heads to b.mixed.
func (f *pass) attention(b *savedBlock) {
	c, T, C := &f.m.Config, f.T, f.m.Width
	size := C / c.Heads
	keys, values := &f.panels[0], &f.panels[1]
	for s := range f.S {
		for head := range c.Heads {
			q, k, v := f.head(b.qkv, s, head)
			keys.Pack(k.T())
			values.Pack(v)
			weights := f.weightsOf(b, s, head)
			mixed := dense.Matrix(b.mixed[s*T*C+head*size:], T, size, C)
			for from := 0; from < T; from += rowsOfBlock {
				to := min(from+rowsOfBlock, T)
				seen := c.sees(to-1, T)
				products := dense.Matrix(weights[from*f.stride:], to-from, seen, f.stride)
				f.work.Mul(products, rows(q, from, to), keys, false)
				for t := from; t < to; t++ {
					f.weigh(weights[t*f.stride:(t+1)*f.stride], c.sees(t, T), seen, size)
				}
				part := values.Rows(0, seen)
				f.work.Mul(rows(mixed, from, to), products, &part, false)
			}
		}
	}
}

// weigh turns the first n entries of a row into weights and clears the rest of
// those that the block has seen.
func (f *pass) weigh(row []float32, n, seen, size int) {
	if f.m.LinearAttention {
		scale := 1 / float32(n)
		for i := range row[:n] {
			row[i] *= scale
		}
		clear(row[n:max(n, seen)])
		return
	}
	end := (n + 7) &^ 7
	for i := n; i < end; i++ {
		row[i] = minusInfinity
	}
	dense.Softmax(row[:end], f.scale(size))
	clear(row[end:max(end, seen)])
}

// scale is what multiplies inner products of keys and queries under a softmax.
func (f *pass) scale(size int) float32 { return float32(1 / math.Sqrt(float64(size))) }

// backAttention takes the gradient d [R, C] of b.mixed back to queries, keys and
// values, which it writes to dQKV [R, 3C]. With weights P and products S of a head,
//
//	dP = d V',  dS by the rows of P,  dQ = dS K,  dK = dS'Q,  dV = P'd .
func (f *pass) backAttention(dQKV, d []float32, b *savedBlock) {
	c, T, C := &f.m.Config, f.T, f.m.Width
	size := C / c.Heads
	grow(&f.dP, T*f.stride)
	queries, keys, values, gradients := &f.panels[0], &f.panels[1], &f.panels[2], &f.panels[3]
	for s := range f.S {
		for head := range c.Heads {
			q, k, v := f.head(b.qkv, s, head)
			dq, dk, dv := f.head(dQKV, s, head)
			dOut := dense.Matrix(d[s*T*C+head*size:], T, size, C)
			queries.Pack(q)
			keys.Pack(k)
			values.Pack(v.T())
			gradients.Pack(dOut)
			weights := f.weightsOf(b, s, head)
			for from := 0; from < T; from += rowsOfBlock {
				to := min(from+rowsOfBlock, T)
				seen := c.sees(to-1, T)
				products := dense.Matrix(f.dP[from*f.stride:], to-from, seen, f.stride)
				f.work.Mul(products, rows(dOut, from, to), values, false)
				for t := from; t < to; t++ {
					at, end := t*f.stride, (t+1)*f.stride
					f.backWeigh(f.dP[at:end], weights[at:end], c.sees(t, T), seen, size)
				}
				part := keys.Rows(0, seen)
				f.work.Mul(rows(dq, from, to), products, &part, false)
			}
			seen := c.sees(T-1, T)
			for from := 0; from < seen; from += rowsOfBlock {
				to := min(from+rowsOfBlock, seen)
				first := from // the first token that sees these
				if c.Full {
					first = 0
				}
				at := first*f.stride + from
				part := queries.Rows(first, T)
				f.work.Mul(rows(dk, from, to), dense.Matrix(f.dP[at:], T-first, to-from, f.stride).T(), &part, false)
				part = gradients.Rows(first, T)
				f.work.Mul(rows(dv, from, to), dense.Matrix(weights[at:], T-first, to-from, f.stride).T(), &part, false)
			}
			for t := seen; t < T; t++ { // the query, which no token sees
				clear(dk.Data[t*dk.RowStride : t*dk.RowStride+size])
				clear(dv.Data[t*dv.RowStride : t*dv.RowStride+size])
			}
		}
	}
}

// backWeigh is the reverse of weigh: it replaces a row of dP by one of dS.
func (f *pass) backWeigh(row, weights []float32, n, seen, size int) {
	if f.m.LinearAttention {
		scale := 1 / float32(n)
		for i := range row[:n] {
			row[i] *= scale
		}
		clear(row[n:max(n, seen)])
		return
	}
	end := (n + 7) &^ 7
	clear(row[n:end])
	dense.SoftmaxBackward(row[:end], weights[:end], f.scale(size))
	clear(row[end:max(end, seen)])
}
