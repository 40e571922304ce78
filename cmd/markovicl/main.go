// Markovicl is an exact laboratory for in-context learning of Markov chains by
// linear self-attention. `markovicl --help` lists its commands.
//
// One file holds one command: its flags, one call of the library, and the
// answer as text or JSON. What the commands share stands in task.go (the flags
// of a task), output.go (text and JSON) and progress.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"markovicl/paper"
)

// Exit codes. Success is 0 only.
const (
	exitFailed   = 1 // the work could not be done or was interrupted
	exitBadUsage = 2 // flags, files or values that cannot be right
)

type commands struct {
	Optimum   optimumCmd   `cmd:"" help:"The best that any one-layer LSA could do: the closed-form optimum of the enlarged model."`
	Recover   recoverCmd   `cmd:"" help:"Find the best one-layer transformer, and prove that it is best."`
	Hardness  hardnessCmd  `cmd:"" help:"Decide bilinear separability by way of its bilinear program."`
	Trace     traceCmd     `cmd:"" help:"What a deep transformer does layer by layer: objectives, descent, distance to the Pareto front."`
	Train     trainCmd     `cmd:"" help:"Train models of any depth on prompts of the task, or on the population loss."`
	Predict   predictCmd   `cmd:"" help:"Predict the next state of sequences by Bayes, LSA and classical predictors, and compare them."`
	Reproduce reproduceCmd `cmd:"" help:"Re-do the paper's numerical claims and give a verdict on each."`
}

// app is what a command sees of the world.
type app struct {
	ctx      context.Context
	stdout   io.Writer
	stderr   io.Writer
	terminal bool         // stderr is a terminal: progress may be drawn
	items    []paper.Item // what reproduce can run
}

// inputError marks an error that lies in what the user gave: exit code 2.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }

func badInput(err error) error {
	if err == nil {
		return nil
	}
	return inputError{err}
}

func badInputf(format string, args ...any) error { return inputError{fmt.Errorf(format, args...)} }

func main() { mainWith(paper.Items()) }

// mainWith is the program with these items to reproduce.
func mainWith(items []paper.Item) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	code := run(os.Args[1:], &app{
		ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, terminal: term.IsTerminal(int(os.Stderr.Fd())), items: items,
	})
	stop()
	os.Exit(code)
}

func run(args []string, a *app) int {
	parser, err := kong.New(&commands{},
		kong.Name("markovicl"),
		kong.Description("An exact laboratory for in-context learning of Markov chains by linear self-attention."),
		kong.Writers(a.stdout, a.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		panic(err) // the command structs are wrong: a bug
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		err = badInputf("%w; see markovicl --help", err)
	} else {
		err = parsed.Run(a)
	}
	if err == nil {
		return 0
	}
	if ended := a.ctx.Err(); ended != nil && (err.Error() == ended.Error() || err.Error() == context.Cause(a.ctx).Error()) {
		err = errors.New("interrupted before there was an answer")
	}
	fmt.Fprintln(a.stderr, "markovicl:", err)
	if errors.As(err, new(inputError)) {
		return exitBadUsage
	}
	return exitFailed
}
