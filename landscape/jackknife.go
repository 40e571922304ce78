package landscape

import (
	"context"
	"math"

	"markovicl/markov"
	"markovicl/moment"
)

// OptimumErrors are the standard errors of the numbers of an Optimum that comes
// from moments by quasi-Monte Carlo.
type OptimumErrors struct {
	X          []float64 `json:"x"` // [qm]
	Loss       float64   `json:"loss"`
	LabelPower float64   `json:"label_power"` // c
	LambdaMax  float64   `json:"lambda_max"`
	LambdaMin  float64   `json:"lambda_min"`
	Condition  float64   `json:"condition"`
}

// StandardErrors returns the standard errors of the optimum with n in-context
// chains by the jackknife: the optimum is found once more without each of the R
// independent shifts, and the variance of each number is (R-1)/R times the sum
// of its squared deviations. It returns nil for moments that are not random.
func StandardErrors(ctx context.Context, m *moment.Moments, n markov.Context) (*OptimumErrors, error) {
	R := m.Rule().Replicates
	if R == 0 {
		return nil, nil
	}
	var mean, square []float64
	for r := range R {
		f := m.LeaveOut(r, n)
		o, err := Minimise(ctx, f)
		if err != nil {
			return nil, err
		}
		numbers := append([]float64{o.Loss, f.C, o.LambdaMax, o.LambdaMin, o.Condition}, o.X...)
		if mean == nil {
			mean, square = make([]float64, len(numbers)), make([]float64, len(numbers))
		}
		for i, x := range numbers { // Welford's update
			d := x - mean[i]
			mean[i] += d / float64(r+1)
			square[i] += d * (x - mean[i])
		}
	}
	for i := range square {
		square[i] = math.Sqrt(float64(R-1) / float64(R) * square[i])
	}
	return &OptimumErrors{
		Loss: square[0], LabelPower: square[1], LambdaMax: square[2], LambdaMin: square[3], Condition: square[4],
		X: square[5:],
	}, nil
}
