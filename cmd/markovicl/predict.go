package main

import (
	"markovicl/ask"
)

type predictCmd struct {
	ask.Predict
	JSON bool `name:"json" help:"Print one JSON object and nothing else."`
}

func (predictCmd) Help() string {
	return `Examples:

    markovicl predict examples/lambda_phage.fa --classes purine=AG,pyrimidine=CT --evaluate
    markovicl predict examples/lambda_phage.fa --d 3 --n 50 --prior fit --evaluate
    markovicl predict examples/opticks.txt --classes vowel=aeiou,other=* --steps 40
    markovicl predict --simulate --evaluate --d 2 --n 100

A prompt is n in-context chains and a query of d states (d = 2 here unless given). Predictors:
bayes (posterior mean under --prior), oracle (knows the kernel; simulated prompts only), bigram and
bigram-smoothed (transition frequencies, with one added), optimum (of the enlarged one-layer LSA),
best-lsa (the best one-layer transformer), lsa or transformer (--params), linear, logistic, knn3, svm.
--prior fit fits a Dirichlet prior to the file: to its first half when evaluating, on the second.`
}

func (c *predictCmd) Run(a *app) error {
	answer, err := a.ask(&c.Predict)
	if err != nil {
		return err
	}
	return a.show(&c.Predict, answer, c.JSON)
}
