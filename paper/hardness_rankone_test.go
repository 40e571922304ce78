package paper

import (
	"strings"
	"testing"

	"markovicl/hardness"
)

func TestStudyOfRankOne(t *testing.T) {
	s, err := studyRankOne(t.Context(), rankOneSizeOf(true), 1)
	if err != nil {
		t.Fatal(err)
	}
	if s.graphs != 4 || s.tried != 4 || len(s.bicliques.Rows) != 4 || len(s.instances.Rows) != 4 {
		t.Fatalf("%d graphs and %d instances, want 4 and 4", s.graphs, s.tried)
	}
	if s.contradictions > 0 || s.told != s.graphs || s.attained != s.tried {
		t.Errorf("told %d, attained %d, contradictions %d:\n%v\n%v", s.told, s.attained, s.contradictions, s.bicliques.Rows, s.instances.Rows)
	}
	for _, row := range s.bicliques.Rows {
		// The edges of a biclique lie within the graph, and a single row is one.
		var edges [][]bool
		longest := 0
		for word := range strings.FieldsSeq(row[0].(string)) {
			var line []bool
			for _, c := range word {
				line = append(line, c == '1')
			}
			edges, longest = append(edges, line), max(longest, strings.Count(word, "1"))
		}
		if got := row[5].(int); got < longest || got > row[1].(int) {
			t.Errorf("%v: a largest biclique of %d", row[0], got)
		}
		if got, err := hardness.LargestBiclique(edges); err != nil || got != row[5] {
			t.Errorf("%v: %d, %v, the table says %v", row[0], got, err, row[5])
		}
	}
	for _, row := range s.instances.Rows {
		minimum, lower, best, solution, within := row[4].(float64), row[5].(float64), row[8].(float64), row[9].(float64), row[10].(float64)
		if !(lower <= minimum && lower <= solution && solution <= within && best <= within) {
			t.Errorf("out of order: %v", row)
		}
	}
}
