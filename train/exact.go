package train

import (
	"fmt"
	"math"

	"markovicl/markov"
)

// ExactRisk returns the population risk E (prediction - y)^2 of any predictor
// that sees a prompt through its Gram matrix G, flat [D*D], and the query's
// features u, for binary tasks with d = 1, by summation: such a prompt is no
// more than how many context chains start in state 1 (Binomial), how many of
// these and of the others end there (Beta-binomial), and the query. The number
// of predictions grows with n^3/6.
func ExactRisk(t markov.Task, predict func(G, u []float64) (float64, error)) (float64, error) {
	if t.States() != 2 || t.Positions() != 1 {
		return 0, fmt.Errorf("the exact risk is had by summation for 2 states and d = 1 only, not for %d states and d = %d", t.States(), t.Positions())
	}
	if t.Context() == markov.Infinite || t.Start().Kind() == markov.StationaryStart {
		return 0, fmt.Errorf("the exact risk is had by summation for finite n and starts that do not depend on the kernel only")
	}
	n, D := int(t.Context()), t.Dim()
	embedding := t.Embedding()
	// The four chains of two states, as columns, and their products.
	var products [4][]float64
	column := make([]float64, D)
	for chain := range products {
		t.Column(column, []markov.State{markov.State(chain >> 1), markov.State(chain & 1)})
		for _, x := range column {
			for _, y := range column {
				products[chain] = append(products[chain], x*y)
			}
		}
	}
	var alpha, beta [2]float64 // p_s1 ~ Beta(alpha_s, beta_s)
	for s := range 2 {
		row := t.Prior().Alpha(s)
		alpha[s], beta[s] = row[1], row[0]
	}
	G, u := make([]float64, D*D), make([]float64, D-1)
	var risk float64
	for x := range 2 {
		t.Features(u, []markov.State{markov.State(x)})
		px, start := t.Start().Query()[x], t.Start().Context(markov.State(x))[1]
		for ones := 0; ones <= n; ones++ {
			pOnes := px * math.Exp(logChoose(n, ones)+logPower(start, ones)+logPower(1-start, n-ones))
			if pOnes == 0 {
				continue
			}
			for from1 := 0; from1 <= ones; from1++ {
				p1 := pOnes * betaBinomial(ones, from1, alpha[1], beta[1])
				for from0 := 0; from0 <= n-ones; from0++ {
					weight := p1 * betaBinomial(n-ones, from0, alpha[0], beta[0])
					counts := [4]float64{float64(n - ones - from0), float64(from0), float64(ones - from1), float64(from1)}
					for e := range G {
						G[e] = 0
						for chain, c := range counts {
							G[e] += c / float64(n) * products[chain][e]
						}
					}
					prediction, err := predict(G, u)
					if err != nil {
						return 0, err
					}
					hits, tries := float64(from0), float64(n-ones)
					if x == 1 {
						hits, tries = float64(from1), float64(ones)
					}
					p := (alpha[x] + hits) / (alpha[x] + beta[x] + tries) // of label 1, given the counts
					e0, e1 := prediction-embedding.Label(0), prediction-embedding.Label(1)
					risk += weight * (p*e1*e1 + (1-p)*e0*e0)
				}
			}
		}
	}
	if math.IsNaN(risk) || math.IsInf(risk, 0) {
		return 0, fmt.Errorf("the exact risk is %v: some prediction is not a number, or too large", risk)
	}
	return risk, nil
}

func logGamma(x float64) float64 {
	y, _ := math.Lgamma(x)
	return y
}

func logChoose(n, k int) float64 {
	return logGamma(float64(n+1)) - logGamma(float64(k+1)) - logGamma(float64(n-k+1))
}

// logPower returns log(p^k), 0 for k = 0.
func logPower(p float64, k int) float64 {
	if k == 0 {
		return 0
	}
	return float64(k) * math.Log(p)
}

// betaBinomial returns the probability of k hits in n tries with a chance drawn
// from Beta(a, b).
func betaBinomial(n, k int, a, b float64) float64 {
	logBeta := func(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }
	return math.Exp(logChoose(n, k) + logBeta(a+float64(k), b+float64(n-k)) - logBeta(a, b))
}
