package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"markovicl/certificate"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// Recover asks for the best one-layer transformer and for a proof that it is best;
// or, with Verify, whether a certificate file holds; or, with X, whether a point of
// the enlarged space is a transformer (Problem C.9). Its answers are
// Results[RecoverAnswer], VerifyAnswer, PointAnswer, and with X and Proof, or where
// floating point cannot decide a point in decimals, ExactPointAnswer.
type Recover struct {
	Task
	X         string        `name:"x" placeholder:"FILE" help:"Instead of a task: decide whether the point of the enlarged space in this file (NPY, or CSV with one block a line) is a transformer."`
	Heads     int           `default:"1" help:"Heads of the transformer. For more than one the lower bound is the enlarged optimum, which d+1 heads attain."`
	Level     int           `default:"0" help:"Highest level of the certificate to try: 1 where level 0 leaves a gap, and for a singular H (bias, one-hot), of which level 0 says nothing. Seconds for d = 3 with a bias."`
	Starts    *int          `placeholder:"N" help:"Random starts of the local search; by default 12 for each entry of b."`
	Seed      uint64        `default:"1" help:"Seed of the random starts."`
	TimeLimit time.Duration `placeholder:"TIME" help:"Stop after this time with the bounds found so far."`
	Proof     bool          `help:"Prove a lower bound in exact arithmetic as well, as a fraction, for tasks whose moments are rational; with --x, decide exactly (CSV with fractions)."`
	Verify    string        `placeholder:"FILE.npz" help:"Check a certificate file, on its own or against the task that flags name."`
}

// Command implements Question.
func (*Recover) Command() string { return "recover" }

// RecoverAnswer is the best transformer of one task.
type RecoverAnswer struct {
	Task               markov.Task      `json:"task"`
	Realisable         *bool            `json:"realisable"`
	Reason             string           `json:"reason,omitempty"`
	Rank               int              `json:"rank"`           // of H
	Unique             bool             `json:"unique"`         // the minimiser of the enlarged loss is
	EnlargedClaim      moment.Claim     `json:"enlarged_claim"` // what is known of LossEnlarged
	LossEnlarged       float64          `json:"loss_enlarged"`
	Loss               float64          `json:"loss"`
	LossError          *float64         `json:"loss_error"`             // bound of the error of Loss; null where there is none
	LowerBound         *float64         `json:"lower_bound"`            // null where nothing is proven
	Claim              moment.Claim     `json:"claim"`                  // of the lower bound
	ClaimReason        string           `json:"claim_reason,omitempty"` // why there is none
	StoredBound        *float64         `json:"stored_bound,omitempty"` // about the form with these moments, where nothing is proven about the task
	RelativeGap        *float64         `json:"relative_gap"`           // null without a lower bound
	Certified          bool             `json:"certified"`
	Rule               string           `json:"rule"`
	StandardError      float64          `json:"standard_error"` // of the enlarged optimum, where moments are sampled
	Method             landscape.Method `json:"method"`
	Level              *int             `json:"level,omitempty"` // of the certificate that proves the bound
	Note               string           `json:"note,omitempty"`
	Status             string           `json:"status"`
	Stopped            landscape.Stop   `json:"stopped"` // what ended the work
	Starts             int              `json:"starts" jsonschema_description:"random starts of the local search"`
	Evaluations        int              `json:"evaluations" jsonschema_description:"matrices whose lowest eigenvalues the search for certificates has calculated, on every level"`
	Boxes              int              `json:"boxes" jsonschema_description:"boxes of branch and bound"`
	Parameters         Transformer      `json:"parameters"`
	Decision           *Decision        `json:"decision"`
	ProjectionLoss     *float64         `json:"projection_loss"`     // null for several heads
	ProjectionDistance *float64         `json:"projection_distance"` // null for several heads
	LocalMinima        []Minimum        `json:"local_minima"`
	// Certificate is the file that certificate.npz of Files was written to. It is for
	// whoever writes it to set.
	Certificate string `json:"certificate,omitempty"`
	Proof       *Proof `json:"proof,omitempty"`

	form        *moment.Form
	certificate *certificate.Certificate
}

// Minimum is a local minimum of the loss of one-layer transformers.
type Minimum struct {
	landscape.LocalMinimum
	A [][]float64 `json:"A"`
}

// Decision is the answer to Problem C.9 for one point.
type Decision struct {
	Verdict     string                 `json:"verdict"`
	Precision   float64                `json:"precision"`
	Residual    float64                `json:"residual"` // distance of the nearest transformer that was looked at
	Distance    float64                `json:"distance"` // proven lower bound of the distance to every transformer
	Obstruction *landscape.Obstruction `json:"obstruction"`
	B           []float64              `json:"b"`
	A           [][]float64            `json:"A"`
}

