// Markovicl is an exact laboratory for in-context learning of Markov chains by
// linear self-attention. `markovicl --help` lists its commands.
//
// One file holds one command: its flags, one call of the library, and the
// answer as text or JSON. What the commands share stands in output.go (text and JSON),
// exhibit.go (tables and pictures), parser.go, arguments.go and progress.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"markovicl/ask"
	"markovicl/ask/text"
	"markovicl/internal/dense"
	"markovicl/internal/heap"
	"markovicl/paper"
	"markovicl/sweep"
)

// Exit codes. Success is 0 only; help says them too.
const (
	exitFailed     = 1   // the work could not be done
	exitBadUsage   = 2   // flags, files or values that cannot be right
	exitInterrupt  = 130 // Ctrl-C
	exitTerminated = 143 // SIGTERM
)

type commands struct {
	Optimum   optimumCmd   `cmd:"" help:"The best that any one-layer LSA could do: the closed-form optimum of the enlarged model."`
	Recover   recoverCmd   `cmd:"" help:"Find the best one-layer transformer, and prove that it is best."`
	Landscape landscapeCmd `cmd:"" help:"The loss by direction of b: its local minima, and what is at a point."`
	Prompt    promptCmd    `cmd:"" help:"Draw one prompt of a task and show what is made of it."`
	Hardness  hardnessCmd  `cmd:"" help:"Decide bilinear separability by way of its bilinear program."`
	Trace     traceCmd     `cmd:"" help:"What a deep transformer does layer by layer: objectives, descent, distance to the Pareto front."`
	Train     trainCmd     `cmd:"" help:"Train models of any depth on prompts of the task, or on the population loss."`
	Predict   predictCmd   `cmd:"" help:"Predict the next state of sequences by Bayes, LSA and classical predictors, and compare them."`
	Serve     serveCmd     `cmd:"" help:"Serve the explorer: the laboratory as a page in a browser."`
	Site      siteCmd      `cmd:"" help:"Write the explorer as static files, with the laboratory as WebAssembly."`
	Attention attentionCmd `cmd:"" help:"Which chains of a prompt a trained transformer attends to: attention beside similarity."`
	Score     scoreCmd     `cmd:"" help:"How good are given parameters: their loss beside what is possible."`
	Reproduce reproduceCmd `cmd:"" help:"Re-do the paper's numerical claims and give a verdict on each."`

	Sweep  sweepCmd  `cmd:"" help:"Ask a grid of questions: here, as shards of a cluster on a shared folder, or by way of a database."`
	Worker workerCmd `cmd:"" help:"Answer the questions of sweeps in a database."`

	Schema     schemaCmd     `cmd:"" help:"The JSON Schema of a command's answer."`
	Version    versionCmd    `cmd:"" help:"Which program this is."`
	Completion completionCmd `cmd:"" help:"A script that completes commands and flags in a shell."`

	Quiet bool `help:"Write no progress and no notes to stderr: errors only."`
}

// app is what a command sees of the world.
type app struct {
	ctx      context.Context
	stdout   io.Writer
	stderr   io.Writer
	terminal bool         // stderr is a terminal: progress may be drawn
	quiet    bool         // no notes
	items    []paper.Item // what reproduce can run
	answered bool         // stdout has an answer
}

func badInput(err error) error {
	if err == nil {
		return nil
	}
	return &ask.Error{Kind: ask.Input, Message: err.Error(), Err: err}
}

func badInputf(format string, args ...any) error { return badInput(fmt.Errorf(format, args...)) }

func main() { mainWith(paper.Items()) }

// signalled is the cause of a context that a signal ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return s.String() }

// mainWith is the program with these items to reproduce.
func mainWith(items []paper.Item) {
	dense.Use()
	heap.Spare()
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		cancel(signalled{<-signals})
		signal.Stop(signals) // a second Ctrl-C ends the program at once
	}()
	os.Exit(run(os.Args[1:], &app{
		ctx: ctx, stdout: os.Stdout, stderr: os.Stderr, terminal: term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb", items: items,
	}))
}

