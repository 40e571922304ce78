package ask

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"markovicl/internal/npz"
	"markovicl/markov"
	"markovicl/moment"
)

// files is an Env that knows the given files only.
func files(contents map[string][]byte) Env {
	return Env{Open: func(name string) (io.ReadCloser, error) {
		data, ok := contents[name]
		if !ok {
			return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

func mustAsk(t *testing.T, env Env, question string) Answer {
	t.Helper()
	q, err := Parse([]byte(question))
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	answer, err := Ask(t.Context(), q, env)
	if err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return answer
}

// formFile returns the form of a task as the NPZ file of a form of one's own.
func formFile(t *testing.T, task markov.Task) []byte {
	t.Helper()
	m, err := moment.Of(t.Context(), task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := m.At(task.Context())
	n := f.Dim()
	var H []float64
	for i := range n {
		for k := range n {
			H = append(H, f.H.At(i, k))
		}
	}
	var data bytes.Buffer
	w := npz.NewWriter(&data)
	for _, a := range []struct {
		name  string
		shape []int
		data  []float64
	}{{"H", []int{n, n}, H}, {"h", []int{n}, f.L}, {"c", nil, []float64{f.C}}, {"D", nil, []float64{float64(f.Q + 1)}}} {
		if err := w.Write(a.name, a.shape, a.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// The form of a task, given as a file, has the task's optimum and best transformer,
// with a certificate, a proof and a training run of its own.
func TestGivenForm(t *testing.T) {
	task, err := markov.NewTask(markov.Spec{D: 2})
	if err != nil {
		t.Fatal(err)
	}
	env := files(map[string][]byte{"form.npz": formFile(t, task)})
	want := mustAsk(t, env, `{"command":"optimum","d":2}`).(Results[OptimumAnswer])[0]
	got := mustAsk(t, env, `{"command":"optimum","form":"form.npz"}`).(Results[OptimumAnswer])[0]
	if !(math.Abs(got.Loss-want.Loss) < 1e-14) || got.Claim != moment.Exact && got.Claim != moment.Proven || !got.Task.Given() {
		t.Errorf("loss %v, claim %s; the task's is %v", got.Loss, got.Claim, want.Loss)
	}
	exact := mustAsk(t, env, `{"command":"optimum","form":"form.npz","exact":true}`).(Results[OptimumAnswer])[0]
	if !(math.Abs(exact.Loss-want.Loss) < 1e-14) || !strings.Contains(exact.LossExact, "/") {
		t.Errorf("in fractions %v, %s", exact.Loss, exact.LossExact)
	}
	best := mustAsk(t, env, `{"command":"recover","form":"form.npz","proof":true}`).(Results[RecoverAnswer])[0]
	if !(math.Abs(best.Loss-0.254605) < 1e-6) || !best.Certified || best.Proof == nil {
		t.Errorf("%+v", best)
	}
	// The certificate names no task, and holds about its own form.
	written, err := best.Files()
	if err != nil || len(written) != 1 {
		t.Fatal(written, err)
	}
	check := mustAsk(t, files(map[string][]byte{"c.npz": written[0].Data}), `{"command":"recover","verify":"c.npz"}`).(VerifyAnswer)
	if !check.Valid || check.Task != nil || !(check.ProvenBound > 0.2546) {
		t.Errorf("%+v", check)
	}
	trained := mustAsk(t, env, `{"command":"train","form":"form.npz","population":true,"optimizer":"lbfgs","heads":3,"steps":500}`).(TrainAnswer)
	if loss := trained.Seeds[0].LossPopulation; loss == nil || !(math.Abs(*loss-want.Loss) < 1e-6) {
		t.Errorf("three heads train to %v, want %v", loss, want.Loss)
	}
	for question, field := range map[string]string{
		`{"command":"optimum","form":"form.npz","d":2}`:                   "form",
		`{"command":"optimum","form":"nowhere.npz"}`:                      "form",
		`{"command":"optimum","form":"form.npz","floor":true}`:            "floor",
		`{"command":"optimum","prompt-file":"form.npz"}`:                  "prompt-file",
		`{"command":"trace","form":"form.npz","random":2}`:                "form",
		`{"command":"predict","simulate":true,"form":"form.npz"}`:         "form",
		`{"command":"predict","simulate":true,"average":true,"n":"1..3"}`: "average",
	} {
		q, err := Parse([]byte(question))
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		_, err = Ask(t.Context(), q, env)
		var bad *Error
		if !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: %v, want an error of %s", question, err, field)
		}
	}
}

// The optimum on average over n is the mean of the losses at one X, so that it is
// not below the mean of the optima.
func TestAverageOverContexts(t *testing.T) {
	averaged := mustAsk(t, Env{}, `{"command":"optimum","d":2,"n":"1..20","average":true}`).(Results[OptimumAnswer])
	if len(averaged) != 1 {
		t.Fatalf("%d answers", len(averaged))
	}
	each := mustAsk(t, Env{}, `{"command":"optimum","d":2,"n":"1..20"}`).(Results[OptimumAnswer])
	var mean, best float64
	for _, a := range each {
		best += a.Loss / float64(len(each))
		m, err := moment.Of(t.Context(), a.Task, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		mean += m.At(a.Task.Context()).Loss(averaged[0].X) / float64(len(each))
	}
	if !(math.Abs(mean-averaged[0].Loss) < 1e-13) || averaged[0].Loss < best {
		t.Errorf("the averaged optimum has %.15g, its X %.15g on average, the optima %.15g", averaged[0].Loss, mean, best)
	}
	// One value of n is that n.
	one := mustAsk(t, Env{}, `{"command":"optimum","d":2,"n":5,"average":true}`).(Results[OptimumAnswer])[0]
	if one.Loss != each[4].Loss {
		t.Errorf("n = 5 on average has %v, want %v", one.Loss, each[4].Loss)
	}
}

// Families are named by fields; the floor is had for each.
func TestFamilies(t *testing.T) {
	env := files(map[string][]byte{
		"k.json":  []byte(`{"kernels":[[[0.8,0.2],[0.3,0.7]],[[0.1,0.9],[0.6,0.4]]],"weights":[2,1]}`),
		"cov.csv": []byte("2,1\n1,1\n"),
	})
	for _, question := range []string{
		`{"command":"optimum","floor":true,"order":2,"d":2,"n":3}`,
		`{"command":"optimum","floor":true,"prior":"kernels:k.json","d":2,"n":2}`,
		`{"command":"optimum","floor":true,"prior":"kernels:k.json","d":1,"n":"inf"}`,
		`{"command":"optimum","floor":true,"family":"regression","covariance":"cov.csv","noise":0.5,"mean":1,"n":3}`,
		`{"command":"optimum","floor":true,"start":"stationary","d":1,"n":2}`,
	} {
		a := mustAsk(t, env, question).(Results[OptimumAnswer])[0]
		if a.FloorAnswer == nil || !(*a.Floor >= 0) || *a.Floor > a.Loss+1e-12 || *a.FloorGain < 0 || (*a.FloorClaim == moment.Exact) != (*a.FloorSE == 0 && !strings.Contains(question, "stationary")) {
			t.Errorf("%s: loss %v, floor %+v", question, a.Loss, a.FloorAnswer)
		}
	}
	e := mustAsk(t, env, `{"command":"predict","simulate":true,"evaluate":true,"family":"regression","noise":1,"prompts":500}`).(EvaluationAnswer)
	if e.Predictors[0].Name != "bayes" || e.Predictors[0].Accuracy != nil || e.Predictors[0].LogLoss != nil {
		t.Errorf("%+v", e.Predictors[0])
	}
	one := mustAsk(t, env, `{"command":"predict","simulate":true,"family":"regression","d":3,"n":8}`).(PredictionAnswer)
	if len(one.Query) != 3 || one.Context != 8 || one.Predictions[0].Name != "bayes" {
		t.Errorf("%+v", one)
	}
	for _, p := range one.Predictions { // without noise 8 pairs tell the weights
		exact := slices.Contains([]string{"bayes", "oracle", "linear", "linear-posterior"}, p.Name)
		if label, err := strconv.ParseFloat(one.Label, 64); err != nil || exact != (math.Abs(p.Expected-label) < 1e-9) || p.Distribution != nil || p.Mode != nil {
			t.Errorf("label %s: %+v (%v)", one.Label, p, err)
		}
	}
}
