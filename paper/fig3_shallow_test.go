package paper

import (
	"strings"
	"testing"
)

func TestShallowOf(t *testing.T) {
	for _, c := range []struct {
		states            int
		accuracy          estimate
		guesses, reported bool
	}{
		{3, estimate{Mean: 0.44, SE: 0.01}, true, false}, // nearer to 1/3 than to 0.60
		{3, estimate{Mean: 0.54, SE: 0.01}, false, true},
		{3, estimate{Mean: 0.58, SE: 0.01}, false, false},
		{2, estimate{Mean: 0.54, SE: 0.01}, true, false}, // nearer to 1/2 than to 0.60; no number for two states
	} {
		s := shallowOf("1", c.states, "new prompts", "fresh prompts", c.accuracy, 0.6)
		if s.Guesses != c.guesses || (s.Reported != nil && *s.Reported) != c.reported || (s.Reported == nil) != (c.states != 3) {
			t.Errorf("%+v: %+v", c, s)
		}
	}
}

func TestShallowTable(t *testing.T) {
	a := shallowOf("1", 3, "one batch", "it", estimate{Mean: 0.55, SE: 0.01}, 0.6)
	b := shallowOf("0.1", 3, "one batch", "it", estimate{Mean: 0.9, SE: 0.01}, 0.95)
	table, words := shallowTable([]shallow3{a, b})
	if len(table.Rows) != 2 || !strings.Contains(words, "within the error") || strings.Contains(words, "0.90") {
		t.Errorf("%d rows, %q", len(table.Rows), words)
	}
	if _, words := shallowTable([]shallow3{shallowOf("1", 2, "one batch", "it", estimate{Mean: 0.55}, 0.6)}); words != "" {
		t.Errorf("no setting of three states, but %q", words)
	}
}
