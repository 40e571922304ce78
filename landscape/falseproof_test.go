package landscape_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

var draws = flag.Int("draws", 80, "tasks that TestNoFalseProof draws; more than 200 are larger ones, too, with searches that go on to their own ends, and 2000 take some tens of minutes")

// mostEvaluations is where the search for a certificate is ended of up to 200 tasks: the few
// in which it does not close would take longer than all others together. What is
// claimed then must be true as well.
const mostEvaluations = 200

// drawTask draws a task where floats are weakest: concentrated priors, starts
// near 0 and 1, one chain or very many. Large tasks take seconds each.
func drawTask(rng *rand.Rand, large bool) description {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	alpha := func() string {
		return pick("1/1000", "1/100", "1/10", "1/3", "1", "1", "2", "30", "100", "1000", "10000")
	}
	probability := func() string {
		return pick("1/1000000", "1/1000", "1/100", "1/3", "1/2", "9/10", "999/1000", "999999/1000000")
	}
	t := description{S: 2, d: 1 + rng.IntN(3), n: []int{1, 1000, 1_000_000, 0}[rng.IntN(4)], embedding: pick("index", "index", "sign", "onehot"), bias: rng.IntN(3) == 0}
	if rng.IntN(12) == 0 {
		t.S, t.d, t.embedding = 3, 1, pick("index", "onehot")
	}
	if t.d == 3 && (t.embedding == "onehot" || t.bias) {
		t.d = 2
	}
	if t.d == 2 && t.embedding == "onehot" && !large {
		t.d, t.bias = 1+rng.IntN(2), false
	}
	for range t.S {
		var row []string
		for range t.S {
			row = append(row, alpha())
		}
		t.alpha = append(t.alpha, row)
	}
	if rng.IntN(2) == 0 { // the same law for all rows
		for s := range t.alpha {
			t.alpha[s] = t.alpha[0]
		}
	}
	switch {
	case t.S == 3:
		t.iid([][]string{{"1/3", "1/3", "1/3"}, {"1/1000", "998/1000", "1/1000"}, {"0", "1/2", "1/2"}}[rng.IntN(3)]...)
	case rng.IntN(4) == 0:
		t.correlated(probability(), pick("0", "1/1000", "1/2", "1"), pick("0", "1/3", "999/1000", "1"))
	default:
		p := probability()
		t.iid(new(big.Rat).Sub(big.NewRat(1, 1), fraction(p)).RatString(), p)
	}
	return t
}

// answers holds what the packages under test say about a task.
type answers struct {
	optimum *landscape.Optimum
	*landscape.Recovery
	heads int
}

// ask recovers the best transformer of a task, and ends the search after so many
// evaluations if most is not 0.
func ask(t *testing.T, task description, settings landscape.Settings, most int) answers {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if most > 0 {
		evaluations := 0
		settings.Progress = func(_, _ float64) {
			if evaluations++; evaluations == most {
				cancel()
			}
		}
	}
	made, err := markov.NewTask(task.spec())
	if err != nil {
		t.Fatalf("%v: %v", &task, err)
	}
	moments, err := moment.Of(t.Context(), made, moment.Options{})
	if err != nil {
		t.Fatalf("%v: %v", &task, err)
	}
	form := moments.At(made.Context())
	o, err := landscape.Minimise(t.Context(), form)
	if err != nil {
		t.Fatalf("%v: %v", &task, err)
	}
	r, err := landscape.Recover(ctx, form, settings)
	if err != nil {
		t.Fatalf("%v, %+v: %v", &task, settings, err)
	}
	return answers{o, r, max(settings.Heads, 1)}
}

// parameters returns b [heads, D] and A [heads, D, q] of the recovered model.
func (a *answers) parameters() (b, A []float64) {
	for h := range a.Parameters.Heads {
		bh, Ah := a.Parameters.Head(0, h)
		b, A = append(b, bh...), append(A, Ah...)
	}
	return b, A
}

// bound returns the lower bound that is called proven, if there is one.
func (a *answers) bound() (float64, bool) { return a.LowerBound.Value, a.LowerBound.Proven() }