func run(args []string, a *app) int {
	out := &answerWriter{w: a.stdout, width: screenWidth(os.Stdout, os.Getenv("COLUMNS"))}
	a.stdout = out
	var chosen commands
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case args[0] == "help":
		args = append(args[1:], "--help")
	}
	words := joinNegatives(sweep.Line(args))
	parser, err := newParser(&chosen, words,
		kong.Exit(func(code int) { // after help
			os.Exit(max(code, a.report(out.err)))
		}),
		kong.Name("markovicl"),
		kong.Description("An exact laboratory for in-context learning of Markov chains by linear self-attention.\n\n"+
			"Behind the = of a flag stands its default, or in capitals what to write; [..] is optional.\n\n"+
			"Exit codes: 0 success; 2 something that was given cannot be right; 130 Ctrl-C; 143 SIGTERM (either ends serve and worker with 0); 1 anything else, such as a time limit that ended without a proof."),
		kong.Writers(a.stdout, a.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Help(helpFor(out.width)),
	)
	if err != nil {
		panic(err) // the command structs are wrong: a bug
	}
	parsed, err := parser.Parse(words)
	if err != nil && !strings.HasPrefix(args[0], "-") && !slices.Contains(commandNames(), args[0]) {
		err = badInputf("there is no command %q; see markovicl --help", args[0])
	} else if err != nil {
		err = &ask.Error{Kind: ask.Input, Message: inPlainWords(err.Error()) + "; see markovicl --help", Err: err}
	} else if err = refuseNothing(parsed); err == nil {
		a.quiet = chosen.Quiet
		a.terminal = a.terminal && !a.quiet
		err = parsed.Run(a)
	}
	if err == nil || out.err != nil && errors.Is(err, out.err) {
		return a.report(out.err)
	}
	e := a.classify(err)
	if slices.Contains(args, "--json") && !a.answered {
		ask.Encode(a.stdout, e)
	}
	return a.report(err)
}

// screenWidth returns how many characters fit into a line of a terminal, or as many as
// COLUMNS says where that is set; 0 is no limit.
func screenWidth(file *os.File, columns string) int {
	if n, err := strconv.Atoi(columns); err == nil && n > 0 {
		return n
	}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		return width
	}
	return 0
}

// stderrWidth is the width of the screen for notes, errors and progress.
func stderrWidth() int { return screenWidth(os.Stderr, os.Getenv("COLUMNS")) }

// narrow is the width below which flags and what they mean do not fit beside each other.
const narrow = 76

// helpFor prints help for a screen so wide.
func helpFor(width int) kong.HelpPrinter {
	return func(options kong.HelpOptions, ctx *kong.Context) error {
		if width == 0 || width >= narrow {
			return kong.DefaultHelpPrinter(options, ctx)
		}
		var help strings.Builder
		stdout := ctx.Stdout
		defer func() { ctx.Stdout = stdout }()
		ctx.Stdout = &help
		if err := os.Setenv("COLUMNS", "2000"); err != nil { // from which kong takes the width
			return err
		}
		if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
			return err
		}
		_, err := io.WriteString(stdout, text.Help(help.String(), width))
		return err
	}
}

// report prints an error and returns the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return 0
	}
	e := a.classify(err)
	a.say("markovicl: " + text.Flags(err.Error()))
	switch e.Kind {
	case ask.Input:
		return exitBadUsage
	case ask.Interrupted:
		if errors.Is(context.Cause(a.ctx), signalled{syscall.SIGTERM}) {
			return exitTerminated
		}
		return exitInterrupt
	}
	return exitFailed
}

// answerWriter is standard output. It keeps the first error, so that an answer that
// nobody got is not a success, whoever printed it without looking.
type answerWriter struct {
	w     io.Writer
	width int // characters in a line, 0 for no limit
	err   error
}

// Width implements text.Screen.
func (a *answerWriter) Width() int { return a.width }

func (a *answerWriter) Write(data []byte) (int, error) {
	if a.err != nil {
		return 0, a.err
	}
	n, err := a.w.Write(data)
	if err != nil {
		a.err = fmt.Errorf("the answer could not be written to standard output: %w", err)
	}
	return n, a.err
}

// classify returns the *ask.Error in err, or makes one.
func (a *app) classify(err error) *ask.Error {
	if e, ok := errors.AsType[*ask.Error](err); ok {
		return e
	}
	kind := ask.Failed
	if a.ctx.Err() != nil {
		kind = ask.Interrupted
	}
	return &ask.Error{Kind: kind, Message: err.Error(), Err: err}
}
