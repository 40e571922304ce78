package text

import (
	"fmt"

	"markovicl/ask"
	"markovicl/internal/plural"
	"markovicl/trace"
)

func printTrace(p *printer, answer *ask.TraceAnswer) error {
	task, about, r := answer.Task, answer.Model, answer.Result()
	fmt.Fprintf(p, "task: %s\n", task)
	model := about.Params
	if about.Scale != nil {
		model = fmt.Sprintf("random, b and A ~ N(0, s^2) with s = %.6g", *about.Scale)
	}
	fmt.Fprintf(p, "model: %s of %s, %s\n", plural.Of(about.Layers, "layer"), plural.Of(about.Heads, "head"), model)
	fmt.Fprintf(p, "%s; the layers are the steps of Theorem 4.1 up to a relative %.1e (token by token in %s)\n\n", plural.Of(r.Prompts, "prompt"), r.IdentityError, plural.Of(r.ExplicitPrompts, "prompt"))

	q := task.QueryDim()
	t := p.table()
	fmt.Fprint(t, "layer\tquery loss\t+-\tmean r^2\t|grad| of it\tcosine\tdescends R1\tdescends R2")
	if answer.Pareto != nil {
		fmt.Fprint(t, "\tGD\t+-\tdominated\tGD at -w\t+-")
	}
	fmt.Fprintln(t)
	for _, l := range r.Layers {
		fmt.Fprintf(t, "%d\t%.6f\t%.6f\t%.6f\t%.6f", l.Layer, l.QueryLoss.Mean, l.QueryLoss.SE, 2*l.R1[q].Mean, 2*l.Norm1[q].Mean)
		if l.Cosine1 == nil {
			fmt.Fprint(t, "\t\t\t")
		} else {
			cosine := "none"
			if l.Cosine1[q].Count > 0 {
				cosine = fmt.Sprintf("%+.3f", l.Cosine1[q].Mean)
			}
			fmt.Fprintf(t, "\t%s\t%s\t%s", cosine, descends(l.Cosine1), descends(l.Cosine2))
		}
		if answer.Pareto != nil {
			fmt.Fprintf(t, "\t%.6f\t%.6f\t%.0f%%\t%.6f\t%.6f", l.GD.Mean, l.GD.SE, 100*l.Dominated.Mean, l.GDMirrored.Mean, l.GDMirrored.SE)
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for name, pick := range []func(trace.Layer) []trace.Estimate{
		func(l trace.Layer) []trace.Estimate { return l.R1 },
		func(l trace.Layer) []trace.Estimate { return l.R2 },
	} {
		fmt.Fprintf(p, "\nR%d_k(w_l), means\n", name+1)
		t := p.table()
		fmt.Fprint(t, "layer")
		for k := range q + 1 {
			fmt.Fprintf(t, "\tk=%d", k+1)
		}
		fmt.Fprintln(t)
		for _, l := range r.Layers {
			fmt.Fprint(t, l.Layer)
			for _, e := range pick(l) {
				fmt.Fprintf(t, "\t%.5f", e.Mean)
			}
			fmt.Fprintln(t)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(p, "\n+- is a standard error; r = y - w'x is the residual of in-context labels and half its mean square is R1's last")
	fmt.Fprintln(p, "objective; descends counts the objectives whose mean cosine with the layer's step is positive.")
	if answer.Pareto != nil {
		fmt.Fprintf(p, "GD: distance to the front of the prompt in [%g, %g]^%d, objectives scaled to [0, 1]; %.0f points a front.\n",
			r.Box.Low[0], r.Box.High[0], q, r.FrontSize)
	}
	for _, name := range answer.Files {
		fmt.Fprintln(p, name)
	}
	return nil
}

// descends says how many objectives a step descends on average.
func descends(cosines []trace.Estimate) string {
	n := 0
	for _, e := range cosines {
		if e.Count > 0 && e.Mean > 0 {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(cosines))
}
