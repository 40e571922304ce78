package main

import (
	"markovicl/ask"
)

type predictCmd struct {
	ask.Predict
	exhibits
	CSV bool `name:"csv" group:"Answer" help:"Short for --format csv."`
}

func (predictCmd) Help() string {
	return `Examples:

    markovicl predict examples/lambda_phage.fa --classes purine=AG,pyrimidine=CT --evaluate
    markovicl predict examples/lambda_phage.fa --d 3 --n 50 --prior fit --evaluate
    markovicl predict examples/opticks.txt --classes vowel=aeiou,other=* --steps 40
    markovicl predict --simulate --evaluate --d 2 --n 100
    markovicl predict journeys.csv --id user --time at --each --csv
    markovicl predict weather.csv --transitions

A prompt is n in-context chains and a query of d states (d = 2 here unless given). Predictors:
bayes (posterior mean under --prior), oracle (knows the kernel; simulated prompts only), bigram and
bigram-smoothed (transition frequencies, with one added), optimum (of the enlarged one-layer LSA),
best-lsa (the best one-layer transformer), lsa or transformer (--params), linear, logistic, knn3, svm, and
two that end illusions: frequency (of the states in the prompt) and constant (what the prior expects anyway).
--prior fit fits a Dirichlet prior to the file: to its first half when evaluating, on the second.
--n all takes every chain of the file but the query, --stride 1 every chain that there is. What was
read, skipped, sorted and guessed stands in the notes.`
}

func (c *predictCmd) Run(a *app) error {
	if c.CSV {
		if c.Format != "text" && c.Format != "csv" {
			return badInputf("--csv and --format %s are two forms of one answer; leave one out", c.Format)
		}
		c.Format = "csv"
	}
	return c.answer(a, &c.Predict, a.env(), nil)
}
