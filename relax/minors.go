package relax

// minors is the space of admissible matrices in coordinates: one for each minor
// of the rows i < j and the columns s < t, i j outermost.
type minors struct{ D, M int }

func (m minors) count() int { return m.D * (m.D - 1) / 2 * (m.M * (m.M - 1) / 2) }

// add adds the admissible matrix with coordinates w to the upper triangle of S ([D*M,
// D*M]).
func (m minors) add(S, w []float64) {
	n := m.D * m.M
	at := 0
	for i := range m.D {
		for j := i + 1; j < m.D; j++ {
			for s := range m.M {
				for t := s + 1; t < m.M; t++ {
					x := w[at]
					at++
					is, it, js, jt := i*m.M+s, i*m.M+t, j*m.M+s, j*m.M+t
					S[is*n+jt] += x
					S[it*n+js] -= x
				}
			}
		}
	}
}

// project sets w to the inner products of the symmetric G with the matrices of
// the coordinates. Only the upper triangle of G is read.
func (m minors) project(w, G []float64) {
	n := m.D * m.M
	at := 0
	for i := range m.D {
		for j := i + 1; j < m.D; j++ {
			for s := range m.M {
				for t := s + 1; t < m.M; t++ {
					w[at] = 2 * (G[(i*m.M+s)*n+j*m.M+t] - G[(i*m.M+t)*n+j*m.M+s])
					at++
				}
			}
		}
	}
}

// coordinates returns the coordinates of the admissible matrix nearest to the
// symmetric S.
func (m minors) coordinates(S []float64) []float64 {
	w := make([]float64, m.count())
	m.project(w, S)
	for i := range w {
		w[i] /= 4
	}
	return w
}

// fixed calls f for each coordinate that (N+W) y* = k determines when y* lies
// along the first axis: the minors that meet its place.
func (m minors) fixed(f func(at, j, t int)) {
	columns := m.M * (m.M - 1) / 2
	for j := 1; j < m.D; j++ {
		for t := 1; t < m.M; t++ {
			f((j-1)*columns+t-1, j, t)
		}
	}
}

// matrix returns the admissible matrix with coordinates w.
func (m minors) matrix(w []float64) []float64 {
	n := m.D * m.M
	W := make([]float64, n*n)
	m.add(W, w)
	mirrorDown(W, n)
	return W
}
