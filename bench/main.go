// Bench times steps of training against the same steps in PyTorch, both sides in
// turn in the same run, and prints the ratios:
//
//	go run ./bench --python /usr/bin/python3
//	go run -tags purego ./bench        # without the vector kernels
//
// Without PyTorch it prints this project's times alone. See README.md here.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"markovicl/internal/dense"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/train"
)

// measurement is a kind of step, timed on one side. Its JSON is the request that
// pytorch.py reads.
type measurement struct {
	What   string `json:"what"` // of pytorch.py, or "" for this project
	D      int    `json:"d"`
	Layers int    `json:"layers"`
	Batch  int    `json:"batch"`
	N      int    `json:"n"`
	Dtype  string `json:"dtype"`
	Steps  int    `json:"steps"` // in one round

	seconds   []float64 // of every step so far, on the clock
	processor []float64 // a step of every turn, of all threads together
}

func (m *measurement) fastest() float64 { return slices.Min(m.seconds) }

// comparison is a step of this project and the steps it is compared with.
type comparison struct {
	title  string
	data   string // of train.Config
	ours   measurement
	theirs []*measurement
}

func comparisons(dtypes []string) []*comparison {
	full := func(d, layers int) *comparison {
		c := &comparison{
			title: fmt.Sprintf("full batch of 1000, d = %d, %d layers, n = 100", d, layers), data: train.Fixed,
			ours: measurement{D: d, Layers: layers, Batch: 1000, N: 100, Steps: 300},
		}
		for _, dtype := range dtypes {
			for _, what := range []string{"attention", "linear", "gram"} {
				m := c.ours
				m.What, m.Dtype, m.Steps = what, dtype, map[string]int{"attention": 3, "linear": 6, "gram": 20}[what]
				c.theirs = append(c.theirs, &m)
			}
		}
		return c
	}
	fresh := &comparison{
		title: "64 fresh prompts, d = 10, 1 layer, n = 100", data: train.Fresh,
		ours: measurement{D: 10, Layers: 1, Batch: 64, N: 100, Steps: 1000},
	}
	for _, dtype := range dtypes {
		m := fresh.ours
		m.What, m.Dtype, m.Steps = "fresh", dtype, 30
		fresh.theirs = append(fresh.theirs, &m)
	}
	return []*comparison{full(10, 1), full(4, 10), fresh}
}

