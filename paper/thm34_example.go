package paper

import (
	"context"
	"fmt"
	"math/big"

	"markovicl/markov"
	"markovicl/moment"
)

// exampleRow34 is the smallest n at which X* is a transformer in Example C.5, by p.
type exampleRow34 struct {
	P    float64 `column:"p"`
	G0   float64 `column:"g0"`
	G1   float64 `column:"g1"`
	N    int     `column:"smallest_n"`
	C1   string  `column:"c1"`
	C2   string  `column:"c2"`
	Same bool    `column:"equals_moments"`
}

// exampleC5 tries the paper's Example C.5: in-context chains that start in state 1 with
// probability g(x) = (x - p)^2 where the query starts in x, hence with (1-p)^2 or p^2.
// The paper has c1 = n (p - 2p^2 + p^3), and c2 = n(n-1) p (1-p)^4 belongs to it, since
// the starts are independent given the query's. For every p it looks for the smallest n
// up to largest at which X* is a transformer, and compares H and h by these two numbers
// with the moments of the task there.
func exampleC5(ctx context.Context, largest int) ([]exampleRow34, error) {
	var rows []exampleRow34
	for twentieths := int64(1); twentieths < 20; twentieths++ {
		p := big.NewRat(twentieths, 20)
		g0, g1 := new(big.Rat).Mul(p, p), new(big.Rat).Sub(big.NewRat(1, 1), p)
		g1.Mul(g1, g1)
		n := 1
		for ; n <= largest; n++ {
			_, ok, err := exactOptimum(ctx, exampleC5Form(int64(n), p))
			if err != nil {
				return nil, fmt.Errorf("Example C.5, p = %s, n = %d: %w", p.RatString(), n, err)
			}
			if ok {
				break
			}
		}
		if n > largest {
			return nil, fmt.Errorf("Example C.5, p = %s: no transformer up to n = %d", p.RatString(), largest)
		}
		task, err := markov.NewTask(markov.Spec{D: 1, Start: fmt.Sprintf("correlated:%s,%s,%s", p.RatString(), g0.RatString(), g1.RatString())})
		if err != nil {
			return nil, err
		}
		exact, err := moment.ExactOf(ctx, task)
		if err != nil {
			return nil, err
		}
		c1, c2 := exampleC5Sums(int64(n), p)
		rows = append(rows, exampleRow34{
			P: markov.Float(p), G0: markov.Float(g0), G1: markov.Float(g1), N: n, C1: markov.FormatRat(c1), C2: markov.FormatRat(c2),
			Same: sameForm(exact.At(markov.Context(n)), exampleC5Form(int64(n), p)),
		})
	}
	return rows, nil
}

// exampleC5Sums returns c1 as the paper has it and the c2 that belongs to it: with
// E[x_i | x_{n+1} = 1] = c1 / (n p), c2 = n(n-1) p (c1 / (n p))^2.
func exampleC5Sums(n int64, p *big.Rat) (c1, c2 *big.Rat) {
	square := new(big.Rat).Mul(p, p)
	c1 = new(big.Rat).Sub(p, new(big.Rat).Mul(big.NewRat(2, 1), square))
	c1.Add(c1, square.Mul(square, p)).Mul(c1, big.NewRat(n, 1))
	first := new(big.Rat).Quo(c1, new(big.Rat).Mul(big.NewRat(n, 1), p))
	c2 = new(big.Rat).Mul(big.NewRat(n*(n-1), 1), p)
	c2.Mul(c2, first).Mul(c2, first)
	return c1, c2
}

// exampleC5Form is Lemma C.3 for the example's c1 and c2.
func exampleC5Form(n int64, p *big.Rat) *moment.ExactForm {
	c1, _ := exampleC5Sums(n, p)
	first := new(big.Rat).Quo(c1, new(big.Rat).Mul(big.NewRat(n, 1), p))
	return lemmaC3(n, p, first, new(big.Rat).Mul(first, first))
}
