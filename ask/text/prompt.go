package text

import (
	"fmt"
	"strings"

	"markovicl/ask"
)

func printPrompt(p *printer, q *ask.Prompt, r *ask.PromptAnswer) error {
	fmt.Fprintf(p, "task: %v\nprompt %d of seed %d\n\n", r.Task, q.Index, q.Seed)
	for _, chain := range r.Context {
		fmt.Fprintf(p, "    %s\n", spaced(chain))
	}
	fmt.Fprintf(p, "    %s ?   it came out as %d; the kernel says %s\n\n", spaced(r.Query), r.Label, numbers(r.Oracle, 4))
	fmt.Fprintln(p, "transitions seen, from row to column:")
	w := p.table()
	for s, row := range r.Counts {
		fmt.Fprintf(w, "    %d:\t%s\n", s, strings.ReplaceAll(spaced(row), " ", "\t"))
	}
	fmt.Fprint(w, "\nGram matrix")
	for _, r := range r.Rows {
		fmt.Fprintf(w, "\t%s", r.Name)
	}
	fmt.Fprintln(w)
	for i, row := range r.Gram {
		fmt.Fprintf(w, "%s\t%s\n", r.Rows[i].Name, strings.ReplaceAll(numbers(row, 4), " ", "\t"))
	}
	fmt.Fprintln(w, "\npredictor\texpects\tprobabilities")
	for _, x := range r.Predicted {
		law := "-"
		if x.Distribution != nil {
			law = numbers(x.Distribution, 4)
		}
		fmt.Fprintf(w, "%s\t%.6g\t%s\n", x.Name, x.Expected, law)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, note := range r.Notes {
		fmt.Fprintf(p, "note: %s\n", Flags(note))
	}
	return nil
}

func spaced(states []int) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = fmt.Sprint(s)
	}
	return strings.Join(words, " ")
}
