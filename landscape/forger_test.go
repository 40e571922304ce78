package landscape_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"markovicl/certificate"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// A forger has a valid certificate for a task and wants a higher bound accepted
// for it. All numbers of the file are the forger's, as long as the file is
// accepted: H, h and c may be moved by as much as their comparison with the task's
// tolerates, in the direction that raises the loss of the best model most, W and l
// are then those of the moved form.

// moves are directions in which the forger moves H, h and c: the worst for the
// best model, each part of it alone, and some at random.
var moves = []struct {
	name    string
	H, h, c float64 // in units of the tolerance
	random  bool
}{
	{"nothing", 0, 0, 0, false},
	{"all, worst direction", 1, 1, 1, false},
	{"H", 1, 0, 0, false},
	{"h", 0, 1, 0, false},
	{"c", 0, 0, 1, false},
	{"all, at random", 1, 1, 1, true},
	{"all, far beyond", 1e4, 1e4, 1e4, false},
}

// tolerated is how far entries of a file may be from the task's, relative to the
// largest; a little less is what the forger takes.
const tolerated = 0.99e-14

// moved returns the form with its numbers moved in the direction that raises the
// loss at X. If together, equal numbers stay equal, so that features that depend
// on each other still do.
func moved(form *moment.Form, X []float64, H, h, c float64, together bool, random *rand.Rand) *moment.Form {
	n := form.Dim()
	out := &moment.Form{Q: form.Q, H: mat.NewSymDense(n, nil), L: make([]float64, n), C: form.C * (1 + c*tolerated)}
	sizeH, sizeL := 0.0, 0.0
	ofH, ofL := make(map[float64]float64), make(map[float64]float64) // what X makes of equal numbers
	for i := range n {
		sizeL = max(sizeL, math.Abs(form.L[i]))
		ofL[form.L[i]] += X[i]
		for k := range n {
			sizeH = max(sizeH, math.Abs(form.H.At(i, k)))
			ofH[form.H.At(i, k)] += X[i] * X[k]
		}
	}
	sign := func(x float64) float64 {
		if random != nil {
			return float64(2*random.IntN(2) - 1)
		}
		return math.Copysign(1, x)
	}
	for i := range n {
		direction := X[i]
		if together {
			direction = ofL[form.L[i]]
		}
		out.L[i] = form.L[i] - h*tolerated*sizeL*sign(direction)
		for k := i; k < n; k++ {
			direction := X[i] * X[k]
			if together {
				direction = ofH[form.H.At(i, k)]
			}
			out.H.SetSym(i, k, form.H.At(i, k)+H*tolerated*sizeH*sign(direction))
		}
	}
	return out
}

// forged returns the largest bound that the check of a file accepts for a task,
// of many above low, an honest one, and above high, the optimum; and the largest
// that it says to have proven; -Inf if it accepts none.
func forged(t *testing.T, c certificate.Certificate, task *moment.Form, low, high float64) (accepted, proven float64) {
	t.Helper()
	accepted, proven = math.Inf(-1), math.Inf(-1)
	var file bytes.Buffer
	if err := c.Encode(&file); err != nil {
		t.Fatal(err)
	}
	read, err := certificate.DecodeCertificate(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		return accepted, proven
	}
	try := func(l float64) bool {
		read.Lower = l
		check, err := read.CheckTask(t.Context(), task)
		if err != nil || check.About != "the task" || !check.Bound.Proven() {
			return false
		}
		accepted, proven = max(accepted, l), max(proven, check.Bound.Value)
		return true
	}
	if !try(low) {
		return accepted, proven
	}
	// What the check itself says, and steps above it and above the optimum.
	for _, from := range []float64{proven, high} {
		try(from)
		for size := 0x1p-52; size < 1e-3; size *= 64 {
			try(from + size*math.Abs(from))
		}
	}
	return accepted, proven
}

