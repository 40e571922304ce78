package markov

import "math/bits"

// gram writes the Gram matrix of the masks to G.
func (g *GramSampler) gram(G []float64) {
	t := &g.task
	D, d, n := g.dim, t.positions, float64(t.n)
	if t.states == 2 && t.embedding == Index && !t.bias {
		g.binaryGram(G)
		return
	}
	width := t.embedding.Width(t.states)
	bias := 0
	if t.bias {
		bias = 1
		G[0] = 1
	}
	put := func(i, k int, sum float64) {
		G[i*D+k] = sum / n
		G[k*D+i] = sum / n
	}
	for a := 0; a <= d; a++ {
		rowsA := width
		if a == d {
			rowsA = 1 // the label
		}
		for i := range rowsA {
			row := bias + a*width + i
			if t.bias {
				put(0, row, g.mean(a, i, rowsA))
			}
			for b := a; b <= d; b++ {
				rowsB := width
				if b == d {
					rowsB = 1
				}
				for k := range rowsB {
					if col := bias + b*width + k; col >= row {
						put(row, col, g.product(a, i, rowsA, b, k, rowsB))
					}
				}
			}
		}
	}
}

// binaryGram is gram where z itself is 0 or 1.
func (g *GramSampler) binaryGram(G []float64) {
	D, W, n := g.dim, g.words, float64(g.task.n)
	if W == 2 {
		g.binaryGramOfTwo(G)
		return
	}
	for a := range D {
		left := g.masks[(2*a+1)*W : (2*a+2)*W]
		for b := a; b < D; b++ {
			right := g.masks[(2*b+1)*W : (2*b+2)*W]
			right = right[:len(left)]
			count := 0
			for w, m := range left {
				count += bits.OnesCount64(m & right[w])
			}
			mean := float64(count) / n
			G[a*D+b], G[b*D+a] = mean, mean
		}
	}
}

// binaryGramOfTwo is binaryGram for 65 to 128 chains, such as the paper's 100:
// without the loop over words.
func (g *GramSampler) binaryGramOfTwo(G []float64) {
	D, means := g.dim, g.means
	for a := range D {
		left := (*[4]uint64)(g.masks[4*a:]) // zeros, then ones
		row := G[a*D : (a+1)*D]
		masks := g.masks[4*a:]
		for b := a; b < D; b++ {
			right := (*[4]uint64)(masks)
			masks = masks[4:]
			mean := means[bits.OnesCount64(left[2]&right[2])+bits.OnesCount64(left[3]&right[3])]
			row[b] = mean
			G[b*D+a] = mean
		}
	}
}

// coordinate returns what coordinate i of a position with the given number of
// coordinates is in state s.
func (g *GramSampler) coordinate(i, coordinates int, s State) float64 {
	if coordinates == 1 {
		return g.task.embedding.Label(s)
	}
	if i == int(s) {
		return 1
	}
	return 0
}

// mean returns the sum over chains of coordinate i of position a.
func (g *GramSampler) mean(a, i, coordinates int) float64 {
	S, W := g.task.states, g.words
	var total float64
	for s := range S {
		if e := g.coordinate(i, coordinates, State(s)); e != 0 {
			count := 0
			for _, m := range g.masks[(a*S+s)*W : (a*S+s+1)*W] {
				count += bits.OnesCount64(m)
			}
			total += e * float64(count)
		}
	}
	return total
}

// product returns the sum over chains of the product of coordinate i of position
// a and coordinate k of position b.
func (g *GramSampler) product(a, i, coordinatesA, b, k, coordinatesB int) float64 {
	S, W := g.task.states, g.words
	var total float64
	for s := range S {
		x := g.coordinate(i, coordinatesA, State(s))
		if x == 0 {
			continue
		}
		left := g.masks[(a*S+s)*W : (a*S+s+1)*W]
		for r := range S {
			y := g.coordinate(k, coordinatesB, State(r))
			if y == 0 {
				continue
			}
			right := g.masks[(b*S+r)*W : (b*S+r+1)*W]
			count := 0
			for w, m := range left {
				count += bits.OnesCount64(m & right[w])
			}
			total += x * y * float64(count)
		}
	}
	return total
}
