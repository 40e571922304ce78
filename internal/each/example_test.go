package each_test

import (
	"context"
	"fmt"

	"markovicl/internal/each"
)

func Example() {
	squares := make([]int, 6)
	err := each.Do(context.Background(), len(squares), each.Settings{}, func(int) func(int) error {
		return func(i int) error {
			squares[i] = i * i
			return nil
		}
	})
	fmt.Println(squares, err)
	// Output: [0 1 4 9 16 25] <nil>
}

func ExampleMerge() {
	text := ""
	each.Merge(context.Background(), 5, each.Settings{Workers: 3}, func(int) func(int) (string, error) {
		return func(i int) (string, error) { return fmt.Sprint(i), nil }
	}, func(_ int, s string) { text += s })
	fmt.Println(text)
	// Output: 01234
}
