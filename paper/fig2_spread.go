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

// spreadTable returns medians and quantiles of the distances beside their means, in
// both ranges, and in words whether the verdict is another one in the joint range.
func spreadTable(models, joint []*model2, size figure2Size, verdict Verdict) (Table, string) {
	table := Table{
		Name: "spread",
		Caption: "Distances over the prompts, first and last layer and the layer of the lowest median, with the objectives scaled to the front's range (front) and to that of front and trace together (joint), in which a front that is nearly a point does not make a distance large. " +
			"q10, q90: the quantiles of 10% and 90%. fall, rise and falls_then_rises as in the table of turns.",
		Columns: []string{"d", "steps", "seed", "at", "scale", "mean_first", "median_first", "q10_first", "q90_first", "lowest_layer", "median_lowest",
			"mean_last", "median_last", "q10_last", "q90_last", "fall", "fall_se", "rise", "rise_se", "falls_then_rises"},
	}
	for i, m := range models {
		for _, c := range []struct {
			at, scale string
			distances []float64
			turn      turn
		}{
			{"w", "front", m.trace.PromptGD, m.direct}, {"w", "joint", m.trace.PromptGDJoint, joint[i].direct},
			{"-w", "front", m.trace.PromptGDMirrored, m.mirrored}, {"-w", "joint", m.trace.PromptGDJointMirrored, joint[i].mirrored},
		} {
			layers := make([][]float64, layers2+1)
			for k, x := range c.distances {
				layers[k%(layers2+1)] = append(layers[k%(layers2+1)], x)
			}
			lowest := 0
			for l := range layers {
				if median(layers[l]) < median(layers[lowest]) {
					lowest = l
				}
			}
			cells := []any{m.d, m.steps, m.seed, c.at, c.scale}
			describe := func(xs []float64) {
				mean, _ := meanAndError(xs)
				cells = append(cells, mean, median(xs), quantile(xs, 0.1), quantile(xs, 0.9))
			}
			describe(layers[0])
			cells = append(cells, lowest, median(layers[lowest]))
			describe(layers[layers2])
			cells = append(cells, c.turn.fall, c.turn.fallSE, c.turn.rise, c.turn.riseSE, c.turn.fallsThenRises)
			table.Add(cells...)
		}
	}
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
