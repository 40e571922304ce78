package paper

import (
	"math"
	"slices"

	"markovicl/landscape"
)

// Verdict is what comes of a statement. Every item computes its verdict from its
// numbers, by the function below that is named after it.
type Verdict string

// The verdicts.
const (
	Holds           Verdict = "holds"
	HoldsUnder      Verdict = "holds under a condition" // Result.Condition names it
	HoldsOnTraining Verdict = "holds on training prompts only"
	ProofGap        Verdict = "proof gap" // the statement holds, its proof as printed does not give it
	Differs         Verdict = "differs"
	Undecided       Verdict = "undecided" // evidence within two standard errors, or too few models
)

var verdicts = []Verdict{Holds, HoldsUnder, HoldsOnTraining, ProofGap, Differs, Undecided}

// manyErrors is how many standard errors what is equal in theory may be apart in a
// simulation, of which an item makes many.
const manyErrors = 5

// judge sets the verdict and, for HoldsUnder, the condition.
func (r *Result) judge(v Verdict, condition string) {
	r.Verdict, r.Condition = v, ""
	if v == HoldsUnder {
		r.Condition = condition
	}
}

// under returns the condition where the verdict has one.
func under(v Verdict, condition string) string {
	if v == HoldsUnder {
		return condition
	}
	return ""
}

// verdictLemma31 judges by the cases with finite n, of which so many are positive
// definite, and by the rank of H in the limit.
func verdictLemma31(cases, definite, limitRank, dimension int) Verdict {
	switch {
	case definite < cases:
		return Differs
	case limitRank < dimension:
		return HoldsUnder
	}
	return Holds
}

// equalLosses is up to which part two losses of exact moments count as equal.
const equalLosses = 1e-9

// verdictLemma32 judges by the largest distance, in standard errors, of the formula's
// loss from a simulation, and by the true losses of the two readings of H. Where
// they differ the printed proof reads as the wrong one.
func verdictLemma32(apart, joint, separate float64) Verdict {
	switch {
	case !(apart <= manyErrors):
		return Differs
	case separate > joint*(1+equalLosses):
		return ProofGap
	}
	return Holds
}

// verdictClosedForm judges Theorems 3.3 and 3.4 by how many formulas equal the moments
// and by the smallest n from which on X* is a transformer.
func verdictClosedForm(equal, formulas int, smallest float64) Verdict {
	switch {
	case equal < formulas:
		return Differs
	case smallest > 1:
		return HoldsUnder
	}
	return Holds
}

// verdictTheorem35 judges by the tasks in which f~* <= f* <= f(psi(X*)), and by those
// in which it was decided, without enumeration, whether X* is a transformer: where that is
// quick throughout the theorem is about systems more general than a transformer's.
func verdictTheorem35(tasks, chains, decided int) Verdict {
	switch {
	case chains < tasks:
		return Differs
	case decided < tasks:
		return Undecided
	}
	return HoldsUnder
}

// verdictHardness judges by the instances that the reduced program decides, by those
// that it decides as they were constructed, and by the contradictions between the two
// sides of the second reduction, from weighted rank-one approximation.
func verdictHardness(decided, rightly, contradictions int) Verdict {
	switch {
	case rightly < decided || contradictions > 0:
		return Differs
	case decided == 0:
		return Undecided
	}
	return HoldsUnder
}

// verdictHeads judges by how far the best of one head is above the enlarged optimum,
// relative to it, and by the loss of d+1 heads on fresh prompts less the optimum.
func verdictHeads(above float64, heads estimate) Verdict {
	if above <= landscape.CertifiedGap || math.Abs(heads.Mean) > manyErrors*heads.SE {
		return Differs
	}
	return Holds
}

// verdictTheorem41 judges by the largest deviation of the forward pass from the update,
// and by the prompts in which the sign of the text fails.
func verdictTheorem41(deviation float64, textFails int) Verdict {
	switch {
	case !(deviation <= identityTolerance):
		return Differs
	case textFails > 0:
		return HoldsUnder
	}
	return Holds
}

// fewModels is the least number of models whose majority says something.
const fewModels = 4

// majority reports whether more than half of the models do something, or fewer, by
// more than two standard errors of their share; neither is undecided.
func majority(count, models int) (most, few bool) {
	if models < fewModels {
		return false, false
	}
	share := float64(count) / float64(models)
	se := math.Sqrt(share * (1 - share) / float64(models))
	return share-0.5 > 2*se, 0.5-share > 2*se
}

