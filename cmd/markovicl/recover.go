package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gonum.org/v1/gonum/mat"

	"markovicl/landscape"
	"markovicl/lsa"
	"markovicl/markov"
	"markovicl/moment"
)

type recoverCmd struct {
	taskFlags   `embed:""`
	X           string        `name:"x" placeholder:"FILE" help:"Instead of a task: decide whether the point of the enlarged space in this file (NPY, or CSV with one block a line) is a transformer."`
	Heads       int           `default:"1" help:"Heads of the transformer. For more than one the lower bound is the enlarged optimum, which d+1 heads attain."`
	Level       int           `default:"0" help:"Highest level of the certificate to try: 1 where level 0 leaves a gap, and for a singular H (bias, one-hot), of which level 0 says nothing. Seconds for d = 3 with a bias."`
	Starts      int           `placeholder:"N" help:"Random starts of the local search; by default 12 for each entry of b."`
	Seed        uint64        `default:"1" help:"Seed of the random starts."`
	TimeLimit   time.Duration `placeholder:"30s" help:"Stop after this time with the bounds found so far."`
	Certificate string        `placeholder:"FILE.npz" help:"Write the certificate of the lower bound to this file."`
	Proof       bool          `help:"Prove a lower bound in exact arithmetic as well, as a fraction, for tasks whose moments are rational; with --x, decide exactly (CSV with fractions)."`
	Picture     string        `placeholder:"FILE" help:"Draw the loss of the best transformer by direction of b, with its local minima, as SVG or PNG: for d = 1 and 2."`
	Verify      string        `placeholder:"FILE.npz" help:"Check a certificate file, on its own or against the task that flags name."`
	JSON        bool          `name:"json" help:"Print one JSON object and nothing else."`
}

func (recoverCmd) Help() string {
	return `Example: markovicl recover --d 4 --n 10 --certificate c.npz && markovicl recover --verify c.npz

Is there a one-layer transformer that attains the enlarged optimum? Which one? And if there is none, which is
the best, and how good could any be? The best transformer comes from a local search with many starts; the
lower bound from a semidefinite certificate whose check allows for every rounding error, so that
"certified": true is a proof that no one-layer transformer with one head is better by more than one part in
a million. Where that leaves a gap, and with --bias or --embedding onehot, --level 1 tries a stronger
certificate.`
}

// recoverAnswer is the command's JSON.
type recoverAnswer struct {
	Task               markov.Task      `json:"task"`
	Realisable         *bool            `json:"realisable"`
	Reason             string           `json:"reason,omitempty"`
	LossEnlarged       float64          `json:"loss_enlarged"`
	Loss               float64          `json:"loss"`
	LowerBound         float64          `json:"lower_bound"`
	RelativeGap        float64          `json:"relative_gap"`
	Certified          bool             `json:"certified"`
	Method             landscape.Method `json:"method"`
	Level              *int             `json:"level,omitempty"` // of the certificate that proves the bound
	Note               string           `json:"note,omitempty"`
	Status             string           `json:"status"`
	Parameters         parametersAnswer `json:"parameters"`
	Decision           *decisionAnswer  `json:"decision"`
	ProjectionLoss     *float64         `json:"projection_loss"`     // null for several heads
	ProjectionDistance *float64         `json:"projection_distance"` // null for several heads
	LocalMinima        []minimumAnswer  `json:"local_minima"`
	Certificate        string           `json:"certificate,omitempty"`
	Proof              *proofAnswer     `json:"proof,omitempty"`
	Seconds            float64          `json:"seconds"`
}

// proofAnswer says what was proven without rounding: no one-layer transformer
// with one head has a loss below LowerBound.
type proofAnswer struct {
	LowerBound  string  `json:"lower_bound"` // a fraction
	Decimal     string  `json:"lower_bound_decimal"`
	RelativeGap float64 `json:"relative_gap"`
	// Realisable says whether the enlarged optimum is a transformer; then it is
	// the bound.
	Realisable bool `json:"realisable"`
	Size       int  `json:"size"` // of the matrix in the proof, 0 if none is needed
}

