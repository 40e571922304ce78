package paper

import (
	"math"
	"testing"
)

// standing6s has tiny, far behind, and small and standard with the same accuracies
// against 3 neighbours, logistic regression and the SVM.
func standing6s(knn, logistic, svm estimate) []standing6 {
	list := []standing6{{"gpt2-tiny", "knn3", estimate{Mean: -1, SE: 0.01}}}
	for _, model := range []string{"gpt2-small", "gpt2-standard"} {
		list = append(list, standing6{model, "bayes", estimate{Mean: -1, SE: 0.01}}, standing6{model, "knn3", knn}, standing6{model, "logistic", logistic}, standing6{model, "svm", svm})
	}
	return list
}

// Every rule gives each of its verdicts on numbers that are made up for it.
func TestRulesOnDoctoredNumbers(t *testing.T) {
	about := func(mean, se float64) estimate { return estimate{Mean: mean, SE: se} }
	turns := func(direct, models int) turnCount { return turnCount{direct: direct, models: models} }
	clear, unclear, below := about(0.1, 0.01), about(0.1, 0.09), about(-0.1, 0.01)
	for i, c := range []struct{ got, want Verdict }{
		{verdictLemma31(30, 30, 27, 30), HoldsUnder},
		{verdictLemma31(30, 30, 30, 30), Holds},
		{verdictLemma31(30, 29, 30, 30), Differs},
		{verdictLemma32(2.1, 0.3, 0.31), ProofGap},
		{verdictLemma32(2.1, 0.3, 0.3), Holds},
		{verdictLemma32(5.1, 0.3, 0.31), Differs},
		{verdictLemma32(math.NaN(), 0.3, 0.31), Differs},
		{verdictClosedForm(9, 9, 6), HoldsUnder},
		{verdictClosedForm(9, 9, 1), Holds},
		{verdictClosedForm(8, 9, 6), Differs},
		{verdictTheorem35(12, 12, 12), HoldsUnder},
		{verdictTheorem35(12, 12, 11), Undecided},
		{verdictTheorem35(12, 11, 12), Differs},
		{verdictHardness(20, 20, 0), HoldsUnder},
		{verdictHardness(20, 19, 0), Differs},
		{verdictHardness(20, 20, 1), Differs},
		{verdictHardness(0, 0, 0), Undecided},
		{verdictHeads(0.01, about(0.001, 0.002)), Holds},
		{verdictHeads(0, about(0.001, 0.002)), Differs},
		{verdictHeads(0.01, about(0.02, 0.002)), Differs},
		{verdictTheorem41(1e-15, 9), HoldsUnder},
		{verdictTheorem41(1e-15, 0), Holds},
		{verdictTheorem41(1e-3, 9), Differs},
		{verdictTransformers(standing6s(clear, about(0, 0.005), about(0, 0.005)), false), Holds},
		{verdictTransformers(standing6s(clear, about(0, 0.005), about(0, 0.005)), true), Undecided},
		{verdictTransformers(standing6s(clear, about(0, 0.005), about(0, 0.005))[:5], false), Undecided}, // one of the two
		{verdictTransformers(standing6s(clear, about(0, 0.005), about(0, 0.015)), false), Undecided},
		{verdictTransformers(standing6s(unclear, about(0, 0.005), about(0, 0.005)), false), Undecided},
		{verdictTransformers(standing6s(below, about(0, 0.005), about(0, 0.005)), false), Differs},
		{verdictTransformers(standing6s(clear, about(-0.05, 0.005), about(0, 0.005)), false), Differs},
		{verdictFigure2(turns(9, 10), turns(10, 10)), Holds},
		{verdictFigure2(turns(1, 10), turns(9, 10)), HoldsUnder},
		{verdictFigure2(turns(1, 10), turns(1, 10)), Differs},
		{verdictFigure2(turns(1, 10), turns(6, 10)), Undecided},
		{verdictFigure2(turns(2, 2), turns(2, 2)), Undecided},
		{verdictFigure10(1e-12, 0.1, 0.35, about(0.353, 0.003)), Holds},
		{verdictFigure10(1e-3, 0.1, 0.35, about(0.353, 0.003)), Differs},
		{verdictFigure10(1e-12, -0.1, 0.35, about(0.353, 0.003)), Differs},
		{verdictFigure10(1e-12, 0.1, 0.35, about(0.39, 0.003)), Differs},
		{verdictFigure10(math.NaN(), 0.1, 0.35, about(0.353, 0.003)), Differs},
		{verdictFigure3(about(0.99, 0.01), about(0.43, 0.01), 0.98, 0.7), HoldsOnTraining},
		{verdictFigure3(about(0.99, 0.01), about(0.97, 0.01), 0.98, 0.7), Holds},
		{verdictFigure3(about(0.6, 0.01), about(0.43, 0.01), 0.98, 0.7), Differs},
		{verdictFigure4(about(0, 0.001), about(0.05, 0.001), 0.3, 0.3), HoldsUnder},
		{verdictFigure4(about(0, 0.001), about(0.001, 0.001), 0.3, 0.3), Holds},
		{verdictFigure4(about(0.05, 0.001), about(0, 0.001), 0.3, 0.3), Differs},
		{verdictFigure4(about(0, 0.02), about(0.05, 0.001), 0.3, 0.3), Undecided},
		{verdictFigure5(clear, clear), Holds},
		{verdictFigure5(clear, below), HoldsOnTraining},
		{verdictFigure5(clear, unclear), Undecided},
		{verdictFigure5(unclear, clear), Undecided},
		{verdictFigure5(below, clear), Differs},
		{verdictFigure6([]bool{true, true}), Holds},
		{verdictFigure6([]bool{true, false}), Differs},
		{verdictDepth(0.5, 0.1), Holds},
		{verdictDepth(0.5, 0.01), HoldsUnder},
		{verdictDepth(0.01, 0.01), Differs},
		{verdictRegression(1e-16, 5, 5, 70, 105), Holds},
		{verdictRegression(1e-3, 5, 5, 70, 105), Differs},
		{verdictRegression(1e-16, 6, 5, 70, 105), Differs},
		{verdictRegression(1e-16, 5, 5, 7, 105), Differs},
	} {
		if c.got != c.want {
			t.Errorf("rule %d: %q, want %q", i, c.got, c.want)
		}
	}
}

// A condition is three words at most, and there is one exactly where it is needed.
func TestConditionOfAResult(t *testing.T) {
	r := &Result{Setup: "small", Why: "it is so"}
	for _, c := range []struct {
		verdict   Verdict
		condition string
		ok        bool
	}{
		{Holds, "", true}, {HoldsUnder, "n large enough", true}, {ProofGap, "", true}, {Undecided, "", true}, {HoldsOnTraining, "", true},
		{HoldsUnder, "", false}, {HoldsUnder, "only if n is large", false}, {"agrees", "", false}, {Differs, "n large enough", false},
	} {
		r.Verdict, r.Condition = c.verdict, c.condition
		if err := r.Check(); (err == nil) != c.ok {
			t.Errorf("%q, %q: %v", c.verdict, c.condition, err)
		}
	}
	r.judge(Differs, "n large enough")
	if r.Verdict != Differs || r.Condition != "" {
		t.Errorf("%+v", r)
	}
}
