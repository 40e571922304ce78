package ask

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"markovicl/markov"
)

// Task is the part of a question that names its tasks, the same for every command.
// A field that is given overrides the task file. A new family of tasks adds its
// fields here, and its meaning to Task.spec.
type Task struct {
	Task       string   `group:"Task" placeholder:"FILE.yaml" help:"Read the task from a YAML file with the names of these flags; flags given beside it override it."`
	States     *int     `group:"Task" placeholder:"2" means:"2" help:"Number of states S."`
	D          *int     `name:"d" group:"Task" placeholder:"2" means:"2" help:"Number of input positions; chains have d+1 states."`
	N          []string `name:"n" group:"Task" placeholder:"10" means:"10" help:"Number of in-context chains, or inf; several values separated by commas, or a range 1..100, where a command can answer for all."`
	Prior      string   `group:"Task" placeholder:"uniform" means:"uniform" help:"Law of the kernel's rows: uniform, beta:a,b (2 states: p01 and p11), dirichlet:alpha, kernels:FILE (one of the kernels of a JSON or CSV file); rows of their own in a task file."`
	Start      string   `group:"Task" placeholder:"uniform" means:"uniform" help:"Law of the first states: uniform, bernoulli:p, probs:p0,p1,.., stationary, correlated:p,g0,g1."`
	P          string   `name:"p" group:"Task" placeholder:"P" help:"Short for --start bernoulli:P."`
	Embedding  string   `group:"Task" placeholder:"index" means:"index" help:"How states become numbers: index, sign (2 states), onehot."`
	Bias       *bool    `group:"Task" means:"false" negatable:"" help:"Put a constant coordinate 1 in front of every column."`
	Order      *int     `group:"Task" placeholder:"1" means:"1" help:"How many states the next one depends on."`
	Family     string   `group:"Task" placeholder:"markov" means:"markov" help:"Task family: markov, or regression (y = w'x + noise, w and x Gaussian)."`
	Covariance string   `group:"Task" placeholder:"identity" help:"Of a regression: covariance of x, identity, diag:a,b,.. or the CSV file of a matrix."`
	Weights    string   `group:"Task" placeholder:"identity" help:"Of a regression: covariance of w, in the same words."`
	Noise      string   `group:"Task" placeholder:"0" help:"Of a regression: variance of the noise."`
	Mean       string   `group:"Task" placeholder:"0" help:"Of a regression: mean of w, one number or one for each coordinate."`
	Average    bool     `group:"Task" help:"The loss on average over the values of n, such as 1..100, of one model for all of them."`
	Form       string   `group:"Task" placeholder:"FILE.npz" help:"Instead of a task: the form f(X) = X'HX - 2h'X + c of arrays H, h, c and q, the number of query features."`
	PromptFile string   `group:"Task" placeholder:"FILE.npz" help:"Instead of a task: prompts as data, Z [B,D,n+1] and y [B], or G [B,D,D], u [B,q] and y."`
}

// given reports whether any field of the task is.
func (f *Task) given() bool {
	return f.Task != "" || f.States != nil || f.D != nil || len(f.N) > 0 || f.Prior != "" ||
		f.Start != "" || f.P != "" || f.Embedding != "" || f.Bias != nil || f.Order != nil ||
		f.Family != "" || f.Covariance != "" || f.Weights != "" || f.Noise != "" || f.Mean != "" || f.Average || f.Form != "" || f.PromptFile != ""
}

// spec returns the task in the user's words, and the values of n.
func (f *Task) spec(env Env) (spec markov.Spec, ns []string, err error) {
	if err := f.onlyForms(); err != nil {
		return spec, nil, err
	}
	if f.Task != "" {
		data, err := env.read("task", f.Task)
		if err != nil {
			return spec, nil, err
		}
		if spec, err = markov.ParseSpec(data); err != nil {
			return spec, nil, input("task", fmt.Errorf("%s: %w", f.Task, err))
		}
	}
	// In a Spec 0 means the default; in a question 0 means 0.
	if f.States != nil {
		if spec.States = *f.States; spec.States == 0 {
			return spec, nil, inputf("states", "states must be from 2 to %d, got 0", markov.MaxStates)
		}
	}
	if f.D != nil {
		if spec.D = *f.D; spec.D == 0 {
			return spec, nil, inputf("d", "d must be from 1 to %d, got 0", markov.MaxPositions)
		}
	}
	if f.Order != nil {
		if spec.Order = *f.Order; spec.Order == 0 {
			return spec, nil, inputf("order", "order must be at least 1, got 0")
		}
	}
	if err := f.family(env, &spec); err != nil {
		return spec, nil, err
	}
	if f.Start != "" || f.P != "" {
		spec.Start, spec.P = f.Start, f.P
	}
	if f.Embedding != "" {
		spec.Embedding = f.Embedding
	}
	if f.Bias != nil {
		spec.Bias = *f.Bias
	}
	if len(f.N) == 0 {
		return spec, []string{spec.N}, nil
	}
	ns, err = f.contexts()
	return spec, ns, err
}