// proofDecimals is the number of decimals of a bound proven exactly.
const proofDecimals = 12

func prove(a *app, exact *moment.ExactMoments, task markov.Task, r *landscape.Recovery) (*proofAnswer, error) {
	form := exact.At(task.Context())
	optimum, err := landscape.MinimiseExact(a.ctx, form)
	if err != nil {
		return nil, err
	}
	if optimum.Unique {
		d, err := landscape.DecideExact(optimum.X, form.Q, form.Q+1)
		if err != nil {
			return nil, err
		}
		if d.Verdict == landscape.Realisable {
			return &proofAnswer{LowerBound: optimum.Loss.RatString(), Decimal: optimum.Loss.FloatString(proofDecimals), Realisable: true}, nil
		}
	}
	enlarged := &proofAnswer{LowerBound: optimum.Loss.RatString(), Decimal: optimum.Loss.FloatString(proofDecimals), RelativeGap: max(0, 1-markov.Float(optimum.Loss)/r.Loss)}
	if r.Certificate == nil {
		return enlarged, nil // a bound for every one-layer model, by itself
	}
	p, err := landscape.NewProof(form, r.Certificate, proofDecimals)
	if err != nil {
		return nil, fmt.Errorf("exact proof for %v: %w", task, err)
	}
	if err := p.Verify(form); err != nil {
		return nil, fmt.Errorf("the exact proof for %v does not pass its own check: %w", task, err)
	}
	if p.Lower.Cmp(optimum.Loss) < 0 {
		return enlarged, nil
	}
	gap := 1 - markov.Float(p.Lower)/r.Loss
	return &proofAnswer{p.Lower.RatString(), p.Lower.FloatString(proofDecimals), max(0, gap), false, len(p.Factor.Scale)}, nil
}

// parametersAnswer holds the heads of a one-layer model.
type parametersAnswer struct {
	Heads []headAnswer `json:"heads"`
}

type headAnswer struct {
	B []float64   `json:"b"` // [D]
	A [][]float64 `json:"A"` // [D][q]
}

func newParametersAnswer(p *lsa.Structured) parametersAnswer {
	var answer parametersAnswer
	for h := range p.Heads {
		b, A := p.Head(0, h)
		answer.Heads = append(answer.Heads, headAnswer{b, rowsOf(A, len(b))})
	}
	return answer
}

// rowsOf cuts a row-major matrix into its rows.
func rowsOf(A []float64, rows int) [][]float64 {
	out := make([][]float64, rows)
	columns := len(A) / rows
	for i := range out {
		out[i] = A[i*columns : (i+1)*columns]
	}
	return out
}

type minimumAnswer struct {
	landscape.LocalMinimum
	A [][]float64 `json:"A"`
}

// decisionAnswer is the answer to Problem C.9 for one point.
type decisionAnswer struct {
	Verdict   string                 `json:"verdict"`
	Precision float64                `json:"precision"`
	Residual  float64                `json:"residual"` // distance of the nearest transformer that was looked at
	Distance  float64                `json:"distance"` // proven lower bound of the distance to every transformer
	Obstacle  *landscape.Obstruction `json:"obstruction"`
	B         []float64              `json:"b"`
	A         [][]float64            `json:"A"`
}

func newDecisionAnswer(d *landscape.Decision) *decisionAnswer {
	if d == nil {
		return nil
	}
	return &decisionAnswer{d.Verdict.String(), d.Precision, d.Residual, d.Distance, d.Obstruction, d.B, rowsOf(d.A, len(d.B))}
}

// verdictAnswer is true, false, or nil for undecided.
func verdictAnswer(v landscape.Verdict) *bool {
	if v == landscape.Undecided {
		return nil
	}
	yes := v == landscape.Realisable
	return &yes
}

