package landscape_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"markovicl/landscape"
	"markovicl/moment"
)

// The paper's first task, d = 1, with p = 1/2 and n = 5 in-context chains: the
// enlarged optimum is no transformer, and the best transformer is proven to be
// best.
func ExampleRecover() {
	const p, n = 0.5, 5.0
	const r = 1 - 1/n
	form := &moment.Form{Q: 1, L: []float64{p * p / 2, p * p / 3, p*p/12 + p/4}, C: 0.5}
	form.H = mat.NewSymDense(3, []float64{ // Lemma C.1
		p/n + r*p*p, p/2/n + r*p*p/2, p/2/n + r*p/2,
		0, p/2/n + r*p*p/3, p/2/n + r*p*((1-p)/4+p/3),
		0, 0, 1/2./n + r*((1-p)*(1-p)/3+p*p/3+p*(1-p)/2),
	})
	form.H.ScaleSym(p, form.H)

	recovery, err := landscape.Recover(context.Background(), form, landscape.Settings{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("enlarged optimum %.8f, %v\n", recovery.LossEnlarged, recovery.Realisable)
	fmt.Printf("best transformer %.8f\n", recovery.Loss)
	fmt.Printf("certified by %s: %v\n", recovery.Method, recovery.Certified())

	verification, err := recovery.Certificate.Verify(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("checked bound    %.8f\n", verification.Bound)
	// Output:
	// enlarged optimum 0.36458333, not realisable
	// best transformer 0.36461122
	// certified by sdp: true
	// checked bound    0.36461122
}
