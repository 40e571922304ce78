package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestValuesThatCannotBeRight tries values at the ends of what is allowed and past them.
func TestValuesThatCannotBeRight(t *testing.T) {
	w := newWorkplace(t)
	w.write("model.safetensors", smallModel())
	t.Chdir(w.dir)
	in := func(line string) end { // this process, which takes a third of the time of one of its own
		var stdout, stderr bytes.Buffer
		code := run(strings.Fields(strings.ReplaceAll(line, "MODEL", "model.safetensors")), &app{ctx: t.Context(), stdout: &stdout, stderr: &stderr, items: sampleItems()})
		return end{code, stdout.String(), stderr.String()}
	}
	for _, c := range []struct{ args, message string }{
		{"optimum --d -1", "d must be from 1 to 1000, got -1"},
		{"optimum --d 0", "d must be from 1 to 1000, got 0"},
		{"optimum --d 1001", "d must be from 1 to 1000, got 1001"},
		{"optimum --d 1000", "this task has 501501000 enlarged parameters"},
		{"train --d 60 --population --steps 1", "this task has 113460 enlarged parameters"},
		{"attention --params MODEL --d 1 --n 4 --permutations 1000000000", "more correlations than the 60000000 that are kept at once"},
		{"optimum --d", "--d: a value is missing behind it"},
		{"optimum --d --n 3", `--d: a value is missing behind it, before "--n"`},
		{"predict x.txt --format fasta", "--format is that of the answer; say with --file-format fasta how the file is to be read"},
		{"optimum --d two", `--d: want a whole number, got "two"`},
		{"optimum --seed -1", `--seed: want a whole number that is not negative, got "-1"`},
		{"train --lr fast", `--lr: want a number, got "fast"`},
		{"recover --time-limit soon", `--time-limit: want a time such as 30s or 5m, got "soon"`},
		{"recover --time-limit 0", "--time-limit must be positive, got 0s"},
		{"predict --steps 0 --simulate", "--steps must be positive, got 0"},
		{"optimum --n 2e9", "n must be a whole number from 1 to 1000000000"},
		{"train --n 1e9 --steps 1", "n must be at most 3333333"},
		{"prompt --n 1e9", "a prompt is shown up to n = 10000"},
		{"predict --simulate --n 1e9", "n must be at most 3333333"},
		{"optimum --prior beta:1e300,1", "is too small or too large"},
		{"optimum --p 0.5 --start uniform", "give one of them"},
		{"optimum --contexts 100", "--contexts is for --floor"},
		{"optimum --n=", "--n has an empty value"},
		{"optimum --prior=", "--prior has an empty value"},
		{"recover --certificate=", "--certificate has an empty value"},
		{"recover --x X --d 5", "--d has no effect"},
		{"recover --verify X --heads 2", "--heads has no effect"},
		{"recover --d 2 --heads 2 --certificate c.npz", "--certificate is about one head"},
		{"optimum --over =1", "write NAME=VALUES"},
		{"hardness --inside X --outside X --seed 2", "--seed has no effect on the separability of points"},
		{"hardness --matrix X --weights X --nodes 5", "--nodes has no effect on rank-one approximation"},
		{"predict X --transitions --d 3", "--d has no effect on the transitions of a whole file"},
		{"predict --simulate --alphabet AC", "--alphabet has no effect on prompts that are drawn from the task"},
		{"predict X --prompts 5", "--prompts has no effect on one prediction"},
		{"predict X --seed 5", "--seed has no effect on one prediction"},
		{"prompt --n 1,2", "this question takes one value of --n, got 1,2"},
		{"train --model gpt2-tiny --layers 2", "--layers has no effect on a transformer, which has --blocks"},
		{"train --population --batch 5", "--batch has no effect on the population loss"},
		{"train --momentum 0.5", "--momentum has no effect on optimizer adam"},
		{"train --population --optimizer lbfgs --lr 0.1", "--lr has no effect on lbfgs"},
		{"train --checkpoint-every 5", "--checkpoint-every is for --out"},
		{"train --width 5", "give a model among gpt2-tiny, gpt2-small, gpt2-standard, attention"},
		{"reproduce plain --d 5 --out o", "--d is of fig6, which is not among the items"},
		{"schema", "the argument command is missing"},
		{"completion tcsh", "the argument shell is one of bash, zsh and fish, got"},
		{"worker --db foo", "--db: write postgres://USER@HOST/DATABASE: cannot parse \"foo\""},
		{"worker --db postgres://x@127.0.0.1:1/none --concurrency 0", "--concurrency must be positive, got 0; or leave it out"},
		{"recover --d 1 --picture x.gif", "give it one of .svg"},
		{"recover --d 4 --picture x.svg", "this task has 5"},
	} {
		e := in(c.args)
		if e.code != exitBadUsage || e.stdout != "" || !strings.Contains(e.stderr, c.message) {
			t.Errorf("%s: exit code %d, %q on stdout, %q", c.args, e.code, e.stdout, e.stderr)
		}
	}
	if e := in("optimum --d 1 --n 1e9"); e.code != 0 || !strings.Contains(e.stdout, "n 1000000000") {
		t.Errorf("n = 1e9: %s", fmt.Sprint(e))
	}
}
