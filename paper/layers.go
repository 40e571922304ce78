package paper

import (
	"fmt"

	"markovicl/figure"
	"markovicl/trace"
)

// layerRow is a mean over the prompts at a layer.
type layerRow struct {
	Layer    int      `column:"layer"`
	Quantity string   `column:"quantity"`
	K        *int     `column:"k"`              // coordinate or objective, from 1; nil: the quantity has none
	Mean     *float64 `column:"mean"`           // nil: of no prompt
	SE       *float64 `column:"standard_error"` // nil: of fewer than two
	Prompts  int      `column:"prompts"`
}

// LayerTable returns a trace as a table with a row for each layer, quantity and
// coordinate.
func LayerTable(result *trace.Result) Table {
	var rows []layerRow
	for _, layer := range result.Layers {
		add := func(quantity string, k *int, e trace.Estimate) {
			row := layerRow{Layer: layer.Layer, Quantity: quantity, K: k, Prompts: e.Count}
			if e.Count > 0 {
				row.Mean = &e.Mean
			}
			if e.Count > 1 {
				row.SE = &e.SE
			}
			rows = append(rows, row)
		}
		for _, list := range []struct {
			quantity  string
			estimates []trace.Estimate
		}{
			{"w", layer.W}, {"r1", layer.R1}, {"r2", layer.R2},
			{"gradient_norm_r1", layer.Norm1}, {"gradient_norm_r2", layer.Norm2},
			{"cosine_r1", layer.Cosine1}, {"cosine_r2", layer.Cosine2},
		} {
			for k, e := range list.estimates {
				k++
				add(list.quantity, &k, e)
			}
		}
		add("query_loss", nil, layer.QueryLoss)
		if layer.GD.Count > 0 {
			add("gd", nil, layer.GD)
			add("gd_sampled", nil, layer.GDSampled)
			add("dominated", nil, layer.Dominated)
			add("gd_mirrored", nil, layer.GDMirrored)
			add("dominated_mirrored", nil, layer.DominatedMirrored)
		}
	}
	return TableOf("layers",
		fmt.Sprintf("Means over %d prompts, layer by layer. k counts coordinates and objectives from 1; cosines are between a layer's step and minus the gradient, in the prompts where both differ from 0.", result.Prompts), rows)
}

// LayerPlots returns the panels of the paper's Figure 2 for a trace: R1 and R2
// by layer, and, where the trace has them, generational distances by layer.
func LayerPlots(result *trace.Result) []figure.Plot {
	x := figure.Axis{Label: "layer"}
	band := fmt.Sprintf("Means over %d prompts with 90%% bands.", result.Prompts)
	objectives := func(name, title string, pick func(trace.Layer) []trace.Estimate) figure.Plot {
		p := figure.Plot{Name: name, Title: title, Caption: title + ". " + band, X: x, Y: figure.Axis{Label: "mean over the prompts"}}
		for k := range pick(result.Layers[0]) {
			p.Series = append(p.Series, layerSeries(fmt.Sprintf("k = %d", k+1), result.Layers,
				func(l trace.Layer) trace.Estimate { return pick(l)[k] }))
		}
		return p
	}
	plots := []figure.Plot{
		objectives("r1", "Objectives R1 by layer", func(l trace.Layer) []trace.Estimate { return l.R1 }),
		objectives("r2", "Objectives R2 by layer", func(l trace.Layer) []trace.Estimate { return l.R2 }),
	}
	if result.Layers[0].GD.Count > 0 {
		zero := 0.0
		plots = append(plots, figure.Plot{
			Name: "gd", Title: "Distance to the Pareto front by layer",
			Caption: "Generational distance of each layer's w, and of -w, which the paper's text has, to the prompt's reference front; objectives scaled to [0, 1]. " + band,
			X:       x, Y: figure.Axis{Label: "generational distance", Min: &zero},
			Series: []figure.Series{
				layerSeries("at w", result.Layers, func(l trace.Layer) trace.Estimate { return l.GD }),
				layerSeries("at -w", result.Layers, func(l trace.Layer) trace.Estimate { return l.GDMirrored }),
			},
		})
	}
	return plots
}

// normal90 is the normal quantile of a two-sided 90% interval.
const normal90 = 1.6448536269514722

func layerSeries(name string, layers []trace.Layer, pick func(trace.Layer) trace.Estimate) figure.Series {
	s := figure.Series{Name: name}
	for _, layer := range layers {
		e := pick(layer)
		s.X, s.Y = append(s.X, float64(layer.Layer)), append(s.Y, e.Mean)
		s.Low, s.High = append(s.Low, e.Mean-normal90*e.SE), append(s.High, e.Mean+normal90*e.SE)
	}
	return s
}
