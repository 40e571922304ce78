package ask

import (
	"context"
	"fmt"
	"math"
	"math/big"

	"markovicl/hardness"
	"markovicl/markov"
	"markovicl/moment"
)

// RankOneAnswer is the answer about weighted rank-one approximation and the best
// transformer that it reduces to.
type RankOneAnswer struct {
	RankOne RankOne     `json:"rank_one"`
	Form    RankOneForm `json:"form"`
}

// RankOne is the instance: minimise sum_ij W_ij (M_ij - u_i v_j)^2.
type RankOne struct {
	Rows       int          `json:"rows"`
	Columns    int          `json:"columns"`
	Power      float64      `json:"power"` // sum_ij W_ij M_ij^2, the value at 0
	Value      float64      `json:"value"` // the least that was found, exact for u and v up to rounding up
	U          []float64    `json:"u"`
	V          []float64    `json:"v"`
	LowerBound *float64     `json:"lower_bound"` // null where nothing is proven: instances with more than three rows and columns
	Claim      moment.Claim `json:"claim"`       // about lower_bound
}

// RankOneForm is the transformer's side.
type RankOneForm struct {
	Value  float64     `json:"value"`  // loss of the best transformer found, in exact arithmetic up to rounding up
	Lambda string      `json:"lambda"` // weight of the gauge, a fraction
	Q      int         `json:"q"`
	D      int         `json:"D"`
	Within *float64    `json:"within"` // the instance's minimum is not above this, by the transformer alone; null where lambda is too small to tell
	B      []float64   `json:"b"`
	A      [][]float64 `json:"A"`
	// The solution that the transformer maps back to.
	U         []float64 `json:"u"`
	V         []float64 `json:"v"`
	BackValue float64   `json:"back_value"`
}

func (q *Hardness) rankOne(ctx context.Context, env Env) (Answer, error) {
	p, err := q.instance(env)
	if err != nil {
		return nil, err
	}
	lambda, err := q.lambda(p)
	if err != nil {
		return nil, err
	}
	if err := p.Searchable(lambda); err != nil {
		return nil, input("matrix", err)
	}
	form, err := p.Reduce(lambda)
	if err != nil {
		return nil, input("lambda", err)
	}
	env.progress("rank-one approximation", 0, 2)
	best := p.Alternate(ctx, q.Starts, q.Seed)
	const gap, boxes = 1e-4, 400_000
	bounded := p.Bound(ctx, best, gap, boxes)
	env.progress("best transformer", 1, 2)
	transformer := form.Search(ctx, q.Starts, q.Seed)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, columns := p.Shape()
	answer := RankOneAnswer{
		RankOne: RankOne{Rows: rows, Columns: columns, Power: markov.Float(p.Power()), Value: best.Value, U: best.U, V: best.V, Claim: moment.Numeric},
		Form:    RankOneForm{Value: transformer.Loss, Lambda: lambda.RatString(), Q: form.D - 1, D: form.D, B: transformer.B, A: rowsOf(transformer.A, form.D)},
	}
	if min(rows, columns) <= hardness.BoundedRows {
		answer.RankOne.LowerBound, answer.RankOne.Claim = &bounded.Lower, moment.Proven
	}
	if within := form.Within(transformer.Loss); !math.IsInf(within, 0) {
		answer.Form.Within = &within
	}
	answer.Form.U, answer.Form.V = form.Solution(transformer.B, transformer.A)
	back, err := p.Value(answer.Form.U, answer.Form.V)
	if err != nil {
		return nil, err
	}
	answer.Form.BackValue = markov.Float(back)
	return answer, nil
}

// instance reads the matrix and the weights.
func (q *Hardness) instance(env Env) (hardness.RankOne, error) {
	matrix, err := env.read("matrix", q.Matrix)
	if err != nil {
		return hardness.RankOne{}, err
	}
	weights, err := env.read("weights", q.Weights)
	if err != nil {
		return hardness.RankOne{}, err
	}
	p, err := hardness.ParseRankOne(q.Matrix, matrix, q.Weights, weights)
	return p, input("", err)
}

// lambda is the weight of the gauge: as given, or so large that the minimum of the
// instance and the infimum of the form differ by a thousandth of the power at most.
func (q *Hardness) lambda(p hardness.RankOne) (*big.Rat, error) {
	if q.Lambda != "" {
		lambda, err := markov.ParseRat(q.Lambda)
		if err == nil && lambda.Sign() <= 0 {
			err = fmt.Errorf("lambda must be > 0, got %s", q.Lambda)
		}
		return lambda, input("lambda", err)
	}
	power := p.Power()
	if power.Sign() == 0 {
		return big.NewRat(1, 1), nil
	}
	return p.Lambda(power.Mul(power, big.NewRat(1, 1000)))
}
