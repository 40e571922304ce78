package transformer

import (
	"fmt"
	"math"
)

// This file is the model, token by token in float64, after nanoGPT's model.py
// (Karpathy) and GPT-2 (Radford et al. 2019):
//
//	h_t = W_in x_t + b_in + p_t
//	for each block:
//	    h_t = h_t + W_o attention(norm(h))_t + b_o
//	    h_t = h_t + W_down GELU(W_up norm(h_t) + b_up) + b_down
//	prediction_t = w_out norm(h_t) + b_out
//
// It is slow and makes no use of what it has computed before.

// Reference returns the prediction at every token of a sequence x [T, features],
// row-major, computed in float64. It fails if the sequence is longer than the
// model's positions.
func (m *Model) Reference(x []float64) ([]float64, error) {
	if len(x) == 0 || len(x)%m.Features != 0 {
		return nil, fmt.Errorf("a sequence of %d numbers does not consist of tokens of %d", len(x), m.Features)
	}
	if err := m.checkLength(len(x) / m.Features); err != nil {
		return nil, err
	}
	return reference(m.Config, m.float64s(), x), nil
}

// float64s returns the parameters in float64.
func (m *Model) float64s() tensors[float64] {
	params := make([]float64, len(m.params))
	for i, x := range m.params {
		params[i] = float64(x)
	}
	return bind(m.Config, params)
}

func reference(c Config, p tensors[float64], x []float64) []float64 {
	C, F := c.Width, c.Features
	T := len(x) / F
	h := make([][]float64, T) // [T, C]
	for t := range T {
		h[t] = p.readIn.of(x[t*F : (t+1)*F]) // [C]
		if !c.NoPositions {
			h[t] = plus(h[t], p.positions[t*C:(t+1)*C]) // [C]
		}
	}
	for _, b := range p.blocks {
		a := make([][]float64, T)
		for t := range T {
			a[t] = c.normalise(b.norm1, h[t]) // [C]
		}
		a = c.attention(b, a) // [T, C]
		for t := range T {
			h[t] = plus(h[t], b.project.of(a[t])) // [C]
			if !c.NoMLP {
				up := b.up.of(c.normalise(b.norm2, h[t])) // [4C]
				for i, v := range up {
					up[i] = v / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
				}
				h[t] = plus(h[t], b.down.of(up)) // [C]
			}
		}
	}
	out := make([]float64, T)
	for t := range T {
		out[t] = p.readOut.of(c.normalise(p.norm, h[t]))[0]
	}
	return out
}

// attention mixes the values of the tokens that each token sees, head by head.
func (c Config) attention(b block[float64], a [][]float64) [][]float64 {
	C, T, size := c.Width, len(a), c.Width/c.Heads
	qkv := make([][]float64, T) // [T, 3C]
	for t := range T {
		qkv[t] = b.qkv.of(a[t])
	}
	out := make([][]float64, T) // [T, C]
	for t := range T {
		out[t] = make([]float64, C)
		for head := range c.Heads {
			from := head * size
			query := qkv[t][from : from+size]
			weights := make([]float64, c.sees(t, T)) // [tokens seen]
			for s := range weights {
				key := qkv[s][C+from : C+from+size]
				for i := range query {
					weights[s] += query[i] * key[i]
				}
			}
			c.weigh(weights, size)
			for s, w := range weights {
				value := qkv[s][2*C+from : 2*C+from+size]
				for i, v := range value {
					out[t][from+i] += w * v
				}
			}
		}
	}
	return out
}

// sees returns the number of tokens, from the first on, that token t of T sees.
func (c Config) sees(t, T int) int {
	if c.Full {
		return T - 1 // all but the query
	}
	return t + 1
}

// weigh turns inner products of a query of the given size with keys into weights.
func (c Config) weigh(products []float64, size int) {
	if c.LinearAttention {
		for s := range products {
			products[s] /= float64(len(products))
		}
		return
	}
	var sum float64
	most := math.Inf(-1)
	for _, x := range products {
		most = math.Max(most, x)
	}
	for s, x := range products {
		products[s] = math.Exp((x - most) / math.Sqrt(float64(size)))
		sum += products[s]
	}
	for s := range products {
		products[s] /= sum
	}
}

// normalise is LayerNorm (Ba, Kiros and Hinton 2016), or nothing without norms.
func (c Config) normalise(n norm[float64], x []float64) []float64 {
	if c.NoNorm {
		return x
	}
	var mean, variance float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = n.w[i]*(v-mean)/math.Sqrt(variance+1e-5) + n.b[i]
	}
	return out
}

// of returns W x + b.
func (l linear[F]) of(x []F) []F {
	out := append([]F(nil), l.b...)
	for i := range out {
		for j, v := range x {
			out[i] += l.w[i*len(x)+j] * v
		}
	}
	return out
}

func plus(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] + y[i]
	}
	return out
}
