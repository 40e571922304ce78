package moment_test

import (
	"context"
	"fmt"
	"log"

	"markovicl/markov"
	"markovicl/moment"
)

// The moments are computed once; every number of in-context chains is a
// combination of them.
func Example() {
	task, err := markov.NewTask(markov.Spec{D: 2, P: "0.5"})
	if err != nil {
		log.Fatal(err)
	}
	m, err := moment.Of(context.Background(), task, moment.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range []markov.Context{1, 10, markov.Infinite} {
		f := m.At(n)
		fmt.Printf("n %v: dimension %d, E[u1^2 g11^2] = %.4f, c = %.2f\n", n, f.Dim(), f.H.At(0, 0), f.C)
	}
	fmt.Println(m.Rule().Name, m.Rule().Nodes, m.Rule().Exact)
	// Output:
	// n 1: dimension 12, E[u1^2 g11^2] = 0.2500, c = 0.50
	// n 10: dimension 12, E[u1^2 g11^2] = 0.1375, c = 0.50
	// n inf: dimension 12, E[u1^2 g11^2] = 0.1250, c = 0.50
	// dirichlet-counts 8 true
}
