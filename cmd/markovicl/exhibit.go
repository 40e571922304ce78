package main

import (
	"errors"

	"markovicl/ask"
	"markovicl/ask/exhibit"
	"markovicl/ask/text"
	"markovicl/internal/atomicfile"
	"markovicl/sweep"
)

// exhibits are the flags of a command whose answers can be swept, drawn and set as tables.
type exhibits struct {
	Over   []string `group:"Answer" sep:"none" placeholder:"NAME=VALUES" help:"Answer for each of several values of any flag, such as d=1..4, n=10,100,inf or prior=beta:1,1;beta:2,5; given twice, for all pairs."`
	Plot   string   `group:"Answer" placeholder:"FILE" help:"Draw the answer, or curves over what is swept, as .svg, .png, .pdf or .tex (TikZ)."`
	Format string   `group:"Answer" default:"text" placeholder:"text" enum:"text,csv,markdown,latex" help:"Print text, or a table: csv, markdown, or latex with the rules of booktabs."`
	JSON   bool     `group:"Answer" name:"json" help:"Print one JSON object and nothing else."`
}

// check refuses what could not be shown, before the work.
func (x *exhibits) check(q ask.Question) error {
	if x.JSON && x.Format != "text" {
		return badInputf("--json and --format %s are two forms of one answer; leave one out", x.Format)
	}
	if x.Plot == "" {
		return nil
	}
	if err := exhibit.Check(q, x.Over); err != nil {
		return err
	}
	if err := drawn("--plot", x.Plot); err != nil {
		return err
	}
	return badInput(atomicfile.Check(x.Plot))
}

// single refuses flags that write the files of one answer, where several are asked for.
func (x *exhibits) single(flags map[string]bool) error {
	for flag, given := range flags {
		if given && len(x.Over) > 0 {
			return badInputf("%s is for a single question; leave out --over", flag)
		}
	}
	return nil
}

// answer asks a question, swept if flags say so, draws the picture and prints the answer.
// save, if not nil, writes the files of a single answer.
func (x *exhibits) answer(a *app, q ask.Question, env ask.Env, save func(*ask.Answer) error) error {
	if err := x.check(q); err != nil {
		return err
	}
	var names []string
	var points []exhibit.Point
	var failed error
	if len(x.Over) > 0 {
		end := a.showProgress(&env)
		axes, answers, err := sweep.Answers(a.ctx, q, x.Over, env)
		end()
		for _, axis := range axes {
			names = append(names, axis.Name)
		}
		for _, answer := range answers {
			points = append(points, exhibit.Point(answer))
		}
		failed = err
	} else {
		answer, err := a.askWith(env, q)
		if answer != nil && save != nil {
			err = errors.Join(err, save(&answer))
		}
		if answer != nil {
			points = append(points, exhibit.Point{Answer: answer})
		}
		failed = err
	}
	if len(points) == 0 {
		return failed
	}
	return x.show(a, q, names, points, failed)
}

// show draws and prints answers; failed is what went wrong before, and does not take them
// away.
func (x *exhibits) show(a *app, q ask.Question, names []string, points []exhibit.Point, failed error) error {
	if x.Plot == "" && x.Format == "text" && len(x.Over) == 0 {
		return errors.Join(a.show(q, points[0].Answer, x.JSON), failed)
	}
	e, err := exhibit.Of(q, names, points)
	if err != nil {
		return errors.Join(err, failed)
	}
	if x.Plot != "" {
		failed = errors.Join(failed, writePicture(x.Plot, e.Plot))
	}
	switch {
	case len(x.Over) == 0 && x.Format == "text":
		return errors.Join(a.show(q, points[0].Answer, x.JSON), failed)
	case x.JSON:
		return errors.Join(a.writeJSON(e.Results()), failed)
	}
	for _, p := range points {
		a.note(p.Answer)
	}
	a.answered = true
	if x.Format == "text" {
		return errors.Join(text.Table(a.stdout, e.Table()), failed)
	}
	table := e.Table()
	return errors.Join(table.Write(a.stdout, x.Format), failed)
}
