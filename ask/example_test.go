package ask_test

import (
	"context"
	"fmt"
	"os"

	"markovicl/ask"
)

// What is the best that a one-layer LSA could do, and does a transformer do it?
func Example() {
	q, err := ask.Parse([]byte(`{"command":"optimum", "d":1, "n":[5, 10], "exact":true}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := ask.Ask(context.Background(), q, ask.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range answer.(ask.Results[ask.OptimumAnswer]) {
		fmt.Printf("n = %v: loss %s = %.6f, realisable: %v\n", a.Task.Context(), a.LossExact, a.Loss, *a.Realisable)
	}
	fmt.Println(ask.CommandLine(q))
	// Output:
	// n = 5: loss 35/96 = 0.364583, realisable: false
	// n = 10: loss 121/342 = 0.353801, realisable: true
	// markovicl optimum --d 1 --n 5,10 --exact
}

// A wrong question names the field.
func ExampleError() {
	q, err := ask.Parse([]byte(`{"command":"recover", "prior":"beta:1,0"}`))
	if err == nil {
		_, err = ask.Ask(context.Background(), q, ask.Env{})
	}
	ask.Encode(os.Stdout, err)
	// Output:
	// {
	//   "error": {
	//     "kind": "input",
	//     "field": "prior",
	//     "message": "prior \"beta:1,0\": a and b must be \u003e 0"
	//   }
	// }
}
