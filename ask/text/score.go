package text

import (
	"fmt"
	"strings"

	"markovicl/ask"
	"markovicl/internal/plural"
)

func printScore(p *printer, s *ask.ScoreAnswer) error {
	fmt.Fprintf(p, "task: %s\n", s.Task)
	model := fmt.Sprintf("%s of %s, %s", plural.Of(s.Model.Layers, "layer"), plural.Of(s.Model.Heads, "head"), s.Model.Kind)
	if s.Model.Kind == "enlarged" {
		model = "a point of the enlarged space of one layer"
	}
	fmt.Fprintf(p, "model: %s, %d parameters (%s)\n\n", model, s.Model.Parameters, s.Model.File)
	w := p.table()
	row := func(name string, value *float64, se float64, meaning string) {
		if value == nil {
			return
		}
		text := fmt.Sprintf("%.9f", *value)
		if se > 0 {
			text = fmt.Sprintf("%.6f ± %.6f", *value, se)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, text, meaning)
	}
	how := "exact"
	if s.LossSE > 0 {
		how = "on " + plural.Of(s.Prompts, "prompt")
	}
	row("loss", &s.Loss, s.LossSE, how)
	if s.Best != nil {
		proof := "the best one-layer transformer that was found"
		if *s.Certified {
			proof = "the best one-layer transformer, proven"
		}
		row("best transformer", s.Best, 0, proof)
		if s.LowerBound != nil {
			row("lower bound", s.LowerBound, 0, "no one-layer transformer with one head is below it")
		}
	}
	row("enlarged optimum", s.LossEnlarged, 0, "no one-layer model of any number of heads is below it")
	if s.Floor != nil {
		row("floor of every depth", s.Floor, *s.FloorSE, "no linear self-attention is below it")
	}
	if s.BayesRisk != nil {
		row("Bayes risk", s.BayesRisk, *s.BayesRiskSE, "no predictor is below it")
	}
	if s.Accuracy != nil {
		row("accuracy", s.Accuracy, *s.AccuracySE, "how often the nearest state is the right one")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if sentence := standing(s); sentence != "" {
		_, err := fmt.Fprintf(p, "\n%s\n", sentence)
		return err
	}
	return nil
}

// standing says how far the loss is from the best of one layer, and where a model has more
// than one layer and head from what none of its kind is below; empty where neither is known.
func standing(s *ask.ScoreAnswer) string {
	var parts []string
	if s.AboveBest != nil {
		parts = append(parts, apart(*s.AboveBest, "that of the best one-layer transformer"))
	}
	least, name := s.Floor, "the floor of every depth"
	if s.Model.Kind == "transformer" {
		least, name = s.BayesRisk, "the Bayes risk"
	}
	if deep := s.Model.Layers > 1 || s.Model.Heads > 1; deep && least != nil && *least > 0 {
		parts = append(parts, apart((s.Loss-*least)/(*least), name))
	}
	if len(parts) == 0 {
		return ""
	}
	return "The loss is " + strings.Join(parts, ", and ") + "."
}

// apart says by which part of a bound a loss is above it.
func apart(part float64, name string) string {
	switch {
	case part >= 1:
		return fmt.Sprintf("%.3g times %s", 1+part, name)
	case part < 0:
		return fmt.Sprintf("%.3g %% below %s", -100*part, name)
	}
	return fmt.Sprintf("%.3g %% above %s", 100*part, name)
}