// violations says what of the answers is false.
func violations(o *oracle, a answers, starts int, rng *rand.Rand) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	digits := func(x *big.Rat) string { return x.FloatString(18) }
	below := func(x float64, y *big.Rat) bool { return new(big.Rat).SetFloat64(x).Cmp(y) <= 0 }
	form := o.form()
	floor, rank := form.minimum() // f~*
	b, A := a.parameters()
	own := o.loss(b, A)
	best := own
	if a.heads*o.D*o.q > 40 {
		starts = 1 // which takes as long
	}
	bs, As := o.multistart(form, a.heads, starts, rng)
	for _, m := range a.LocalMinima {
		bs, As = append(bs, m.B), append(As, m.A)
	}
	for i := range bs {
		if l := o.loss(bs[i], As[i]); l.Cmp(best) < 0 {
			best = l
		}
	}
	if a.heads >= o.D || a.Realisable == landscape.Realisable {
		best = floor // attained, or claimed to be
	}
	bound, proven := a.bound()
	if proven && !below(bound, best) {
		say("the bound %.17g is above the exact loss %s of a model", bound, digits(best))
	}
	if strings.Contains(a.LowerBound.Reason, "the proof is wrong") {
		say("withdrawn: %s", a.LowerBound.Reason)
	}
	value, _ := own.Float64()
	if l := a.LossBounds; l.Claim == moment.Numeric {
		if l.Upper() < math.Inf(1) {
			say("a loss without a claim has the bound %v", l.Upper())
		}
	} else if miss := new(big.Rat).Sub(own, new(big.Rat).SetFloat64(l.Value)); miss.Abs(miss).Cmp(new(big.Rat).SetFloat64(l.Error)) > 0 {
		say("the loss is %.17g +- %.3g (%s), the parameters have %s", l.Value, l.Error, l.Claim, digits(own))
	} else if a.Loss < value-1e-9*math.Abs(value) {
		say("the loss %.17g is understated, the parameters have %s", a.Loss, digits(own))
	}
	if a.Certified() {
		gap := new(big.Rat).Sub(own, new(big.Rat).SetFloat64(bound))
		if !proven || gap.Cmp(new(big.Rat).Mul(own, big.NewRat(1, 1_000_000))) > 0 {
			say("certified with the bound %.17g (proven: %v) and the exact loss %s", bound, proven, digits(own))
		}
	}
	least, _ := floor.Float64()
	// D heads attain any point, whatever the parameters at hand.
	if a.Realisable == landscape.Realisable && a.heads < o.D && value > least*(1+1e-6) {
		say("realisable, with the loss %s where the optimum is %s", digits(own), digits(floor))
	}
	if a.Realisable == landscape.NotRealisable && a.heads >= o.D {
		say("not realisable, with %d heads for D = %d", a.heads, o.D)
	}
	out = append(out, optimumViolations(a.optimum, floor, rank)...)
	if a.LossEnlarged != a.optimum.Loss || a.Enlarged.Rank != a.optimum.Rank || a.Enlarged.Claim != a.optimum.Claim {
		say("two answers about the same optimum: %.17g and %.17g", a.LossEnlarged, a.optimum.Loss)
	}
	if len(form.h) == 3 && a.heads == 1 {
		if realisable, unique := form.discriminant(); unique && (a.Realisable == landscape.Realisable && !realisable || a.Realisable == landscape.NotRealisable && realisable) {
			say("realisable: %v, in fractions %v", a.Realisable, realisable)
		}
	}
	return out
}

// optimumViolations says what is false of the enlarged optimum, whose exact loss
// and rank are given.
func optimumViolations(o *landscape.Optimum, floor *big.Rat, rank int) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	digits, f := floor.FloatString(18), new(big.Rat).SetFloat64(o.Loss)
	if o.Bound.Proven() && new(big.Rat).SetFloat64(o.Bound.Value).Cmp(floor) > 0 {
		say("the enlarged optimum's bound %.17g is above it, %s", o.Bound.Value, digits)
	}
	switch o.Claim {
	case moment.Exact:
		if nearest, _ := floor.Float64(); o.Loss != nearest || o.Rank != rank || o.Unique != (rank == o.Dimension) {
			say("called exact: optimum %.17g, rank %d, unique %v; it is %s, rank %d", o.Loss, o.Rank, o.Unique, digits, rank)
		}
	case moment.Proven:
		if miss := f.Sub(f, floor); miss.Abs(miss).Cmp(new(big.Rat).SetFloat64(o.LossError)) > 0 {
			say("called proven: optimum %.17g +- %.3g; it is %s", o.Loss, o.LossError, digits)
		}
	}
	return out
}

// discriminant says for three enlarged parameters (xx, xy, yy) whether the
// minimiser is a transformer, X_xy^2 >= 4 X_xx X_yy, and whether it is unique.
func (f exactForm) discriminant() (realisable, unique bool) {
	det := func(c [3][3]*big.Int) *big.Int {
		sum := new(big.Int)
		for i, sign := range []int64{1, -1, 1} {
			j, k := (i+1)%3, (i+2)%3
			if j > k {
				j, k = k, j
			}
			minor := new(big.Int).Mul(c[1][j], c[2][k])
			minor.Sub(minor, new(big.Int).Mul(c[1][k], c[2][j]))
			sum.Add(sum, minor.Mul(minor, new(big.Int).Mul(c[0][i], big.NewInt(sign))))
		}
		return sum
	}
	var X [3]*big.Int // times the determinant
	for column := range 4 {
		var c [3][3]*big.Int
		for i := range 3 {
			for k := range 3 {
				if c[i][k] = f.H[i][k]; k == column {
					c[i][k] = f.h[i]
				}
			}
		}
		if column < 3 {
			X[column] = det(c)
		} else if det(c).Sign() == 0 {
			return false, false
		}
	}
	d := new(big.Int).Mul(X[1], X[1])
	d.Sub(d, new(big.Int).Mul(big.NewInt(4), new(big.Int).Mul(X[0], X[2])))
	return d.Sign() >= 0, true
}

