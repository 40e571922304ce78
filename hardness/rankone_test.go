package hardness

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/landscape"
)

// randomRankOne draws an r x s instance with small fractions, one weight in
// five 0.
func randomRankOne(random *rand.Rand, r, s int) RankOne {
	M, W := make([][]*big.Rat, r), make([][]*big.Rat, r)
	for i := range r {
		for range s {
			M[i] = append(M[i], big.NewRat(int64(random.IntN(17)-8), 4))
			w := big.NewRat(int64(1+random.IntN(8)), 2)
			if random.IntN(5) == 0 {
				w.SetInt64(0)
			}
			W[i] = append(W[i], w)
		}
	}
	p, err := NewRankOne(M, W)
	if err != nil {
		panic(err)
	}
	return p
}

var rankOneShapes = [][2]int{{2, 1}, {1, 3}, {2, 2}, {3, 2}, {2, 4}, {4, 3}, {3, 3}, {5, 2}}

// With equal weights the minimum is what the largest singular value leaves.
func TestRankOneEqualWeights(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, shape := range rankOneShapes {
		p := randomRankOne(random, shape[0], shape[1])
		dense := mat.NewDense(shape[0], shape[1], nil)
		for i, row := range p.W {
			for j := range row {
				row[j] = big.NewRat(1, 1)
				m, _ := p.M[i][j].Float64()
				dense.Set(i, j, m)
			}
		}
		var svd mat.SVD
		svd.Factorize(dense, mat.SVDNone)
		want := 0.0
		for _, s := range svd.Values(nil)[1:] {
			want += s * s
		}
		power, _ := p.Power().Float64()
		found := p.Alternate(t.Context(), 20, 1)
		if math.Abs(found.Value-want) > 1e-9*power {
			t.Errorf("%v: alternating minimisation found %.12g, singular values say %.12g", shape, found.Value, want)
		}
		bounded := p.Bound(t.Context(), found, 1e-3, 200_000)
		if min(shape[0], shape[1]) <= BoundedRows && (bounded.Lower > want*(1+1e-9)+1e-12 || bounded.Lower < want-1.1e-3*power) {
			t.Errorf("%v: the bound %.9g does not lie just below %.9g", shape, bounded.Lower, want)
		}
	}
}

// The minimum of the instance is the best transformer's loss, up to what Within
// says, as two searches find them that share no step.
func TestRankOneReduction(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 1))
	for _, factor := range []int64{4, 10_000} { // of lambda
		for _, shape := range rankOneShapes {
			p := randomRankOne(random, shape[0], shape[1])
			power, _ := p.Power().Float64()
			found := p.Bound(t.Context(), p.Alternate(t.Context(), 50, 1), 1e-2, 100_000)

			f, err := p.Reduce(new(big.Rat).Mul(p.Power(), big.NewRat(factor, 1)))
			if err != nil {
				t.Fatal(err)
			}
			best := f.Search(t.Context(), 5, 1)
			if best.Loss > found.Value+1e-6*power {
				t.Errorf("%v, lambda %v: best transformer %.9g, the instance has %.9g", shape, f.Lambda, best.Loss, found.Value)
			}
			within := f.Within(best.Loss)
			if found.Lower > within {
				t.Errorf("%v: the transformer's loss %.9g bounds the minimum by %.9g, but it is at least %.9g", shape, best.Loss, within, found.Lower)
			}
			value, err := p.Value(f.Solution(best.B, best.A))
			if err != nil {
				t.Fatal(err)
			}
			if back, _ := value.Float64(); back > within || back < found.Lower {
				t.Errorf("%v: the transformer maps back to %.9g, outside of [%.9g, %.9g]", shape, back, found.Lower, within)
			}
		}
	}
}

// A descent that is interrupted at once stays at its start, with the best A there.
func TestRankOneInterrupted(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, shape := range rankOneShapes {
		f, err := randomRankOne(random, shape[0], shape[1]).Reduce(big.NewRat(100, 1))
		if err != nil {
			t.Fatal(err)
		}
		b := make([]float64, f.D)
		for i := range b {
			b[i] = random.NormFloat64()
		}
		there := newLeastSquares(f).eval(b)
		at, best := f.Descend(ended, b), f.Descend(t.Context(), b)
		if !slices.Equal(at.B, b) || math.Abs(at.Loss-there) > 1e-9*there || best.Loss > at.Loss {
			t.Errorf("%v: the loss %g at %v, want %g at %v; it descends to %g", shape, at.Loss, at.B, there, b, best.Loss)
		}
	}
}

