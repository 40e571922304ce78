package text

import (
	"fmt"

	"markovicl/ask"
	"markovicl/internal/plural"
)

func printAttention(p *printer, a *ask.AttentionAnswer) error {
	fmt.Fprintf(p, "task: %s\n", a.Task)
	fmt.Fprintf(p, "model: width %d, %s, %s: %s\n", a.Model.Width, plural.Of(a.Model.Blocks, "block"), plural.Of(a.Model.Heads, "head"), a.Model.Words())
	fmt.Fprintf(p, "%s of %s in random order\n", plural.Of(a.Prompts, "prompt"), plural.Of(a.Groups, "group"))
	fmt.Fprintf(p, "similarity of two chains: %.4f of one group", a.SimilarityWithin)
	if a.SimilarityAcross != nil {
		fmt.Fprintf(p, ", %.4f of two", *a.SimilarityAcross)
	}
	fmt.Fprint(p, "\n\n")
	w := p.table()
	fmt.Fprintln(w, "layer\thead\twithin groups\tacross\tcontrast\tcorrelation with similarity\tp\tuntrained: contrast\tcorrelation")
	for i, h := range a.Layers {
		head := fmt.Sprint(h.Head)
		if h.Head == 0 {
			head = "mean"
		}
		across, contrast, untrained := "-", "-", "-"
		if h.Across != nil {
			across = fmt.Sprintf("%.5f", *h.Across)
			contrast = fmt.Sprintf("%+.5f ± %.5f", *h.Contrast, *h.ContrastSE)
			untrained = fmt.Sprintf("%+.5f", *a.Untrained[i].Contrast)
		}
		fmt.Fprintf(w, "%d\t%s\t%.5f\t%s\t%s\t%+.3f\t%.3f\t%s\t%+.3f\n", h.Layer, head, h.Within, across, contrast, h.Mantel, h.MantelP, untrained, a.Untrained[i].Mantel)
	}
	return w.Flush()
}
