package paper

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"

	"markovicl/hardness"
	"markovicl/markov"
)

// rankOneSize is how many instances of weighted rank-one approximation are tried.
type rankOneSize struct {
	graphs    [][2]int // rows and columns of a bipartite graph
	instances [][2]int // of a random matrix; one of them at most hardness.BoundedRows, so that the minimum is bounded
	each      int      // of every shape
	starts    int      // of alternating minimisation
	searches  int      // of the search for a transformer
	boxes     int      // of branch and bound
}

func rankOneSizeOf(quick bool) rankOneSize {
	if quick {
		return rankOneSize{[][2]int{{2, 3}, {3, 3}}, [][2]int{{2, 2}, {2, 3}}, 2, 100, 6, 20_000}
	}
	return rankOneSize{[][2]int{{2, 3}, {3, 3}, {3, 4}, {4, 4}}, [][2]int{{2, 2}, {2, 3}, {3, 2}, {3, 3}}, 5, 400, 20, 200_000}
}

// bicliqueRow is a graph, and its largest biclique as it was found in two ways.
type bicliqueRow struct {
	Graph     string  `column:"graph"` // rows of the adjacency matrix
	Edges     int     `column:"edges"`
	Weight    float64 `column:"weight"` // of a pair without an edge
	Minimum   float64 `column:"minimum"`
	ByMinimum int     `column:"biclique_by_minimum"`
	ByTrying  int     `column:"biclique_by_trying"`
}

// instanceRow is an instance, and the form that it reduces to.
type instanceRow struct {
	Rows     int     `column:"rows"`
	Columns  int     `column:"columns"`
	Instance int     `column:"instance"`
	Power    float64 `column:"power"`
	Minimum  float64 `column:"minimum"`
	Lower    float64 `column:"minimum_lower"`
	Lambda   float64 `column:"lambda"`
	D        int     `column:"D"`
	Best     float64 `column:"best_transformer"`
	Solution float64 `column:"its_solution"`
	Within   float64 `column:"within"`
}

// rankOneStudy is the other reduction, from weighted rank-one approximation to the
// best transformer of a general form: what agreed, what was missed by a search that
// proves nothing, and what contradicts a bound that is proven.
type rankOneStudy struct {
	bicliques      []bicliqueRow
	instances      []instanceRow
	told           int // graphs whose minimum tells the largest biclique
	attained       int // instances whose minimum a transformer was found to have
	contradictions int
}

// tables returns the graphs and the instances.
func (s *rankOneStudy) tables(size rankOneSize) []Table {
	return []Table{
		TableOf("bicliques", fmt.Sprintf("Weighted rank-one approximation in the hard family of Gillis and Glineur: bipartite graphs (rows of the adjacency matrix), the largest number of edges of a biclique by trying every set of rows, and by the minimum of the instance, as alternating minimisation from %d starts found it. Proven is neither: a search that misses the minimum tells fewer edges.", size.starts), s.bicliques),
		TableOf("rank-one", fmt.Sprintf("Random instances, small fractions, one weight in five 0, and the form that each reduces to. minimum: by alternating minimisation; minimum_lower: proven by branch and bound; lambda: weight of the gauge for which the form's infimum is below the minimum by at most %g of the matrix's power; best_transformer: the lowest loss found under the form; its_solution: value of the instance's solution that is read off it; within: the bound that the transformer's loss proves for that.", rankOneTolerance), s.instances),
	}
}

// rankOneTolerance is how far, as a part of the matrix's power, the infimum of the
// form may be below the instance's minimum: lambda is chosen for it.
const rankOneTolerance = 1e-3