func newDecision(d *landscape.Decision) *Decision {
	if d == nil {
		return nil
	}
	return &Decision{d.Verdict.String(), d.Precision, d.Residual, d.Distance, d.Obstruction, d.B, rowsOf(d.A, len(d.B))}
}

// Form returns the quadratic form whose best transformer the answer is.
func (a *RecoverAnswer) Form() *moment.Form { return a.form }

// Files returns certificate.npz, where the lower bound was proven by a certificate.
func (a *RecoverAnswer) Files() ([]File, error) {
	if a.certificate == nil {
		return nil, nil
	}
	text, err := json.Marshal(a.Task)
	if err != nil {
		return nil, err
	}
	c := *a.certificate
	c.Task = taskText(a.Task, text)
	var data bytes.Buffer
	if err := c.Encode(&data); err != nil {
		return nil, err
	}
	return []File{{"certificate.npz", data.Bytes()}}, nil
}

func (q *Recover) ask(ctx context.Context, env Env) (Answer, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	switch {
	case q.Verify != "":
		return q.verify(ctx, env)
	case q.X != "" && q.Proof:
		data, err := env.read("x", q.X)
		if err != nil {
			return nil, err
		}
		return q.decideExactly(data)
	case q.X != "":
		return q.decide(env)
	}
	limited := ctx
	if q.TimeLimit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, q.TimeLimit)
		defer cancel()
	}
	tasks, source, err := q.subjects(limited, env, moment.Options{})
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		if env.Refuse == nil {
			break
		}
		if err := env.Refuse(task); err != nil {
			return nil, input("", err)
		}
	}
	var exact func(n markov.Context) *moment.ExactForm
	if q.Proof {
		if exact, err = source.exact(limited); err != nil {
			return nil, inputUnlessEnded(limited, "proof", err)
		}
	}
	var results Results[RecoverAnswer]
	interrupted, uncertified := false, false
	for _, task := range tasks {
		answer, err := q.recover(limited, env, task, source.at(task.Context()))
		if err != nil {
			return nil, err
		}
		answer.Rule = source.rule
		errs, err := source.standardErrors(ctx, task.Context())
		if err != nil {
			return nil, err
		}
		if errs != nil {
			answer.StandardError = errs.Loss
		}
		uncertified = uncertified || answer.Status == landscape.Interrupted.String()
		interrupted = interrupted || uncertified
		if exact != nil {
			answer.Proof, err = prove(limited, exact(task.Context()), answer)
			if err != nil && !errors.Is(err, limited.Err()) {
				return nil, err
			}
			interrupted = interrupted || err != nil
		}
		results = append(results, *answer)
	}
	if interrupted {
		kind := Failed
		if ctx.Err() != nil {
			kind = Interrupted
		}
		message := "stopped before the bounds met; the answer is honest but not certified"
		if !uncertified {
			message = "stopped before the exact proof was found; all else is there"
		}
		return results, &Error{Kind: kind, Message: message}
	}
	return results, nil
}

// check refuses values that cannot be right, and fields that would have no effect.
func (q *Recover) check() error {
	if q.Verify != "" && q.X != "" {
		return inputf("verify", "`verify` and `x` are two different questions; ask one at a time")
	}
	for _, f := range given(q) {
		isTask := f.tag.Get("group") == "Task"
		switch {
		case q.X != "" && f.name != "x" && f.name != "proof":
			return inputf(f.name, "`%s` has no effect on the decision about a point `x`; leave it out", f.name)
		case q.Verify != "" && f.name != "verify" && !isTask:
			return inputf(f.name, "`%s` has no effect on the check of a certificate; leave it out", f.name)
		}
	}
	switch {
	case q.Heads < 1:
		return inputf("heads", "`heads` must be at least 1, got %d", q.Heads)
	case q.Starts != nil && *q.Starts < 1:
		return inputf("starts", "`starts` must be at least 1, got %d", *q.Starts)
	case q.Level < 0 || q.Level > 1:
		return inputf("level", "`level` must be 0 or 1, got %d", q.Level)
	case q.Level > 0 && q.Heads > 1:
		return inputf("level", "`level` is about one head; leave `heads` away")
	case q.Proof && q.Heads > 1:
		return inputf("proof", "`proof` is about one head; leave `heads` away")
	case q.TimeLimit < 0:
		return inputf("time-limit", "`time-limit` must be positive, got %v", q.TimeLimit)
	}
	return nil
}

