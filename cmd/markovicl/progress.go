package main

import (
	"io"
	"os"

	"markovicl/ask"
	"markovicl/internal/progress"
)

// display returns the display on stderr, nil if that is not a terminal.
func (a *app) display() *progress.Display {
	if !a.terminal {
		return nil
	}
	return progress.New(a.stderr)
}

// env is what a question may use: the files of the disk, "-" is standard input.
func (a *app) env() ask.Env {
	return ask.Env{Open: func(name string) (io.ReadCloser, error) {
		if name == "-" {
			return io.NopCloser(os.Stdin), nil
		}
		return os.Open(name)
	}}
}

// ask answers a question. Progress is drawn on stderr if that is a terminal.
func (a *app) ask(q ask.Question) (ask.Answer, error) { return a.askWith(a.env(), q) }

func (a *app) askWith(env ask.Env, q ask.Question) (ask.Answer, error) {
	defer a.showProgress(&env)()
	return ask.Ask(a.ctx, q, env)
}

// showProgress draws what is told of the work on stderr if that is a terminal, until end.
func (a *app) showProgress(env *ask.Env) (end func()) {
	if !a.terminal {
		return func() {}
	}
	return progress.Show(env, a.stderr, stderrWidth)
}
