// Package plural says how many there are of something:
//
//	plural.Of(1, "layer")  // "1 layer"
//	plural.Of(3, "layer")  // "3 layers"
//
// The nouns are those with a plural in s.
package plural

import "fmt"

// Of returns the number and the noun, which is given in the singular.
func Of(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
