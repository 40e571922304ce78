package hardness

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
)

// Biclique is the instance of weighted rank-one approximation that the proof of
// Gillis and Glineur (2011, section 2) makes of a bipartite graph: M_ij is 1
// where row i and column j share an edge and 0 elsewhere, with weight 1 on the
// edges and a large weight on the rest, so that u_i v_j must nearly vanish there
// and the best u, v mark a biclique. To find the largest number of edges in a
// biclique is NP-hard.
//
// The weight is a power of two for which the minimum m tells that number: by the
// bound of BicliqueEdges it is #edges - ceil(m).
func Biclique(edges [][]bool) (RankOne, error) {
	if len(edges) == 0 || len(edges[0]) == 0 {
		return RankOne{}, fmt.Errorf("the graph has no vertices on one side")
	}
	count := countEdges(edges)
	weight := 1.0
	for ; count > 0 && float64(count)*bicliqueLoss(count, weight) >= 0.5; weight *= 2 {
	}
	heavy, one, zero := new(big.Rat).SetFloat64(weight), big.NewRat(1, 1), new(big.Rat)
	M, W := make([][]*big.Rat, len(edges)), make([][]*big.Rat, len(edges))
	for i, row := range edges {
		if len(row) != len(edges[0]) {
			return RankOne{}, fmt.Errorf("row %d of the graph has %d columns, the first has %d", i+1, len(row), len(edges[0]))
		}
		for _, edge := range row {
			if edge {
				M[i], W[i] = append(M[i], one), append(W[i], one)
			} else {
				M[i], W[i] = append(M[i], zero), append(W[i], heavy)
			}
		}
	}
	return NewRankOne(M, W)
}

func countEdges(edges [][]bool) int {
	count := 0
	for _, row := range edges {
		for _, edge := range row {
			if edge {
				count++
			}
		}
	}
	return count
}

// bicliqueLoss bounds how much of an edge outside the marked biclique the
// objective may lose. Let m <= count be the minimum, at u and v of the same
// largest entry B: B^2 <= 1 + sqrt(count), from the pair where it is taken. Where
// there is no edge |u_i v_j| <= sqrt(count/weight), so that the rows with |u_i| > a
// and columns with |v_j| > a, a = (count/weight)^(1/4), form a biclique, and each
// edge outside of it costs at least (1 - aB)^2 >= 1 - 2aB.
func bicliqueLoss(count int, weight float64) float64 {
	e := float64(count)
	return 2 * math.Sqrt(math.Sqrt(e/weight)) * math.Sqrt(1+math.Sqrt(e))
}

// BicliqueEdges returns the largest number of edges of a biclique, given the
// minimum of the graph's instance, or a value above it by less than 1/2: with E
// edges in all and E* in the largest biclique, (E - E*)(1 - 1/(2E)) < minimum <= E -
// E*.
func BicliqueEdges(edges [][]bool, minimum float64) int {
	return countEdges(edges) - int(math.Ceil(minimum-0.5))
}

// LargestBiclique returns the largest number of edges of a biclique by trying
// every set of rows: the independent answer for graphs of at most 24 rows.
func LargestBiclique(edges [][]bool) (int, error) {
	if len(edges) > 24 {
		return 0, fmt.Errorf("the graph has %d rows; every set of rows is tried, which goes up to 24", len(edges))
	}
	largest := 0
	for set := uint(1); set < 1<<len(edges); set++ {
		columns := 0
		for j := range edges[0] {
			all := true
			for i, row := range edges {
				all = all && (set>>i&1 == 0 || row[j])
			}
			if all {
				columns++
			}
		}
		largest = max(largest, columns*bits.OnesCount(set))
	}
	return largest, nil
}
