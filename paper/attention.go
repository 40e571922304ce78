package paper

import (
	"fmt"

	"markovicl/figure"
	"markovicl/internal/plural"
	"markovicl/transformer"
)

// AttentionPlot is the paper's Figure 7 for one prompt: the similarity of its chains,
// then the attention of every layer, mean over heads; with heads set, every head.
func AttentionPlot(s *transformer.Study, name string, heads bool) figure.Plot {
	n := s.Map.Chains
	plot := figure.Plot{
		Name: name, Title: "Similarity and attention, " + plural.Of(s.Groups, "group"),
		Caption: fmt.Sprintf("One prompt of %d chains in %s, here ordered by group. Similarity: 1 - Hamming distance/length. Attention: from the token at which the label of a chain is predicted (row) to the tokens of another (column); a causal model sees chains that came before, in an order that is not the one shown. Chains of a group have a kernel in common.", n, plural.Of(s.Groups, "group")),
	}
	panel := func(title, label string, w []float64) {
		h := &figure.Heat{Label: label}
		p := figure.Plot{Title: title, X: figure.Axis{Label: "chain"}, Y: figure.Axis{Label: "chain"}, Heat: h}
		for i := range n {
			h.X, h.Y = append(h.X, float64(i+1)), append(h.Y, float64(i+1))
			row := append([]float64(nil), w[i*n:(i+1)*n]...)
			h.Z = append(h.Z, row)
		}
		plot.Panels = append(plot.Panels, p)
	}
	panel("similarity", "similarity", s.Map.Similarity)
	for l, weights := range s.Map.Weights {
		panel(fmt.Sprintf("layer %d", l+1), "attention", weights[0])
		if heads {
			for h, w := range weights[1:] {
				panel(fmt.Sprintf("layer %d, head %d", l+1, h+1), "attention", w)
			}
		}
	}
	return plot
}

// mapRow is an entry of the maps of a prompt.
type mapRow struct {
	Layer     int     `column:"layer"` // 0: similarity
	Head      int     `column:"head"`  // 0: mean over heads
	Row       int     `column:"row"`
	Column    int     `column:"column"`
	SameGroup bool    `column:"same_group"`
	Value     float64 `column:"value"`
}

// AttentionMaps returns similarity and attention of the prompt that AttentionPlot
// shows.
func AttentionMaps(s *transformer.Study, name string) Table {
	n := s.Map.Chains
	var list []mapRow
	add := func(layer, head int, w []float64) {
		for i := range n {
			for j := range n {
				list = append(list, mapRow{layer, head, i + 1, j + 1, s.Map.Group[i] == s.Map.Group[j], w[i*n+j]})
			}
		}
	}
	add(0, 0, s.Map.Similarity)
	for l, weights := range s.Map.Weights {
		for h, w := range weights {
			add(l+1, h, w)
		}
	}
	return TableOf(name, "One prompt, its chains ordered by group: layer 0 is the similarity of two chains, the others attention from the chain of the row to that of the column; head 0 is the mean over heads.", list)
}

// headRow is one head of a model in a table.
type headRow struct {
	Groups  int       `column:"groups"`
	Seed    string    `column:"seed"` // a number, or mean
	Trained bool      `column:"trained"`
	Layer   int       `column:"layer"`
	Head    int       `column:"head"`
	Within  float64   `column:"within"`
	Across  *float64  `column:"across"`
	Gap     *estimate `column:"contrast"`
	Mantel  float64   `column:"mantel"`
	MantelP float64   `column:"mantel_p"`
}

func headRows(s *transformer.Study, seed string, trained bool) []headRow {
	var list []headRow
	for _, h := range s.Heads {
		row := headRow{Groups: s.Groups, Seed: seed, Trained: trained, Layer: h.Layer, Head: h.Head, Within: h.Within, Mantel: h.Mantel, MantelP: h.MantelP}
		if s.Groups > 1 {
			row.Across, row.Gap = &h.Across, &estimate{Mean: h.Contrast, SE: h.ContrastSE}
		}
		list = append(list, row)
	}
	return list
}
