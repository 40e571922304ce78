package paper

import (
	"context"
	"fmt"

	"markovicl/figure"
	"markovicl/hardness"
)

var hardnessItem = Item{
	ID:        "hardness",
	Title:     "The reduction from bilinear separability, and the work it takes",
	Source:    "Theorem 3.5, Appendix C.4 (Problems C.10 and C.11, Lemma C.12)",
	Question:  "Does the reduction answer bilinear separability, and how does the work grow with the size of the instance?",
	Statement: "Bilinear separability, which is NP-complete, reduces to a bilinear feasibility problem in (b, A); the problem is therefore NP-hard.",
	Revision:  3,
	Run:       runHardness,
}

func runHardness(ctx context.Context, s Settings, progress func(done, total int)) (*Result, error) {
	if s.Quick {
		return hardnessOf(ctx, []int{5, 6, 7, 8}, 2, 5000, rankOneSizeOf(true), s.Seed, progress)
	}
	return hardnessOf(ctx, []int{5, 6, 7, 8, 9, 10, 11, 12}, 5, 5000, rankOneSizeOf(false), s.Seed, progress)
}

// scalingRow is an instance, and how it was solved.
type scalingRow struct {
	Size           int     `column:"size"`
	Instance       int     `column:"instance"`
	Inside         int     `column:"inside"`
	Separable      bool    `column:"separable"`
	D              int     `column:"d"`
	Variables      int     `column:"variables"`
	Decision       string  `column:"decision_status"`
	DecisionNodes  int     `column:"decision_nodes"`
	DecisionPivots int     `column:"decision_pivots"`
	Minimum        string  `column:"minimum_status"`
	MinimumNodes   int     `column:"minimum_nodes"`
	MinimumPivots  int     `column:"minimum_pivots"`
	Lower          float64 `column:"minimum_lower"`
	Upper          float64 `column:"minimum_upper"`
	OracleNodes    int     `column:"oracle_nodes"`
}

func newScalingRow(r hardness.ScalingRow) scalingRow {
	return scalingRow{
		r.Size, r.Instance, r.Inside, r.Separable == hardness.Yes, r.D, r.Variables,
		r.Decision.Status.String(), r.Decision.Nodes, r.Decision.Pivots,
		r.Minimum.Status.String(), r.Minimum.Nodes, r.Minimum.Pivots, r.Minimum.Lower, r.Minimum.Upper, r.Oracle,
	}
}

// scalingSummary has medians over the instances of a size.
type scalingSummary struct {
	Size           int     `column:"size"`
	Separable      bool    `column:"separable"`
	Instances      int     `column:"instances"`
	Decided        int     `column:"decided"`
	Proven         int     `column:"proven"`
	DecisionNodes  float64 `column:"decision_nodes"`
	DecisionPivots float64 `column:"decision_pivots"`
	MinimumNodes   float64 `column:"minimum_nodes"`
	MinimumPivots  float64 `column:"minimum_pivots"`
	OracleNodes    float64 `column:"oracle_nodes"`
}

