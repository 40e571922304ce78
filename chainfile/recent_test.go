package chainfile

import (
	"testing"

	"pgregory.net/rapid"
)

// A text that is remembered has the number that it was given last, whatever else came
// between.
func TestRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r recent
		numbers := map[string]int{}
		hits := 0
		for k, text := range rapid.SliceOf(rapid.StringOfN(rapid.RuneFrom([]rune("\x00aé")), 0, 10, 10)).Draw(t, "texts") {
			if got, ok := r.lookup(text); ok {
				if want, known := numbers[text]; !known || got != want {
					t.Fatalf("%q has %d, want %d", text, got, want)
				}
				hits++
			}
			r.remember(text, k)
			numbers[text] = k
			if got, ok := r.lookup(text); ok != (len(text) >= 1 && len(text) <= shortText) || ok && got != k {
				t.Fatalf("%q was forgotten at once", text)
			}
		}
	})
}