func (c *recoverCmd) Run(a *app) error {
	switch {
	case c.Verify != "" && c.X != "":
		return badInputf("--verify and --x are two different questions; ask one at a time")
	case c.Verify != "":
		return c.verify(a)
	case c.X != "":
		return c.decide(a)
	}
	if c.Heads < 1 {
		return badInputf("--heads must be at least 1, got %d", c.Heads)
	}
	if c.Starts < 0 {
		return badInputf("--starts must be at least 1, got %d", c.Starts)
	}
	if c.Level < 0 || c.Level > 1 {
		return badInputf("--level must be 0 or 1, got %d", c.Level)
	}
	if c.Level > 0 && c.Heads > 1 {
		return badInputf("--level is about one head; leave --heads away")
	}
	if c.TimeLimit < 0 {
		return badInputf("--time-limit must be positive, got %v", c.TimeLimit)
	}
	tasks, err := c.tasks()
	if err != nil {
		return err
	}
	if c.Certificate != "" && len(tasks) > 1 {
		return badInputf("--certificate writes one file; give one value of --n")
	}
	for _, path := range []string{c.Certificate, c.Picture} { // before the work, not after it
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return badInputf("%s cannot be written: there is no folder %s; make it first", path, filepath.Dir(path))
		}
	}
	if c.Picture != "" && (len(tasks) > 1 || c.Heads > 1) {
		return badInputf("--picture draws one task with one head; give one value of --n")
	}
	ctx := a.ctx
	if c.TimeLimit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.TimeLimit)
		defer cancel()
	}
	moments, err := moment.Of(a.ctx, tasks[0], moment.Options{})
	if err != nil {
		return inputUnlessEnded(a, err)
	}
	var exact *moment.ExactMoments
	if c.Proof {
		if c.Heads > 1 {
			return badInputf("--proof is about one head; leave --heads away")
		}
		if exact, err = moment.ExactOf(a.ctx, tasks[0]); err != nil {
			return inputUnlessEnded(a, err)
		}
	}
	var results []recoverAnswer
	interrupted := false
	for _, task := range tasks {
		begin := time.Now()
		progress, end := a.bounds(fmt.Sprintf("d %d, n %v", task.Positions(), task.Context()))
		r, err := landscape.Recover(ctx, moments.At(task.Context()), landscape.Settings{Starts: c.Starts, Seed: c.Seed, Heads: c.Heads, Level: c.Level, Progress: progress})
		end()
		if err != nil {
			return err
		}
		answer := newRecoverAnswer(task, r)
		answer.Seconds = time.Since(begin).Seconds()
		interrupted = interrupted || r.Status == landscape.Interrupted
		if c.Certificate != "" {
			if err := writeCertificate(c.Certificate, task, r); err != nil {
				return err
			}
			answer.Certificate = c.Certificate
		}
		if c.Picture != "" {
			if err := writePicture(c.Picture, task, moments.At(task.Context()), r); err != nil {
				return err
			}
		}
		if exact != nil {
			if answer.Proof, err = prove(a, exact, task, r); err != nil {
				return err
			}
		}
		if !c.JSON {
			printRecovery(a, &answer)
			if c.Level == 0 && c.Heads == 1 && r.Status == landscape.Exhausted {
				fmt.Fprintln(a.stdout, "next               --level 1 tries a stronger certificate")
			}
		}
		results = append(results, answer)
	}
	if c.JSON {
		if err := answers(a, results); err != nil {
			return err
		}
	}
	if interrupted {
		return errors.New("stopped before the bounds met; the answer is honest but not certified")
	}
	return nil
}