// hardnessOf solves instances of set splitting, written as separability, by the
// reduced program and by an oracle that knows nothing of it. A contradiction is
// an error of the study. Beside them it tries the other reduction, see rankOneStudy.
func hardnessOf(ctx context.Context, sizes []int, instances, nodes int, rankOne rankOneSize, seed uint64, progress func(done, total int)) (*Result, error) {
	var scaling []scalingRow
	var summary []scalingSummary
	type key struct {
		size      int
		separable hardness.Answer
	}
	groups := map[key][]hardness.ScalingRow{}
	total, decided, rightly := 0, 0, 0
	for k, size := range sizes {
		progress(k, len(sizes))
		rows, _, err := hardness.ScalingStudy(ctx, hardness.ScalingSettings{Sizes: []int{size}, Instances: instances, Nodes: nodes, Seed: seed})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			scaling = append(scaling, newScalingRow(row))
			total++
			if isDecided(row.Decision) {
				decided++
				if (row.Decision.Upper == 0) == (row.Separable == hardness.Yes) {
					rightly++
				}
			}
			group := key{size, row.Separable}
			groups[group] = append(groups[group], row)
		}
	}
	other, err := studyRankOne(ctx, rankOne, seed)
	if err != nil {
		return nil, err
	}
	progress(len(sizes), len(sizes))

	oracle := figure.Series{Name: "oracle, inseparable"}
	minimum := figure.Series{Name: "program, value proven"}
	decision := figure.Series{Name: "program, decided"}
	yes := figure.Series{Name: "oracle, separable"}
	for _, size := range sizes {
		for _, answer := range []hardness.Answer{hardness.Yes, hardness.No} {
			rows := groups[key{size, answer}]
			of := func(count func(hardness.ScalingRow) int) float64 { return medianOf(rows, count) }
			decisionNodes := of(func(r hardness.ScalingRow) int { return r.Decision.Nodes })
			minimumNodes := of(func(r hardness.ScalingRow) int { return r.Minimum.Nodes })
			oracleNodes := of(func(r hardness.ScalingRow) int { return r.Oracle })
			done, proven := 0, 0
			for _, r := range rows {
				if isDecided(r.Decision) {
					done++
				}
				if r.Minimum.Status == hardness.Optimal {
					proven++
				}
			}
			summary = append(summary, scalingSummary{size, answer == hardness.Yes, len(rows), done, proven, decisionNodes,
				of(func(r hardness.ScalingRow) int { return r.Decision.Pivots }), minimumNodes,
				of(func(r hardness.ScalingRow) int { return r.Minimum.Pivots }), oracleNodes})
			if answer == hardness.Yes {
				yes.Add(float64(size), oracleNodes)
				continue
			}
			oracle.Add(float64(size), oracleNodes)
			decision.Add(float64(size), decisionNodes)
			if proven == len(rows) { // else the budget is what would be plotted
				minimum.Add(float64(size), minimumNodes)
			}
		}
	}
	series := []figure.Series{oracle, decision, yes}
	if len(minimum.X) > 0 {
		series = append(series, minimum)
	}
	smallest, largest := sizes[0], sizes[len(sizes)-1]
	result := &Result{
		Setup: fmt.Sprintf("random instances of set splitting with %d to %d elements, %d splittable and %d not for each size (seed %d), at most %d nodes; exact rational arithmetic.",
			smallest, largest, instances, instances, seed, nodes),
		Why: fmt.Sprintf("the reduction answers %d of the %d instances decided within the budget as constructed (of %d in all), and the oracle's work on inseparable ones grows from %.0f nodes at size %d to %.0f at size %d; what it proves hard is the general bilinear problem (C.10), of which the system of a transformer (C.9) is one special case, decided quickly under thm3.5; %s",
			rightly, decided, total, oracle.At(float64(smallest)), smallest, oracle.Last(), largest, other.words()),
		Ours: number(float64(decided) / float64(total)), StandardError: number(0), Expected: number(1),
		Quantity: "share of instances that the reduced program decides within the budget",
		Tables:   []Table{TableOf("summary", "Median numbers by size. decided: instances that the program decided, all of them as constructed.", summary), TableOf("scaling", fmt.Sprintf("Instances of set splitting written as bilinear separability, separable or not by construction, and the transformer-shaped bilinear program they reduce to (d, variables). decision: branch and bound that stops once the minimum is known to be 0 or not; minimum: until its value is proven. At most %d nodes each; \"node limit\" means that was not enough. oracle: nodes of a search over the geometric definition. Nodes and pivots are counts, the same on any machine.", nodes), scaling)},
		Plots: []figure.Plot{{
			Name: "nodes", Title: "Work by the size of the instance",
			Caption: fmt.Sprintf("Median number of nodes over %d instances of a size. The program's line of proven values ends where a budget of %d nodes no longer sufficed for all.", instances, nodes),
			X:       figure.Axis{Label: "elements of the instance"}, Y: figure.Axis{Label: "nodes", Log: true},
			Series: series,
		}},
	}
	result.Tables = append(result.Tables, other.tables(rankOne)...)
	result.judge(verdictHardness(decided, rightly, other.contradictions), "general bilinear systems")
	return result, nil
}

// isDecided reports whether a run told that the minimum is 0 or that it is not.
func isDecided(r hardness.ScalingRun) bool { return r.Upper == 0 || r.Lower > 0 }

// medianOf returns the median of a count over rows.
func medianOf(rows []hardness.ScalingRow, count func(hardness.ScalingRow) int) float64 {
	values := make([]float64, len(rows))
	for i, r := range rows {
		values[i] = float64(count(r))
	}
	return median(values)
}
