package ask

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"markovicl/hardness"
)

// Hardness asks whether two sets of points are bilinearly separable, by way of a
// bilinear program in transformer-shaped variables (paper, Theorem 3.5). Its answer
// is a HardnessAnswer. With Matrix and Weights it asks instead for weighted rank-one
// approximation by way of the best transformer of a form; the answer is a
// RankOneAnswer.
type Hardness struct {
	Inside  string `placeholder:"A.csv" help:"Points that both planes keep, one a line, coordinates separated by commas."`
	Outside string `placeholder:"B.csv" help:"Points of which each must be cut off by at least one plane."`
	Decide  bool   `help:"Stop as soon as it is known whether the points are separable, without proving a positive minimum."`
	Nodes   int    `default:"200000" help:"Budget of linear programs while branching."`
	Matrix  string `placeholder:"M.csv" help:"Weighted rank-one approximation of this matrix instead, by way of the best transformer of a form."`
	Weights string `placeholder:"W.csv" help:"The weights of its entries, not negative."`
	Lambda  string `placeholder:"X" help:"Weight of the gauge in the form; by default one that keeps the two minima within a thousandth of the power."`
	Starts  int    `default:"100" help:"Random starts of the searches for a rank-one approximation and a transformer."`
	Seed    uint64 `default:"1" help:"Seed of the random starts."`
}

// Command implements Question.
func (*Hardness) Command() string { return "hardness" }

// HardnessAnswer is the answer to the question, and the proof. A number is null where it is not
// proved.
type HardnessAnswer struct {
	Separable    hardness.Answer `json:"separable"`
	Minimum      *float64        `json:"minimum"`
	MinimumExact *big.Rat        `json:"minimum_exact"`
	LowerBound   *float64        `json:"lower_bound"`
	UpperBound   *float64        `json:"upper_bound"`
	Planes       []Plane         `json:"planes" jsonschema:"nullable"`
	Program      hardness.Sizes  `json:"program"`
	Status       hardness.Status `json:"status"`
	Nodes        int             `json:"nodes"`

	separation hardness.Separation
	decision   hardness.Decision
}

// Plane is {x : w'x = gamma}. The numbers are exact as they stand, and
// pass the check as they stand; if no float64 values do (points whose
// coordinates differ by many orders of magnitude), they are rounded or null and
// the exact fractions come with them.
type Plane struct {
	W          []*float64 `json:"w"`
	Gamma      *float64   `json:"gamma"`
	WExact     []*big.Rat `json:"w_exact,omitempty"`
	GammaExact *big.Rat   `json:"gamma_exact,omitempty"`
}

func newPlane(p hardness.Plane) Plane {
	plane := Plane{W: make([]*float64, len(p.W)), Gamma: finite(p.Gamma)}
	_, exact := p.Gamma.Float64()
	for j, w := range p.W {
		plane.W[j] = finite(w)
		_, ok := w.Float64()
		exact = exact && ok
	}
	if !exact {
		plane.WExact, plane.GammaExact = p.W, p.Gamma
	}
	return plane
}

// finite rounds to float64; nil is unknown or too large.
func finite(x *big.Rat) *float64 {
	if x == nil {
		return nil
	}
	f, _ := x.Float64()
	if math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func (q *Hardness) ask(ctx context.Context, env Env) (Answer, error) {
	points, rankOne := q.Inside != "" || q.Outside != "", q.Matrix != "" || q.Weights != ""
	switch {
	case points && rankOne:
		return nil, inputf("matrix", "`matrix` and `weights` are another question than `inside` and `outside`; ask one at a time")
	case rankOne && q.Matrix == "":
		return nil, inputf("matrix", "give `matrix` beside `weights`")
	case rankOne && q.Weights == "":
		return nil, inputf("weights", "give `weights` beside `matrix`")
	case !rankOne && q.Inside == "":
		return nil, inputf("inside", "give the points, `inside` and `outside`, or `matrix` and `weights`")
	case !rankOne && q.Outside == "":
		return nil, inputf("outside", "give `outside` beside `inside`")
	case !rankOne && q.Lambda != "":
		return nil, inputf("lambda", "`lambda` is for `matrix`")
	case q.Starts < 1:
		return nil, inputf("starts", "`starts` must be at least 1, got %d", q.Starts)
	case rankOne:
		if err := idle(q, "rank-one approximation", "decide", "nodes"); err != nil {
			return nil, err
		}
		return q.rankOne(ctx, env)
	}
	if err := idle(q, "the separability of points", "starts", "seed"); err != nil {
		return nil, err
	}
	if q.Nodes < 1 {
		return nil, inputf("nodes", "`nodes` must be at least 1, got %d", q.Nodes)
	}
	s, err := q.separation(env)
	if err != nil {
		return nil, err
	}
	settings := hardness.Settings{Nodes: q.Nodes}
	if q.Decide {
		settings.Target = new(big.Rat)
	}
	d, err := hardness.Decide(ctx, s, settings)
	if err != nil {
		return nil, err
	}
	answer := newHardnessAnswer(s, d)
	if d.Separable == hardness.Undecided {
		return answer, fmt.Errorf("not decided (%v after %d nodes); `decide` or a larger `nodes` may help", d.Result.Status, d.Result.Nodes)
	}
	return answer, nil
}

// separation reads the two sets of points.
func (q *Hardness) separation(env Env) (s hardness.Separation, err error) {
	inside, err := env.read("inside", q.Inside)
	if err != nil {
		return s, err
	}
	outside, err := env.read("outside", q.Outside)
	if err != nil {
		return s, err
	}
	s, err = hardness.ParseSeparation(q.Inside, inside, q.Outside, outside)
	return s, input("", err)
}

// Separation returns the points and Decision the decision, both in exact numbers.
func (a *HardnessAnswer) Separation() hardness.Separation { return a.separation }

// Decision returns the decision in exact numbers.
func (a *HardnessAnswer) Decision() hardness.Decision { return a.decision }

// Files returns program.json, the bilinear program with exact numbers.
func (a *HardnessAnswer) Files() ([]File, error) {
	program, _ := hardness.Reduce(a.separation)
	text, err := program.MarshalJSON()
	return []File{{"program.json", append(text, '\n')}}, err
}

func newHardnessAnswer(s hardness.Separation, d hardness.Decision) HardnessAnswer {
	answer := HardnessAnswer{
		Separable: d.Separable, Program: d.Program, Status: d.Result.Status, Nodes: d.Result.Nodes,
		Minimum: finite(d.Result.Minimum()), MinimumExact: d.Result.Minimum(),
		LowerBound: finite(d.Result.Lower), UpperBound: finite(d.Result.Upper),
		separation: s, decision: d,
	}
	if d.Planes != nil {
		for _, p := range d.Planes {
			answer.Planes = append(answer.Planes, newPlane(p))
		}
	}
	return answer
}