// verdictFigure2 judges by the models whose distance falls and then rises, after few
// steps of training and after many.
func verdictFigure2(short, long turnCount) Verdict {
	shortMost, shortFew := majority(short.direct, short.models)
	longMost, longFew := majority(long.direct, long.models)
	switch {
	case shortMost && longMost:
		return Holds
	case longMost:
		return HoldsUnder
	case longFew && shortFew:
		return Differs
	}
	return Undecided
}

// verdictFigure3 judges by the accuracy of the deepest models on fresh prompts and on
// their own batch, the reported one, and the best that any predictor has.
func verdictFigure3(batch, fresh estimate, reported, ceiling float64) Verdict {
	switch {
	case fresh.Mean+2*fresh.SE >= reported:
		return Holds
	case batch.Mean-2*batch.SE > (reported+ceiling)/2:
		return HoldsOnTraining
	}
	return Differs
}

// verdictFigure4 judges by the risk of dense parameters less that of sparse ones, with
// one layer and with many, beside the risks. Differences below half a hundredth of
// the risk are of no interest; one that is known to a twentieth only decides nothing.
func verdictFigure4(one, deep estimate, oneRisk, deepRisk float64) Verdict {
	const small, coarse = 0.005, 0.05
	same := func(d estimate, risk float64) bool { return math.Abs(d.Mean) <= 2*d.SE+small*risk }
	switch {
	case 2*one.SE > coarse*oneRisk || 2*deep.SE > coarse*deepRisk:
		return Undecided
	case !same(one, oneRisk):
		return Differs
	case !same(deep, deepRisk):
		return HoldsUnder
	}
	return Holds
}

// verdictFigure5 judges by the accuracy of the fitted enlarged model less that of
// trained attention, on the batch of both and on fresh prompts.
func verdictFigure5(seen, unseen estimate) Verdict {
	switch {
	case math.Abs(seen.Mean) <= 2*seen.SE:
		return Undecided
	case seen.Mean < 0:
		return Differs
	case unseen.Mean > 2*unseen.SE:
		return Holds
	case unseen.Mean < -2*unseen.SE:
		return HoldsOnTraining
	}
	return Undecided
}

// verdictFigure6 judges by whether the trained model and the optimum are better with
// the most chains than with the fewest, for each law of the starts.
func verdictFigure6(improve []bool) Verdict {
	if slices.Contains(improve, false) {
		return Differs
	}
	return Holds
}

// comparable6 is how much lower an accuracy may be that is comparable.
const comparable6 = 0.02

// verdictTransformers judges the sentence that small and standard are comparable with
// logistic regression and the SVM and better than 3 neighbours. A model of either name
// contradicts it if it is behind 3 neighbours by more than two standard errors, or
// more than comparable6 behind one of the others by as much; the sentence holds if both
// models are ahead of the one, and not more than comparable6 behind the others, by two
// standard errors. Reduced models, and tiny alone, decide nothing.
func verdictTransformers(list []standing6, reduced bool) Verdict {
	if reduced {
		return Undecided
	}
	clear := 0
	for _, s := range list {
		if s.model == "gpt2-tiny" {
			continue
		}
		x := s.accuracy
		switch s.against {
		case "logistic", "svm":
			x.Mean += comparable6
		case "knn3":
		default:
			continue
		}
		switch {
		case x.Mean < -2*x.SE:
			return Differs
		case x.Mean > 2*x.SE:
			clear++
		}
	}
	if clear == 2*3 {
		return Holds
	}
	return Undecided
}

// verdictFigure10 judges slices of the loss: they are parabolas about X* if each has its
// minimum there, up to rounding, and curves upwards, and if the loss at X* is that of
// prompts within four standard errors.
func verdictFigure10(offset, curvature, loss float64, sampled estimate) Verdict {
	const rounding = 1e-8 // X* is known to the condition of H, some 1e6, times 1e-16, and 100 times that
	if offset <= rounding && curvature > 0 && math.Abs(sampled.Mean-loss) <= 4*sampled.SE {
		return Holds
	}
	return Differs // also where one of them is no number
}

// verdictDepth judges by the largest part of the loss that depth can gain: over all
// kernels, and for uniform ones as in the paper.
func verdictDepth(largest, uniform float64) Verdict {
	const worth = 0.05
	switch {
	case uniform > worth:
		return Holds
	case largest > worth:
		return HoldsUnder
	}
	return Differs
}

// verdictRegression judges by the largest distance from Ahn et al.'s entries, by the
// entries that are not 0 of a regression's optimum, and of a Markov chain's of as
// many in all.
func verdictRegression(distance float64, sparse, expected, dense, entries int) Verdict {
	if !(distance <= zeroEntry) || sparse != expected || dense < entries/2 {
		return Differs
	}
	return Holds
}