func main() {
	python := flag.String("python", "python3", "Python with torch and numpy")
	rounds := flag.Int("rounds", 5, "how often each side has its turn")
	threads := flag.Int("threads", runtime.GOMAXPROCS(0), "threads of PyTorch")
	dtype := flag.String("dtype", "", "float32 or float64 for PyTorch; both if not given (this project has float64)")
	gpt2 := flag.String("gpt2", "", "compare steps of GPT-2 instead: sizes, such as gpt2-tiny,gpt2-small,gpt2-standard")
	env := flag.String("pytorch-env", "OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=2", "environment of PyTorch with --gpt2")
	lapack := flag.Bool("lapack", false, "compare the algebra under the certificates with OpenBLAS and gonum instead")
	library := flag.String("openblas", "libopenblas.so.0", "OpenBLAS with its LAPACK, for --lapack")
	child := flag.String("child", "", "for the program itself: take steps of one size and report them")
	flag.Parse()
	dense.Use()
	var err error
	switch {
	case *child != "":
		err = gpt2Child(*child)
	case *lapack:
		err = runLAPACK(*python, *library, *rounds)
	case *gpt2 != "":
		err = runGPT2(*python, *rounds, strings.Split(*gpt2, ","), strings.Fields(*env))
	default:
		err = run(*python, *rounds, *threads, *dtype)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(python string, rounds, threads int, dtype string) error {
	dtypes := []string{"float32", "float64"}
	if dtype != "" {
		dtypes = []string{dtype}
	}
	fmt.Printf("this project: %s, kernels %s, GOMAXPROCS %d\n", runtime.Version(), lsa.Kernels(), runtime.GOMAXPROCS(0))
	other, hello := &process{}, &hello{}
	if err := other.start(hello, python, "pytorch.py", fmt.Sprint(threads)); err != nil {
		fmt.Printf("no PyTorch (%v): this project's times alone\n", err)
		dtypes = nil
	} else {
		defer other.close()
		fmt.Printf("other side: PyTorch %s, numpy %s, %d threads\n", hello.Torch, hello.Numpy, hello.Threads)
	}
	for _, c := range comparisons(dtypes) {
		for range rounds {
			for _, m := range c.theirs {
				if err := other.measure(m); err != nil {
					return err
				}
			}
			if err := c.measure(); err != nil {
				return err
			}
		}
		if err := c.print(); err != nil {
			return err
		}
	}
	return nil
}

// measure times this project's steps, the first few of a run left out.
func (c *comparison) measure() error {
	const warmUp = 10
	task, err := markov.NewTask(markov.Spec{D: c.ours.D, N: fmt.Sprint(c.ours.N)})
	if err != nil {
		return err
	}
	config := train.Defaults()
	config.Data, config.Layers, config.Batch, config.Steps, config.EvalPrompts = c.data, c.ours.Layers, c.ours.Batch, c.ours.Steps+warmUp, 0
	config.Rate = 0.001
	last, used := time.Now(), 0.0
	_, err = train.Run(context.Background(), train.Problem{Task: task, Config: config, Seed: 1}, train.Settings{
		Progress: func(p train.Progress) {
			now := time.Now()
			switch {
			case p.Step == warmUp:
				used = processorTime()
			case p.Step > warmUp:
				c.ours.seconds = append(c.ours.seconds, now.Sub(last).Seconds())
			}
			if p.Step == p.Steps {
				c.ours.processor = append(c.ours.processor, (processorTime()-used)/float64(c.ours.Steps))
			}
			last = now
		},
	})
	return err
}

func (c *comparison) print() error {
	fmt.Printf("\n%s\n", c.title)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  step\tmedian ms\tfastest ms\tprocessor ms\tratio of medians\tratio of fastest\tratio of processor times")
	ours, used := median(c.ours.seconds), median(c.ours.processor)
	fmt.Fprintf(w, "  this project\t%.4f\t%.4f\t%.4f\t\t\t\n", 1e3*ours, 1e3*c.ours.fastest(), 1e3*used)
	for _, m := range c.theirs {
		theirs, theirsUsed := median(m.seconds), median(m.processor)
		fmt.Fprintf(w, "  PyTorch %s, %s\t%.3f\t%.3f\t%.3f\t%.0f\t%.0f\t%.0f\n", m.What, m.Dtype,
			1e3*theirs, 1e3*m.fastest(), 1e3*theirsUsed, theirs/ours, m.fastest()/c.ours.fastest(), theirsUsed/used)
	}
	return w.Flush()
}

// process is a running pytorch.py, or lapack.py: a line for each question, and one back.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

type hello struct {
	Torch, Numpy string
	Threads      int
}

// start runs a script of this folder, and waits for the line with which it begins.
func (p *process) start(hello any, python, script string, args ...string) error {
	script = filepath.Join("bench", script)
	if _, err := os.Stat(script); err != nil {
		return errors.New("run this from the project's folder: " + err.Error())
	}
	p.command = exec.Command(python, append([]string{script}, args...)...)
	in, err := p.command.StdinPipe()
	if err != nil {
		return err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.command.Start(); err != nil {
		return err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := p.answer(hello); err != nil {
		p.close()
		return fmt.Errorf("%s %s does not answer: %w", python, script, err)
	}
	return nil
}

func (p *process) answer(v any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	return json.Unmarshal(line, v)
}

// ask puts a question and reads the answer.
func (p *process) ask(question, answer any) error {
	request, err := json.Marshal(question)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(request, '\n')); err != nil {
		return err
	}
	return p.answer(answer)
}

// measure adds a round of steps to m.
func (p *process) measure(m *measurement) error {
	var answer struct {
		Seconds   []float64
		Processor float64
	}
	if err := p.ask(m, &answer); err != nil {
		return err
	}
	if len(answer.Seconds) < 2 {
		return errors.New("pytorch.py timed no steps")
	}
	m.seconds = append(m.seconds, answer.Seconds[1:]...) // the first step warms up
	m.processor = append(m.processor, answer.Processor)
	return nil
}

func (p *process) close() {
	p.in.Close()
	p.command.Wait()
}
