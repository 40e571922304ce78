package text

import (
	"fmt"

	"markovicl/ask"
)

func printLandscape(p *printer, answer *ask.LandscapeAnswer) error {
	fmt.Fprintf(p, "task: %v\nenlarged optimum: %.12g\n\n", answer.Task, answer.LossEnlarged)
	w := p.table()
	fmt.Fprintln(w, "local minimum\tstarts\tb")
	for _, m := range answer.Minima {
		fmt.Fprintf(w, "%.12g\t%d\t%s\n", m.Loss, m.Hits, numbers(m.B, 6))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if at := answer.At; at != nil {
		fmt.Fprintf(p, "\nat b = %s the best A has loss %.12g\n", numbers(at.B, 6), at.Loss)
		for i, row := range at.A {
			fmt.Fprintf(p, "A[%d] = %s\n", i, numbers(row, 6))
		}
		fmt.Fprintf(p, "a descent from there ends at %.12g, b = %s\n", at.Descended.Loss, numbers(at.Descended.B, 6))
	}
	return nil
}