// TestNoFalseProof draws tasks where floats are weakest and holds everything
// that is called proven, exact or certified against exact fractions, computed by
// code that shares nothing with the library (oracle_test.go).
func TestNoFalseProof(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 1))
	certified, proven, draws := 0, 0, *draws
	if testing.Short() {
		draws = min(draws, 20)
	}
	for i := range draws {
		task := drawTask(rng, draws > 200)
		o := newOracle(task)
		settings := landscape.Settings{Seed: uint64(i + 1), Starts: 8, Boxes: 100}
		if rng.IntN(2) == 0 {
			settings.Heads = 1 + rng.IntN(o.D)
		}
		// Level 1 is slow for many features; less than 0 never tries it.
		if settings.Level = -1; task.d <= 2 && (task.S == 2 || draws > 200) && settings.Heads <= 1 && rng.IntN(2) == 0 {
			settings.Level = rng.IntN(2)
		}
		most := mostEvaluations
		if draws > 200 {
			most = 0
		}
		a := ask(t, task, settings, most)
		for _, v := range violations(o, a, 4, rng) {
			t.Errorf("draw %d, %v, heads %d, level %d: %s", i, &task, a.heads, settings.Level, v)
		}
		if a.Certified() {
			certified++
		}
		if _, ok := a.bound(); ok {
			proven++
		}
	}
	t.Logf("%d tasks: %d with a proven bound, %d certified", draws, proven, certified)
	if certified < draws/10 || proven < draws/2 {
		t.Errorf("only %d of %d certified, %d with a bound: the test attacks nothing", certified, draws, proven)
	}
}

// Sampled moments certify nothing, however small their standard error.
func TestNoFalseProofSampled(t *testing.T) {
	made, err := markov.NewTask(markov.Spec{States: 3, D: 1, N: "100", Start: "stationary"})
	if err != nil {
		t.Fatal(err)
	}
	moments, err := moment.Of(t.Context(), made, moment.Options{Points: 256})
	if err != nil {
		t.Fatal(err)
	}
	r, err := landscape.Recover(t.Context(), moments.At(made.Context()), landscape.Settings{Starts: 8, Level: -1, Boxes: -1})
	if err != nil {
		t.Fatal(err)
	}
	if r.LowerBound.Proven() || r.Certified() || r.LossBounds.Claim != moment.Numeric || r.Enlarged.Claim != moment.Numeric || r.Realisable != landscape.Undecided {
		t.Errorf("bound %+v, certified %v, loss %+v, optimum %s, realisable %v", r.LowerBound, r.Certified(), r.LossBounds, r.Enlarged.Claim, r.Realisable)
	}
	if !r.StoredBound.Proven() || r.StoredBound.Value > r.Loss {
		t.Errorf("about the sampled form itself: %+v, loss %v", r.StoredBound, r.Loss)
	}
}

// Cases in which bounds were false once, with their right values.
func TestNoFalseProofNamed(t *testing.T) {
	beta := func(a, b, n string, embedding string) description {
		task := description{S: 2, d: 3, alpha: [][]string{{b, a}, {b, a}}, embedding: embedding}
		if n != "inf" {
			fmt.Sscan(n, &task.n)
		}
		task.iid("1/2", "1/2")
		return task
	}
	near := beta("1000", "1", "inf", "index")
	near.iid("99/100", "1/100")
	rng := rand.New(rand.NewPCG(13, 2))
	for _, c := range []struct {
		task    description
		heads   int
		optimum float64
	}{
		{beta("100", "1", "inf", "index"), 1, 0.0140081625},
		{beta("100", "1", "inf", "index"), 4, 0.0140081625},
		{beta("1000", "1", "inf", "index"), 4, 0.00144931057},
		{beta("1000", "1", "1000", "index"), 4, 0.0014759204},
		{near, 1, 0.00134081},
		{beta("1", "100", "inf", "sign"), 1, 0},
	} {
		o := newOracle(c.task)
		a := ask(t, c.task, landscape.Settings{Heads: c.heads, Starts: 12}, 0)
		for _, v := range violations(o, a, 8, rng) {
			t.Errorf("%v, heads %d: %s", &c.task, c.heads, v)
		}
		if c.optimum > 0 && math.Abs(a.LossEnlarged-c.optimum) > 6e-9 {
			t.Errorf("%v: the optimum is %.12g, want %.9g", &c.task, a.LossEnlarged, c.optimum)
		}
	}
}
