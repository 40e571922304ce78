package contexttest_test

import (
	"context"
	"fmt"

	"markovicl/internal/contexttest"
)

func ExampleEndingAfter() {
	ctx := contexttest.EndingAfter(context.Background(), 2)
	for range 3 {
		fmt.Println(ctx.Err(), ctx.Left())
	}
	// Output:
	// <nil> 1
	// <nil> 0
	// context canceled -1
}
