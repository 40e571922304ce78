package moment

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"markovicl/markov"
)

// The table of what is exact in docs/moments.md is what the code does.
func TestDocumentedSizes(t *testing.T) {
	data, err := os.ReadFile("../docs/moments.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(data)) {
		var states, float, fractions int
		var embedding string
		if n, _ := fmt.Sscanf(line, "| %d | %s | %d | %d |", &states, &embedding, &float, &fractions); n != 4 {
			continue
		}
		rows++
		exact := func(d int) bool {
			task := newTask(t, markov.Spec{States: states, D: d, Embedding: embedding})
			if q := task.QueryDim(); q*(q+1)*(q+2)/2 > MaxDimension {
				return false
			}
			p, err := choose(task, newBasis(task), Options{})
			if err != nil {
				t.Fatal(err)
			}
			return p.name != QuasiMonteCarlo
		}
		if !exact(float) || exact(float+1) {
			t.Errorf("%d states, %s: d = %d is not the largest with an exact rule", states, embedding, float)
		}
		affordable := func(d int) bool {
			return exactWork(newTask(t, markov.Spec{States: states, D: d, Embedding: embedding})) <= maxExact
		}
		if !affordable(fractions) || affordable(fractions+1) {
			t.Errorf("%d states, %s: d = %d is not the largest with fractions", states, embedding, fractions)
		}
	}
	if rows != 16 {
		t.Errorf("the table has %d rows, want 16", rows)
	}
}
