package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"markovicl/internal/dense"
	"markovicl/markov"
	"markovicl/transformer"
)

// The comparison of training steps of GPT-2: each side runs in a process of its
// own, in turn, so that its peak memory is its own.

const (
	gpt2Batch = 64
	gpt2N     = 50 // in-context chains: 101 tokens
	gpt2D     = 5
)

// gpt2Steps are the steps of a turn, the first of which is left out.
var gpt2Steps = map[string]int{"gpt2-tiny": 6, "gpt2-small": 3, "gpt2-standard": 2}

// turn is what a process reports.
type turn struct {
	Seconds   []float64 // of each step, on the clock
	Processor []float64 // of each step, of all threads together
	Megabytes float64
}

// processorTime is that of all threads of this process so far, in seconds.
func processorTime() float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		panic(err) // it has no other failure than a bad argument
	}
	return time.Duration(t.Nano()).Seconds()
}

func median(xs []float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	return s[len(s)/2]
}

// gpt2Child takes steps of one size and reports them: the other end of ourTurn.
func gpt2Child(size string) error {
	task, err := markov.NewTask(markov.Spec{D: gpt2D, N: fmt.Sprint(gpt2N)})
	if err != nil {
		return err
	}
	c, err := transformer.Preset(size)
	if err != nil {
		return err
	}
	m, err := transformer.New(c.For(task, gpt2N))
	if err != nil {
		return err
	}
	m.Draw(rand.New(rand.NewPCG(1, 1)))
	r, err := transformer.NewTrainer(m, task, gpt2Batch, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	defer r.Close()
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		return err
	}
	var out turn
	var prompt markov.Prompt
	for step := range gpt2Steps[size] {
		start, used := time.Now(), processorTime()
		if err := r.Start(gpt2N); err != nil {
			return err
		}
		for i := range gpt2Batch { // fresh prompts every step; PyTorch is spared them
			if err := sampler.Prompt(&prompt, uint64(step*gpt2Batch+i)); err != nil {
				return err
			}
			r.Set(i, &prompt)
		}
		_, norm, err := r.Gradient()
		if err != nil {
			return err
		}
		r.Update(step, min(1, 1/norm), transformer.Adam{Rate: 1e-4, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8})
		out.Seconds = append(out.Seconds, time.Since(start).Seconds())
		out.Processor = append(out.Processor, processorTime()-used)
	}
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	out.Megabytes = float64(usage.Maxrss) / 1024
	return json.NewEncoder(os.Stdout).Encode(out)
}

func takeTurn(env []string, name string, args ...string) (*turn, error) {
	command := exec.Command(name, args...)
	command.Env = append(os.Environ(), env...)
	command.Stderr = os.Stderr
	data, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	t := &turn{}
	return t, json.Unmarshal(data, t)
}

// runGPT2 compares the sizes, both sides in turn.
func runGPT2(python string, rounds int, sizes []string, env []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Printf("this project: %s, kernels %s, GOMAXPROCS %d; PyTorch with %s\n", runtime.Version(), dense.Kernels(), runtime.GOMAXPROCS(0), strings.Join(env, " "))
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "size\ttokens/s\tPyTorch\tratio\tof each turn\tprocessor time ratio\tMB\tPyTorch\tratio")
	for _, size := range sizes {
		c, err := transformer.Preset(size)
		if err != nil {
			return err
		}
		tokens := c.Tokens(gpt2N)
		var ours, theirs, ratios, processor, memory, theirMemory []float64
		for range rounds {
			other, err := takeTurn(env, python, filepath.Join("bench", "gpt2.py"), fmt.Sprint(c.Width), fmt.Sprint(c.Blocks), fmt.Sprint(c.Heads), fmt.Sprint(gpt2Batch), fmt.Sprint(tokens), fmt.Sprint(gpt2D), fmt.Sprint(gpt2Steps[size]))
			if err != nil {
				return err
			}
			own, err := takeTurn(nil, self, "-child", size)
			if err != nil {
				return err
			}
			// The first step of a turn warms up.
			a, b := median(own.Seconds[1:]), median(other.Seconds[1:])
			rate := float64(gpt2Batch * tokens)
			ours, theirs, ratios = append(ours, rate/a), append(theirs, rate/b), append(ratios, b/a)
			processor = append(processor, median(other.Processor[1:])/median(own.Processor[1:]))
			memory, theirMemory = append(memory, own.Megabytes), append(theirMemory, other.Megabytes)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%.0f\t%.0f\t%.2f\n", size, median(ours), median(theirs), median(ratios), ratios, median(processor), median(memory), median(theirMemory), median(memory)/median(theirMemory))
		w.Flush()
	}
	return nil
}
