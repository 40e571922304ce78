package paper

import (
	"strings"
	"testing"

	"markovicl/hardness"
)

func TestStudyOfRankOne(t *testing.T) {
	t.Parallel()
	s, err := studyRankOne(t.Context(), rankOneSizeOf(true), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.bicliques) != 4 || len(s.instances) != 4 {
		t.Fatalf("%d graphs and %d instances, want 4 and 4", len(s.bicliques), len(s.instances))
	}
	if s.contradictions > 0 || s.told != len(s.bicliques) || s.attained != len(s.instances) {
		t.Errorf("told %d, attained %d, contradictions %d:\n%v\n%v", s.told, s.attained, s.contradictions, s.bicliques, s.instances)
	}
	for _, row := range s.bicliques {
		// The edges of a biclique lie within the graph, and a single row is one.
		var edges [][]bool
		longest := 0
		for word := range strings.FieldsSeq(row.Graph) {
			var line []bool
			for _, c := range word {
				line = append(line, c == '1')
			}
			edges, longest = append(edges, line), max(longest, strings.Count(word, "1"))
		}
		if row.ByTrying < longest || row.ByTrying > row.Edges {
			t.Errorf("%v: a largest biclique of %d", row.Graph, row.ByTrying)
		}
		if got, err := hardness.LargestBiclique(edges); err != nil || got != row.ByTrying {
			t.Errorf("%v: %d, %v, the table says %v", row.Graph, got, err, row.ByTrying)
		}
	}
	for _, row := range s.instances {
		if !(row.Lower <= row.Minimum && row.Lower <= row.Solution && row.Solution <= row.Within && row.Best <= row.Within) {
			t.Errorf("out of order: %+v", row)
		}
	}
}