// forgeries are tasks with certificates at level 0 and 1.
func forgeries() (tasks []description, levels []int) {
	add := func(level, d, n int, embedding string, bias bool, a, b, p string) {
		t := description{S: 2, d: d, n: n, alpha: [][]string{{b, a}, {b, a}}, embedding: embedding, bias: bias}
		t.iid(new(big.Rat).Sub(big.NewRat(1, 1), fraction(p)).RatString(), p)
		tasks, levels = append(tasks, t), append(levels, level)
	}
	add(0, 2, 10_000, "index", false, "30", "1", "1/100") // a bound of 0.05950091761 was accepted once
	add(0, 2, 10, "index", false, "1", "1", "1/2")
	add(0, 3, 10, "index", false, "1", "1", "1/2")
	add(0, 2, 1000, "index", false, "1/10", "3", "9/10")
	add(0, 1, 5, "index", false, "1", "1", "1/2")
	add(1, 1, 10, "index", true, "1", "1", "1/2")
	add(1, 2, 10, "index", true, "1", "1", "1/2")
	add(1, 1, 10, "sign", true, "30", "1", "1/100")
	add(1, 2, 3, "sign", false, "1", "1", "1/2")
	return tasks, levels
}

// No file that the check accepts for a task has a bound above the exact loss of a
// model, whatever it tolerates.
func TestForger(t *testing.T) {
	tasks, levels := forgeries()
	rng := rand.New(rand.NewPCG(13, 3))
	honest := 0
	for i, description := range tasks {
		level := levels[i]
		name := fmt.Sprintf("%v, level %d", &description, level)
		o := newOracle(description)
		made, err := markov.NewTask(description.spec())
		if err != nil {
			t.Fatal(err)
		}
		moments, err := moment.Of(t.Context(), made, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		task := moments.At(made.Context())
		settings := landscape.Settings{Level: level, Boxes: -1}
		r, err := landscape.Recover(t.Context(), task, settings)
		if err != nil {
			t.Fatal(err)
		}
		if r.Certificate == nil || r.Certificate.Level() != level {
			t.Errorf("%s: no certificate of this level to forge", name)
			continue
		}
		// The exact optimum is not above the exact loss of the best model at hand.
		b, A := r.Parameters.Head(0, 0)
		best := o.loss(b, A)
		bs, As := o.multistart(o.form(), 1, 10, rng)
		for k := range bs {
			if l := o.loss(bs[k], As[k]); l.Cmp(best) < 0 {
				best, b, A = l, bs[k], As[k]
			}
		}
		X := landscape.Phi(b, A)
		for _, move := range moves {
			var random *rand.Rand
			if move.random {
				random = rng
			}
			form := moved(task, X, move.H, move.h, move.c, level == 1, random)
			certificates := map[string]*certificate.Certificate{"the honest W": {Lower: r.Certificate.Lower, W: r.Certificate.W, Form: form, Multiplier: r.Certificate.Multiplier}}
			if move.H < 2 { // a W of the moved form itself
				if other, err := landscape.Recover(t.Context(), form, settings); err == nil && other.Certificate != nil {
					certificates["a W of the moved form"] = &certificate.Certificate{Lower: other.Certificate.Lower, W: other.Certificate.W, Form: form, Multiplier: other.Certificate.Multiplier}
				}
			}
			for kind, c := range certificates {
				value, _ := best.Float64()
				accepted, proven := forged(t, *c, task, r.Certificate.Lower-1e-6*value, value)
				for _, bound := range []float64{accepted, proven} {
					if !math.IsInf(bound, -1) && new(big.Rat).SetFloat64(bound).Cmp(best) > 0 {
						t.Errorf("%s: %s moved, %s: a bound of %.17g is accepted, a model has %s", name, move.name, kind, bound, best.FloatString(18))
					}
				}
				if move.H > 1 && !math.IsInf(accepted, -1) {
					t.Errorf("%s: a form far from the task's is accepted", name)
				}
				if move.name == "nothing" && !math.IsInf(accepted, -1) {
					honest++
				}
			}
		}
	}
	if honest < len(tasks) {
		t.Errorf("%d honest files for %d tasks are accepted: the test attacks nothing", honest, len(tasks))
	}
}