func newRecoverAnswer(task markov.Task, r *landscape.Recovery) recoverAnswer {
	answer := recoverAnswer{
		Task: task, Realisable: verdictAnswer(r.Realisable), Reason: r.Reason,
		LossEnlarged: r.LossEnlarged, Loss: r.Loss, LowerBound: r.LowerBound,
		RelativeGap: r.RelativeGap(), Certified: r.Certified(), Method: r.Method, Status: r.Status.String(), Note: r.Note,
		LocalMinima: []minimumAnswer{},
		Parameters:  newParametersAnswer(r.Parameters), Decision: newDecisionAnswer(r.Decision),
	}
	if r.Certificate != nil && r.Method == landscape.BySDP {
		level := r.Certificate.Level()
		answer.Level = &level
	}
	if r.Parameters.Heads == 1 {
		answer.ProjectionLoss, answer.ProjectionDistance = &r.ProjectionLoss, &r.ProjectionDistance
	}
	for _, m := range r.LocalMinima {
		answer.LocalMinima = append(answer.LocalMinima, minimumAnswer{m, rowsOf(m.A, len(m.B))})
	}
	return answer
}

func writeCertificate(path string, task markov.Task, r *landscape.Recovery) error {
	if r.Certificate == nil {
		return fmt.Errorf("there is no certificate to write: the lower bound %.12g was proven by the method %q", r.LowerBound, r.Method)
	}
	text, err := json.Marshal(task)
	if err != nil {
		return err
	}
	r.Certificate.Task = string(text)
	return r.Certificate.WriteFile(path)
}

func printRecovery(a *app, r *recoverAnswer) {
	fmt.Fprintf(a.stdout, "task               %v\n", r.Task)
	fmt.Fprintf(a.stdout, "enlarged optimum   %.12g\n", r.LossEnlarged)
	fmt.Fprintf(a.stdout, "best transformer   %.12g\n", r.Loss)
	method := string(r.Method)
	if r.Level != nil && *r.Level > 0 {
		method += fmt.Sprintf(", level %d", *r.Level)
	}
	fmt.Fprintf(a.stdout, "proven lower bound %.12g (%s)\n", r.LowerBound, method)
	heads := len(r.Parameters.Heads)
	if heads == 1 {
		fmt.Fprintf(a.stdout, "projection of X*   %.12g\n", *r.ProjectionLoss)
	}
	switch {
	case r.Realisable == nil:
		fmt.Fprintf(a.stdout, "realisable         undecided: %s\n", r.Reason)
	case *r.Realisable:
		fmt.Fprintln(a.stdout, "realisable         yes: a one-layer transformer attains the enlarged optimum")
	case r.Decision != nil && r.Decision.Obstacle != nil:
		o := r.Decision.Obstacle
		switch o.Kind {
		case landscape.CandidateObstruction:
			fmt.Fprintf(a.stdout, "realisable         no: block %d of X* leaves two directions for b, and both fail\n", o.Block)
		default:
			fmt.Fprintf(a.stdout, "realisable         no: block %d of X* has two eigenvalues of one sign (%s)\n", o.Block, numbers(o.Eigenvalues, 4))
		}
	default:
		fmt.Fprintln(a.stdout, "realisable         no: the lower bound is above the enlarged optimum")
	}
	if r.Certified {
		fmt.Fprintf(a.stdout, "certified          yes: relative gap %.1e\n", r.RelativeGap)
	} else {
		fmt.Fprintf(a.stdout, "certified          no: relative gap %.3g (%s)\n", r.RelativeGap, r.Status)
	}
	if r.Note != "" {
		fmt.Fprintf(a.stdout, "note               %s\n", r.Note)
	}
	if p := r.Proof; p != nil && p.Realisable {
		fmt.Fprintf(a.stdout, "proven exactly     the best loss is the enlarged optimum, %s, and is attained\n", p.LowerBound)
	} else if p != nil {
		fmt.Fprintf(a.stdout, "proven exactly     no one-layer LSA has a loss below L = %s = %s (relative gap %.1e)\n", p.LowerBound, p.Decimal, p.RelativeGap)
	}
	for i, h := range r.Parameters.Heads {
		fmt.Fprintf(a.stdout, "b of head %d        %s\n", i+1, numbers(h.B, 6))
	}
	if heads == 1 {
		printMinima(a, r)
	}
	if r.Certificate != "" {
		fmt.Fprintf(a.stdout, "certificate        %s; check it with markovicl recover --verify %s\n", r.Certificate, r.Certificate)
	}
}

