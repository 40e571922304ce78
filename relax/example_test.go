package relax_test

import (
	"context"
	"fmt"
	"log"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
	"markovicl/relax"
)

// The best of many local minima is the best of all transformers: a certificate proves it.
func ExampleLevel0() {
	task, err := markov.NewTask(markov.Spec{D: 2, N: "10"})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	moments, err := moment.Of(ctx, task, moment.Options{})
	if err != nil {
		log.Fatal(err)
	}
	form := moments.At(task.Context())
	known, err := landscape.Recover(ctx, form, landscape.Settings{})
	if err != nil {
		log.Fatal(err)
	}
	best := known.LocalMinima[0]
	_, proven, err := relax.Level0(ctx, form, best.B, best.A, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("a transformer has the loss %.6f, and none is below %.6f\n", best.Loss, proven.Bound)
	// Output:
	// a transformer has the loss 0.254605, and none is below 0.254605
}