func studyRankOne(ctx context.Context, size rankOneSize, seed uint64) (*rankOneStudy, error) {
	s := &rankOneStudy{}
	for k, shape := range size.graphs {
		for i := range size.each {
			if err := s.addGraph(ctx, shape, rand.New(markov.Stream(seed, uint64(1000*k+i))), size); err != nil {
				return nil, err
			}
		}
	}
	for k, shape := range size.instances {
		for i := range size.each {
			if err := s.addInstance(ctx, shape, i, rand.New(markov.Stream(seed, uint64(1_000_000+1000*k+i))), size); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (s *rankOneStudy) addGraph(ctx context.Context, shape [2]int, rng *rand.Rand, size rankOneSize) error {
	edges := make([][]bool, shape[0])
	var words []string
	count := 0
	for i := range edges {
		word := ""
		for range shape[1] {
			edge := rng.IntN(3) > 0
			edges[i] = append(edges[i], edge)
			if edge {
				count++
				word += "1"
			} else {
				word += "0"
			}
		}
		words = append(words, word)
	}
	p, err := hardness.Biclique(edges)
	if err != nil {
		return err
	}
	largest, err := hardness.LargestBiclique(edges)
	if err != nil {
		return err
	}
	found := p.Alternate(ctx, size.starts, rng.Uint64())
	if err := ctx.Err(); err != nil {
		return err
	}
	by := hardness.BicliqueEdges(edges, found.Value)
	weight := new(big.Rat) // of a pair without an edge
	for _, row := range p.W {
		for _, w := range row {
			if w.Cmp(weight) > 0 {
				weight = w
			}
		}
	}
	switch {
	case by == largest:
		s.told++
	case by > largest:
		s.contradictions++ // below the minimum that the graph has
	}
	s.bicliques = append(s.bicliques, bicliqueRow{strings.Join(words, " "), count, markov.Float(weight), found.Value, by, largest})
	return nil
}

func (s *rankOneStudy) addInstance(ctx context.Context, shape [2]int, i int, rng *rand.Rand, size rankOneSize) error {
	p, err := drawRankOne(rng, shape[0], shape[1])
	if err != nil {
		return err
	}
	power := p.Power()
	tolerance := new(big.Rat).Mul(power, new(big.Rat).SetFloat64(rankOneTolerance))
	lambda, err := p.Lambda(tolerance)
	if err != nil {
		return err
	}
	form, err := p.Reduce(lambda)
	if err != nil {
		return err
	}
	minimum := p.Bound(ctx, p.Alternate(ctx, size.starts, rng.Uint64()), rankOneTolerance, size.boxes)
	best := form.Search(ctx, size.searches, rng.Uint64())
	if err := ctx.Err(); err != nil {
		return err
	}
	exact, err := p.Value(form.Solution(best.B, best.A))
	if err != nil {
		return err
	}
	solution, within, most := markov.Float(exact), form.Within(best.Loss), markov.Float(tolerance)
	if best.Loss <= minimum.Value+most {
		s.attained++
	}
	if solution > within || best.Loss < minimum.Lower-most || within < minimum.Lower {
		s.contradictions++
	}
	s.instances = append(s.instances, instanceRow{shape[0], shape[1], i, markov.Float(power), minimum.Value, minimum.Lower, markov.Float(lambda), form.D, best.Loss, solution, within})
	return nil
}

// drawRankOne draws an instance with entries in quarters from -2 to 2 and weights in
// halves from 1/2 to 4, one in five of them 0, whose power is not 0.
func drawRankOne(rng *rand.Rand, r, s int) (hardness.RankOne, error) {
	for {
		M, W := make([][]*big.Rat, r), make([][]*big.Rat, r)
		for i := range r {
			for range s {
				M[i] = append(M[i], big.NewRat(int64(rng.IntN(17)-8), 4))
				w := big.NewRat(int64(1+rng.IntN(8)), 2)
				if rng.IntN(5) == 0 {
					w.SetInt64(0)
				}
				W[i] = append(W[i], w)
			}
		}
		p, err := hardness.NewRankOne(M, W)
		if err != nil || p.Power().Sign() > 0 {
			return p, err
		}
	}
}

// words tells what came of it.
func (s *rankOneStudy) words() string {
	text := fmt.Sprintf("the best transformer of a form that is given is hard for another reason: weighted rank-one approximation reduces to it, and the minimum told the largest biclique in %d of %d graphs, and a transformer with that minimum as its loss, up to the chosen tolerance, was found for %d of %d random instances",
		s.told, len(s.bicliques), s.attained, len(s.instances))
	if s.contradictions > 0 {
		text += fmt.Sprintf("; %d of them contradict a proven bound", s.contradictions)
	}
	return text
}