func printMinima(a *app, r *recoverAnswer) {
	fmt.Fprintf(a.stdout, "local minima       ")
	for i, m := range r.LocalMinima {
		if i == 5 {
			fmt.Fprintf(a.stdout, ", and %d more", len(r.LocalMinima)-i)
			break
		}
		if i > 0 {
			fmt.Fprint(a.stdout, ", ")
		}
		fmt.Fprintf(a.stdout, "%.9g (%d starts)", m.Loss, m.Hits)
	}
	fmt.Fprintln(a.stdout)
}

func numbers(xs []float64, digits int) string {
	words := make([]string, len(xs))
	for i, x := range xs {
		words[i] = fmt.Sprintf("%.*g", digits, x)
	}
	return strings.Join(words, " ")
}

// bounds draws the best loss, the proven bound and the gap on stderr if that is
// a terminal.
func (a *app) bounds(name string) (report func(upper, lower float64), end func()) {
	if !a.terminal {
		return nil, func() {}
	}
	var lock sync.Mutex
	last := time.Time{}
	report = func(upper, lower float64) {
		lock.Lock()
		defer lock.Unlock()
		if now := time.Now(); now.Sub(last) > 100*time.Millisecond && !math.IsInf(upper, 0) {
			last = now
			fmt.Fprintf(a.stderr, "\r\x1b[K%s: upper %.9f lower %.9f gap %.1e", name, upper, lower, (upper-lower)/math.Abs(upper))
		}
	}
	return report, func() { fmt.Fprint(a.stderr, "\r\x1b[K") }
}

// verifyAnswer is the JSON of --verify.
type verifyAnswer struct {
	Valid       bool            `json:"valid"`
	LowerBound  float64         `json:"lower_bound"`  // as the file claims
	ProvenBound float64         `json:"proven_bound"` // the largest that its W proves
	Size        int             `json:"size"`
	Level       int             `json:"level"`
	Definite    float64         `json:"definite"`
	Slack       float64         `json:"slack"`
	Task        json.RawMessage `json:"task"`
	// TaskDifference is the largest difference between an entry of the file's H,
	// h, c and that of the task's; null if the file names no task.
	TaskDifference *float64 `json:"task_difference"`
}

// taskTolerance is how far the file's H, h and c may be from the task's,
// relative to the largest entry of each: rounding, no more.
const taskTolerance = 1e-14

func (c *recoverCmd) verify(a *app) error {
	certificate, err := landscape.ReadCertificate(c.Verify)
	if err != nil {
		return badInput(err)
	}
	v, err := certificate.Verify()
	if err != nil {
		return fmt.Errorf("certificate file %s is rejected: %w", c.Verify, err)
	}
	answer := verifyAnswer{
		Valid: true, LowerBound: certificate.Lower, ProvenBound: v.Bound,
		Size: v.Size, Level: certificate.Level(), Definite: v.Definite, Slack: v.Slack, Task: json.RawMessage("null"),
	}
	task, named, err := c.verifiedTask(certificate)
	if err != nil {
		return err
	}
	if named {
		moments, err := moment.Of(a.ctx, task, moment.Options{})
		if err != nil {
			return err
		}
		difference, err := formDifference(certificate.Form, moments.At(task.Context()))
		if err != nil {
			return fmt.Errorf("certificate file %s is rejected: it is not about the task %v: %w", c.Verify, task, err)
		}
		answer.TaskDifference = &difference
		if answer.Task, err = json.Marshal(task); err != nil {
			return err
		}
	}
	if c.JSON {
		return a.writeJSON(answer)
	}
	about := "the H, h and c in the file"
	if named {
		about = task.String()
	}
	fmt.Fprintf(a.stdout, "valid: no one-layer transformer with one head has a loss below %.12g\n", certificate.Lower)
	fmt.Fprintf(a.stdout, "about              %s\n", about)
	fmt.Fprintf(a.stdout, "proven             %.15g, by a matrix of size %d\n", v.Bound, v.Size)
	if named {
		fmt.Fprintf(a.stdout, "H, h, c            recomputed from the task; they differ from the file's by at most %.1e\n", *answer.TaskDifference)
	}
	return nil
}