// family puts what names kernels and regressions into spec, files read.
func (f *Task) family(env Env, spec *markov.Spec) error {
	if f.Family != "" {
		spec.Family = f.Family
	}
	if f.Prior != "" {
		spec.Prior = markov.PriorSpec{Text: f.Prior}
	}
	if path, ok := strings.CutPrefix(spec.Prior.Text, "kernels:"); ok && spec.Prior.Mixture == nil {
		data, err := env.read("prior", path)
		if err != nil {
			return err
		}
		mixture, err := markov.ParseMixture(data, spec.States, max(1, spec.Order))
		if err != nil {
			return input("prior", fmt.Errorf("%s: %w", path, err))
		}
		spec.Prior = markov.PriorSpec{Mixture: &mixture}
	}
	for _, part := range []struct {
		field, value string
		dst          *markov.MatrixSpec
	}{{"covariance", f.Covariance, &spec.Covariance}, {"weights", f.Weights, &spec.Weights}} {
		switch {
		case part.value == "":
		case part.value == "identity" || strings.HasPrefix(part.value, "diag:"):
			*part.dst = markov.MatrixSpec{Text: part.value}
		default:
			data, err := env.read(part.field, part.value)
			if err != nil {
				return err
			}
			rows, err := markov.ParseMatrix(data)
			if err != nil {
				return input(part.field, fmt.Errorf("%s: %w", part.value, err))
			}
			*part.dst = markov.MatrixSpec{Rows: rows}
		}
	}
	if f.Noise != "" {
		spec.Noise = f.Noise
	}
	if f.Mean != "" {
		spec.Mean = f.Mean
	}
	return nil
}

// mostValues is how many tasks one question may be about.
const mostValues = 10_000

// contexts returns the values of n, ranges such as 1..100 written out.
func (f *Task) contexts() (ns []string, err error) {
	for _, n := range f.N {
		n = strings.TrimSpace(n)
		if n == "" {
			return nil, inputf("n", "`n` %q has an empty value; write numbers or inf, separated by commas", strings.Join(f.N, ","))
		}
		from, to, isRange := strings.Cut(n, "..")
		if !isRange {
			ns = append(ns, n)
			continue
		}
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		switch {
		case err1 != nil || err2 != nil || first < 1 || first > last:
			return nil, inputf("n", "n %q is not a range; write FROM..TO, for example 1..100", n)
		case last-first >= mostValues:
			return nil, inputf("n", "n %q names more than %d values", n, mostValues)
		}
		for i := first; i <= last; i++ {
			ns = append(ns, strconv.Itoa(i))
		}
	}
	return ns, nil
}

// tasks returns the task for every value of n, one after the other.
func (f *Task) tasks(env Env) ([]markov.Task, error) {
	spec, ns, err := f.spec(env)
	if err != nil {
		return nil, err
	}
	tasks := make([]markov.Task, len(ns))
	for i, n := range ns {
		spec.N = n
		if tasks[i], err = markov.NewTask(spec); err != nil {
			if f.Task != "" {
				err = fmt.Errorf("task of %s: %w", f.Task, err)
			}
			return nil, input("", err)
		}
	}
	return tasks, nil
}

// oneSpec returns the task in the user's words, with one value of n.
func (f *Task) oneSpec(env Env) (markov.Spec, error) {
	spec, ns, err := f.spec(env)
	if err != nil {
		return spec, err
	}
	if len(ns) > 1 {
		return spec, inputf("n", "this question takes one value of `n`, got %s", strings.Join(f.N, ","))
	}
	spec.N = ns[0]
	return spec, nil
}

// task returns the one task that the fields name.
func (f *Task) task(env Env) (markov.Task, error) {
	if _, err := f.oneSpec(env); err != nil {
		return markov.Task{}, err
	}
	tasks, err := f.tasks(env)
	if err != nil {
		return markov.Task{}, err
	}
	return tasks[0], nil
}

// sweepValues reads FROM:TO:STEP, both ends included, exactly.
func sweepValues(field, text string) ([]*big.Rat, error) {
	words := strings.Split(text, ":")
	var x [3]*big.Rat
	for i := range x {
		if len(words) != 3 {
			return nil, inputf(field, "`%s` %q: write FROM:TO:STEP, for example 0.05:0.95:0.05", field, text)
		}
		var err error
		if x[i], err = markov.ParseRat(words[i]); err != nil {
			return nil, inputf(field, "`%s` %q: %w", field, text, err)
		}
	}
	from, to, step := x[0], x[1], x[2]
	if step.Sign() <= 0 || from.Cmp(to) > 0 {
		return nil, inputf(field, "`%s` %q: the step must be > 0 and FROM must not lie above TO", field, text)
	}
	var values []*big.Rat
	for v := new(big.Rat).Set(from); v.Cmp(to) <= 0; v = new(big.Rat).Add(v, step) {
		if len(values) == mostValues {
			return nil, inputf(field, "`%s` %q names more than %d values", field, text, mostValues)
		}
		values = append(values, v)
	}
	return values, nil
}
