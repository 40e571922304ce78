package plural_test

import (
	"fmt"

	"markovicl/internal/plural"
)

func Example() {
	for n := range 3 {
		fmt.Println(plural.Of(n, "head"))
	}
	// Output:
	// 0 heads
	// 1 head
	// 2 heads
}