// verifiedTask returns the task that flags name, or else the file.
func (c *recoverCmd) verifiedTask(certificate *landscape.Certificate) (task markov.Task, named bool, err error) {
	flags := c.taskFlags
	if flags.Task != "" || flags.States != nil || flags.D != nil || len(flags.N) > 0 || flags.Prior != "" ||
		flags.Start != "" || flags.P != "" || flags.Embedding != "" || flags.Bias != nil {
		task, err = c.task()
		return task, true, err
	}
	if certificate.Task == "" {
		return task, false, nil
	}
	if task, err = markov.ParseTask([]byte(certificate.Task)); err != nil {
		return task, false, badInputf("certificate file %s: its task: %w", c.Verify, err)
	}
	return task, true, nil
}

// formDifference returns the largest difference between entries of two forms,
// and an error if it is more than rounding explains.
func formDifference(file, task *moment.Form) (float64, error) {
	if file.Q != task.Q {
		return 0, fmt.Errorf("the file has q = %d, the task %d", file.Q, task.Q)
	}
	n := file.Dim()
	largest := 0.0
	compare := func(name string, size float64, x, y float64) error {
		d := math.Abs(x - y)
		largest = math.Max(largest, d)
		if !(d <= taskTolerance*size) {
			return fmt.Errorf("%s is %.17g in the file and %.17g for the task", name, x, y)
		}
		return nil
	}
	sizeH, sizeL := mat.Max(task.H), 0.0
	for _, x := range task.L {
		sizeL = math.Max(sizeL, math.Abs(x))
	}
	if err := compare("c", task.C, file.C, task.C); err != nil {
		return 0, err
	}
	for i := range n {
		if err := compare(fmt.Sprintf("h[%d]", i), sizeL, file.L[i], task.L[i]); err != nil {
			return 0, err
		}
		for j := i; j < n; j++ {
			if err := compare(fmt.Sprintf("H[%d,%d]", i, j), sizeH, file.H.At(i, j), task.H.At(i, j)); err != nil {
				return 0, err
			}
		}
	}
	return largest, nil
}

// pointAnswer is the JSON of --x.
type pointAnswer struct {
	Realisable *bool           `json:"realisable"`
	Q          int             `json:"q"`
	D          int             `json:"D"`
	Decision   *decisionAnswer `json:"decision"`
}

func (c *recoverCmd) decide(a *app) error {
	if c.Proof {
		return c.decideExactly(a)
	}
	X, q, D, err := landscape.ReadPoint(c.X)
	if err != nil {
		return badInput(err)
	}
	d, err := landscape.Decide(X, q, D, 0)
	if err != nil {
		return badInput(fmt.Errorf("%s: %w", c.X, err))
	}
	if d.Verdict != landscape.Undecided {
		if err := d.Verify(X, q); err != nil {
			return fmt.Errorf("the decision does not pass its own check: %w", err)
		}
	}
	if c.JSON {
		return a.writeJSON(pointAnswer{verdictAnswer(d.Verdict), q, D, newDecisionAnswer(d)})
	}
	fmt.Fprintf(a.stdout, "%v (%d blocks for b of length %d)\n", d.Verdict, q, D)
	switch d.Verdict {
	case landscape.Realisable:
		fmt.Fprintf(a.stdout, "b = %s\n", numbers(d.B, 12))
		for i, row := range rowsOf(d.A, D) {
			fmt.Fprintf(a.stdout, "A[%d] = %s\n", i, numbers(row, 12))
		}
		fmt.Fprintf(a.stdout, "largest distance of a block from the witness's: %.2g\n", d.Residual)
	case landscape.NotRealisable:
		o := d.Obstruction
		fmt.Fprintf(a.stdout, "certificate of kind %s from block %d, whose eigenvalues are %s\n", o.Kind, o.Block, numbers(o.Eigenvalues, 6))
		for _, f := range o.Candidates {
			fmt.Fprintf(a.stdout, "b = %s fails: block %d is %.6g on a unit vector orthogonal to it\n", numbers(f.B, 6), f.Block, f.Value)
		}
		fmt.Fprintf(a.stdout, "every transformer differs in some block by at least %.6g\n", d.Distance)
	default:
		fmt.Fprintf(a.stdout, "a transformer is within %.3g, the precision is %.3g, and the proven distance %.3g\n", d.Residual, d.Precision, d.Distance)
	}
	return nil
}

