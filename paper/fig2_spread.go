package paper

import (
	"fmt"
	"math"
	"slices"
)

// jointly returns the models with the turns of their distances in the range of front
// and trace together in place of those in the front's own range, which a front that is
// nearly a point makes as large as one likes.
func jointly(models []*model2) []*model2 {
	out := make([]*model2, len(models))
	for i, m := range models {
		other := *m
		other.direct = findTurn(m.trace.PromptGDJoint, layers2)
		other.mirrored = findTurn(m.trace.PromptGDJointMirrored, layers2)
		out[i] = &other
	}
	return out
}

// spreadRow2 has the distances over the prompts of a model at w or at -w, in one of the
// two ranges: at the first layer, at that of the lowest median, and at the last.
type spreadRow2 struct {
	which2
	At           string   `column:"at"`
	Scale        string   `column:"scale"`
	MeanFirst    float64  `column:"mean_first"`
	MedianFirst  float64  `column:"median_first"`
	LowFirst     float64  `column:"q10_first"`
	HighFirst    float64  `column:"q90_first"`
	Lowest       int      `column:"lowest_layer"` // of the medians
	MedianLowest float64  `column:"median_lowest"`
	MeanLast     float64  `column:"mean_last"`
	MedianLast   float64  `column:"median_last"`
	LowLast      float64  `column:"q10_last"`
	HighLast     float64  `column:"q90_last"`
	Fall         estimate `column:"fall"`
	Rise         estimate `column:"rise"`
	Turns        bool     `column:"falls_then_rises"`
}

// spreadOf describes distances prompt by prompt, flat [prompts, layers+1].
func spreadOf(m *model2, at, scale string, distances []float64, t turn) spreadRow2 {
	layers := make([][]float64, layers2+1)
	for k, x := range distances {
		layers[k%(layers2+1)] = append(layers[k%(layers2+1)], x)
	}
	row := spreadRow2{which2: m.which2, At: at, Scale: scale, Fall: t.Fall, Rise: t.Rise, Turns: t.FallsThenRises}
	for l := range layers {
		if median(layers[l]) < median(layers[row.Lowest]) {
			row.Lowest = l
		}
	}
	describe := func(xs []float64) (mean, middle, low, high float64) {
		mean, _ = meanAndError(xs)
		return mean, median(xs), quantile(xs, 0.1), quantile(xs, 0.9)
	}
	row.MeanFirst, row.MedianFirst, row.LowFirst, row.HighFirst = describe(layers[0])
	row.MedianLowest = median(layers[row.Lowest])
	row.MeanLast, row.MedianLast, row.LowLast, row.HighLast = describe(layers[layers2])
	return row
}

// spreadTable returns medians and quantiles of the distances beside their means, in
// both ranges, and in words whether the verdict is another one in the joint range.
func spreadTable(models, joint []*model2, size figure2Size, verdict Verdict) (Table, string) {
	var rows []spreadRow2
	for i, m := range models {
		rows = append(rows,
			spreadOf(m, "w", "front", m.trace.PromptGD, m.direct), spreadOf(m, "w", "joint", m.trace.PromptGDJoint, joint[i].direct),
			spreadOf(m, "-w", "front", m.trace.PromptGDMirrored, m.mirrored), spreadOf(m, "-w", "joint", m.trace.PromptGDJointMirrored, joint[i].mirrored))
	}
	table := TableOf("spread", "Distances over the prompts, first and last layer and the layer of the lowest median, with the objectives scaled to the front's range (front) and to that of front and trace together (joint), in which a front that is nearly a point does not make a distance large. "+
		"q10, q90: the quantiles of 10% and 90%. fall, rise and falls_then_rises as in the table of turns.", rows)
	short, long := countTurns(joint, size.steps[0]), countTurns(joint, size.steps[1])
	change := "does not change"
	if other := verdictFigure2(short, long); other != verdict {
		change = fmt.Sprintf("becomes %q", other)
	}
	return table, fmt.Sprintf("Scaled by the range of front and trace together, which does not vanish where a front is nearly a point, it falls and then rises in %d of %d models after %d steps and in %d of %d after %d: the verdict %s",
		short.direct, short.models, size.steps[0], long.direct, long.models, size.steps[1], change)
}

// quantile returns the quantile of at least one number, linear between neighbours.
func quantile(xs []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(xs))
	at := share * float64(len(sorted)-1)
	below := int(math.Floor(at))
	if below == len(sorted)-1 {
		return sorted[below]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
