package markov

import "math"

// nearTie is the distance from the middle of two labels up to which a prediction
// counts as a tie, so that rounding does not choose the state.
const nearTie = 1e-9

// Nearest returns the state that a prediction of the label's embedding names: the one
// whose label is nearest, and of two that are equally near, up to 1e-9 of the distance
// between labels, the lower. Accuracy is how often it is right, for every predictor and
// model.
func (t Task) Nearest(prediction float64) State {
	low, step := t.Embedding().Label(0), t.Embedding().Label(1)-t.Embedding().Label(0)
	k := math.Ceil((prediction-low)/step - 0.5 - nearTie)
	return State(min(max(k, 0), float64(t.States()-1)))
}