// exactPointAnswer is the JSON of --x with --proof: numbers are texts such as
// 1/2+3*sqrt(5).
type exactPointAnswer struct {
	Realisable  bool              `json:"realisable"`
	Q           int               `json:"q"`
	D           int               `json:"D"`
	B           []string          `json:"b"`
	A           [][]string        `json:"A"`
	Obstruction *exactObstruction `json:"obstruction"`
}

type exactObstruction struct {
	Kind       string           `json:"kind"`
	Block      int              `json:"block"`
	Plane      [][]string       `json:"plane,omitempty"`
	Candidates []exactCandidate `json:"candidates,omitempty"`
}

type exactCandidate struct {
	B     []string `json:"b"`
	Block int      `json:"block"` // where it fails
}

func (c *recoverCmd) decideExactly(a *app) error {
	X, q, D, err := landscape.ReadRationalPoint(c.X)
	if err != nil {
		return badInput(err)
	}
	d, err := landscape.DecideExact(X, q, D)
	if err != nil {
		return badInput(fmt.Errorf("%s: %w", c.X, err))
	}
	if err := d.Verify(X, q, D); err != nil {
		return fmt.Errorf("the decision does not pass its own check: %w", err)
	}
	answer := exactPointAnswer{Realisable: d.Verdict == landscape.Realisable, Q: q, D: D}
	if answer.Realisable {
		answer.B = d.Text(d.B)
		for i := range D {
			answer.A = append(answer.A, d.Text(d.A[i*q:(i+1)*q]))
		}
	} else {
		o := &exactObstruction{Kind: d.Obstruction.Kind, Block: d.Obstruction.Block}
		for _, v := range d.Obstruction.Plane {
			row := make([]string, D)
			for i, x := range v {
				row[i] = x.RatString()
			}
			o.Plane = append(o.Plane, row)
		}
		for _, f := range d.Obstruction.Candidates {
			o.Candidates = append(o.Candidates, exactCandidate{d.Text(f.B), f.Block})
		}
		answer.Obstruction = o
	}
	if c.JSON {
		return a.writeJSON(answer)
	}
	fmt.Fprintf(a.stdout, "%v, exactly (%d blocks for b of length %d)\n", d.Verdict, q, D)
	if answer.Realisable {
		fmt.Fprintf(a.stdout, "b = %s\n", strings.Join(answer.B, " "))
		for i, row := range answer.A {
			fmt.Fprintf(a.stdout, "A[%d] = %s\n", i, strings.Join(row, " "))
		}
		return nil
	}
	for _, v := range answer.Obstruction.Plane {
		fmt.Fprintf(a.stdout, "block %d is definite on a plane that contains %s\n", answer.Obstruction.Block, strings.Join(v, " "))
	}
	for _, f := range answer.Obstruction.Candidates {
		fmt.Fprintf(a.stdout, "b = %s fails at block %d\n", strings.Join(f.B, " "), f.Block)
	}
	return nil
}
