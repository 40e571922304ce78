package bundle_test

import (
	"fmt"
	"maps"
	"slices"

	"markovicl/explorer/build/bundle"
)

// The page's files, made from its sources.
func ExamplePage() {
	files, err := bundle.Page("../../page")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slices.Sorted(maps.Keys(files)))
	// Output: [LICENCES.txt index.html main.js style.css worker.js]
}