// boundsName names a task beside the progress of its bounds.
func boundsName(t markov.Task) string {
	if t.Given() {
		return t.String()
	}
	return fmt.Sprintf("d %d, n %s", t.Positions(), t.ContextText())
}

func (q *Recover) recover(ctx context.Context, env Env, task markov.Task, form *moment.Form) (*RecoverAnswer, error) {
	settings := landscape.Settings{
		Seed: q.Seed, Heads: q.Heads, Level: q.Level,
		Progress: env.bounds(boundsName(task)),
	}
	if q.Starts != nil {
		settings.Starts = *q.Starts
	}
	r, err := landscape.Recover(ctx, form, settings)
	if err != nil {
		return nil, err
	}
	answer := &RecoverAnswer{
		Task: task, Realisable: verdict(r.Realisable), Reason: r.Reason,
		Rank: r.Enlarged.Rank, Unique: r.Enlarged.Unique, EnlargedClaim: r.Enlarged.Claim,
		LossEnlarged: r.LossEnlarged, Loss: r.Loss, Claim: r.LowerBound.Claim, ClaimReason: r.LowerBound.Reason,
		Certified: r.Certified(), Method: r.Method, Status: r.Status.String(), Note: r.Note,
		Stopped: r.Stopped, Starts: r.Starts, Evaluations: r.Evaluations, Boxes: r.Boxes,
		LocalMinima: []Minimum{},
		Parameters:  newTransformer(r.Parameters), Decision: newDecision(r.Decision),
		form: form, certificate: r.Certificate,
	}
	if r.LossBounds.Claim != moment.Numeric {
		answer.LossError = &r.LossBounds.Error
	}
	switch {
	case r.LowerBound.Proven():
		gap := r.RelativeGap()
		answer.LowerBound, answer.RelativeGap = &r.LowerBound.Value, &gap
	case r.StoredBound.Proven():
		answer.StoredBound = &r.StoredBound.Value
	}
	if r.Certificate != nil && r.Method == landscape.BySDP {
		level := r.Certificate.Level()
		answer.Level = &level
	}
	if r.Parameters.Heads == 1 {
		answer.ProjectionLoss, answer.ProjectionDistance = &r.ProjectionLoss, &r.ProjectionDistance
	}
	for _, m := range r.LocalMinima {
		answer.LocalMinima = append(answer.LocalMinima, newMinimum(m))
	}
	return answer, nil
}

// Improvable reports whether `level` 1 may close the gap that the answer leaves.
func (q *Recover) Improvable(a *RecoverAnswer) bool {
	return q.Level == 0 && q.Heads == 1 && a.Status == landscape.Exhausted.String() && a.StoredBound == nil
}

// Proof says what was proven without rounding: no one-layer transformer
// with one head has a loss below LowerBound.
type Proof struct {
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

func prove(ctx context.Context, form *moment.ExactForm, a *RecoverAnswer) (*Proof, error) {
	optimum, err := landscape.MinimiseExact(ctx, form)
	if err != nil {
		return nil, err
	}
	enlarged := &Proof{LowerBound: optimum.Loss.RatString(), Decimal: optimum.Loss.FloatString(proofDecimals)}
	if optimum.Unique {
		d, err := landscape.DecideExact(optimum.X, form.Q, form.Q+1)
		if err != nil {
			return nil, err
		}
		a.Realisable, a.Reason = verdict(d.Verdict), "" // fractions settle it
		if d.Verdict == landscape.Realisable {
			enlarged.Realisable = true
			return enlarged, nil
		}
	}
	enlarged.RelativeGap = max(0, 1-markov.Float(optimum.Loss)/a.Loss)
	if a.certificate == nil {
		return enlarged, nil // a bound for every one-layer model, by itself
	}
	p, err := certificate.NewProof(ctx, form, a.certificate, proofDecimals)
	if err != nil {
		return nil, fmt.Errorf("exact proof for %v: %w", a.Task, err)
	}
	if err := p.Verify(ctx, form); err != nil {
		return nil, fmt.Errorf("the exact proof for %v does not pass its own check: %w", a.Task, err)
	}
	if p.Lower.Cmp(optimum.Loss) < 0 {
		return enlarged, nil
	}
	gap := 1 - markov.Float(p.Lower)/a.Loss
	return &Proof{p.Lower.RatString(), p.Lower.FloatString(proofDecimals), max(0, gap), false, len(p.Factor.Scale)}, nil
}