// Where all u_i are of one size, a transformer can use the slack of the gauge and
// get below the instance's minimum, here 1 at u = (1,1), by a little, which
// Within allows for.
func TestRankOneSlack(t *testing.T) {
	number := func(x int64) *big.Rat { return big.NewRat(x, 1) }
	p, err := NewRankOne([][]*big.Rat{{number(1), number(2)}, {number(2), number(1)}}, [][]*big.Rat{{number(1), number(1)}, {number(1), number(1)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, lambda := range []int64{10, 20, 40} {
		f, err := p.Reduce(number(lambda))
		if err != nil {
			t.Fatal(err)
		}
		best := f.Search(t.Context(), 20, 1)
		if !(best.Loss < 1-1e-6) || f.Within(best.Loss) < 1 {
			t.Errorf("lambda %d: the best transformer has %.9g and bounds the minimum by %.9g; want below 1 and at least 1", lambda, best.Loss, f.Within(best.Loss))
		}
	}
}

// Package landscape, which knows nothing of the reduction, evaluates and descends
// to the same numbers.
func TestRankOneLandscape(t *testing.T) {
	p := randomRankOne(rand.New(rand.NewPCG(7, 1)), 3, 2)
	f, err := p.Reduce(new(big.Rat).Mul(p.Power(), big.NewRat(10, 1)))
	if err != nil {
		t.Fatal(err)
	}
	best := f.Search(t.Context(), 10, 1)
	power, _ := p.Power().Float64()
	loss, _, err := landscape.BestGiven(f.Form(0), best.B)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(loss-best.Loss) > 1e-12*power {
		t.Errorf("for the same b landscape has %.12g, the search %.12g", loss, best.Loss)
	}
}

// A solution becomes a transformer of the same loss, and comes back.
func TestRankOnePoint(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	for _, shape := range rankOneShapes {
		p := randomRankOne(random, shape[0], shape[1])
		f, err := p.Reduce(big.NewRat(1000, 1))
		if err != nil {
			t.Fatal(err)
		}
		u, v := make([]float64, shape[0]), make([]float64, shape[1])
		for i := range u {
			u[i] = math.Exp(random.NormFloat64())
		}
		for j := range v {
			v[j] = -math.Exp(random.NormFloat64())
		}
		b, A, err := f.Point(u, v)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := p.Value(u, v)
		got, _ := f.Value(b, A)
		if x, _ := new(big.Rat).Sub(got, want).Float64(); math.Abs(x) > 1e-25 { // 1/u is rounded, squared, times 1000
			t.Errorf("%v: the transformer's loss differs by %g from the solution's value", shape, x)
		}
		x := f.Form(0).Loss(landscape.Phi(b, A))
		if y, _ := got.Float64(); math.Abs(x-y) > 1e-9*math.Abs(y) {
			t.Errorf("%v: the form gives %.12g, the exact value is %.12g", shape, x, y)
		}
		u2, v2 := f.Solution(b, A)
		for i := range u {
			if u[i] != u2[i] {
				t.Errorf("%v: u comes back as %v, was %v", shape, u2, u)
				break
			}
		}
		for j := range v {
			if v[j] != v2[j] {
				t.Errorf("%v: v comes back as %v, was %v", shape, v2, v)
				break
			}
		}
	}
}

func TestRankOneLambda(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	for range 50 {
		p := randomRankOne(random, 3, 2)
		if p.Power().Sign() == 0 {
			continue
		}
		tolerance := big.NewRat(1, int64(1+random.IntN(1_000_000)))
		lambda, err := p.Lambda(tolerance)
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.Reduce(lambda)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := tolerance.Float64()
		power, _ := p.Power().Float64()
		for _, loss := range []float64{0, power / 3, power} {
			if over := f.Within(loss) - loss; over > want*(1+1e-6) {
				t.Errorf("lambda %v for tolerance %g: a loss of %g leaves %g", lambda, want, loss, over)
			}
		}
	}
	if _, err := randomRankOne(random, 2, 2).Lambda(new(big.Rat)); err == nil {
		t.Error("a tolerance of 0 was accepted")
	}
}

func TestRankOneInput(t *testing.T) {
	one := func(x int64) []*big.Rat { return []*big.Rat{big.NewRat(x, 1)} }
	for name, c := range map[string][2][][]*big.Rat{
		"empty":           {{}, {}},
		"negative weight": {{one(1)}, {one(-1)}},
		"rows":            {{one(1), one(2)}, {one(1)}},
		"ragged":          {{one(1), append(one(1), one(2)...)}, {one(1), one(1)}},
	} {
		if _, err := NewRankOne(c[0], c[1]); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	p, _ := NewRankOne([][]*big.Rat{one(1)}, [][]*big.Rat{one(1)})
	large, _ := NewRankOne([][]*big.Rat{{new(big.Rat).SetFloat64(1e300)}}, [][]*big.Rat{one(1)})
	if large.Searchable(big.NewRat(1, 1)) == nil || p.Searchable(big.NewRat(1, 1)) != nil {
		t.Error("1e300 can be searched in floating point, or 1 cannot")
	}
	if _, err := p.Reduce(new(big.Rat)); err == nil {
		t.Error("lambda = 0 was accepted")
	}
	if _, err := p.Value([]float64{math.NaN()}, []float64{1}); err == nil {
		t.Error("NaN was accepted")
	}
	f, _ := p.Reduce(big.NewRat(1, 1))
	if _, _, err := f.Point([]float64{0}, []float64{1}); err == nil {
		t.Error("u = 0 has no transformer")
	}
}

// The hard family: the minimum tells the largest biclique.
func TestBiclique(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 1))
	for trial := range 12 {
		rows, columns := 2+trial%3, 3+trial%2
		edges := make([][]bool, rows)
		for i := range edges {
			for range columns {
				edges[i] = append(edges[i], random.IntN(3) > 0)
			}
		}
		want, err := LargestBiclique(edges)
		if err != nil {
			t.Fatal(err)
		}
		if want == 0 {
			continue
		}
		p, err := Biclique(edges)
		if err != nil {
			t.Fatal(err)
		}
		found := p.Alternate(context.Background(), 200, 1)
		if got := BicliqueEdges(edges, found.Value); got != want {
			t.Errorf("%v: the minimum %.6g says %d edges, there is a biclique of %d", edges, found.Value, got, want)
		}
	}
}
