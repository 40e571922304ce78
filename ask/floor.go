package ask

import (
	"context"
	"fmt"
	"math"

	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// FloorAnswer is the floor of every depth: no linear self-attention, structured or
// dense, of any number of layers and heads, has a smaller loss. Where it is not
// computed all is null.
type FloorAnswer struct {
	Floor      *float64      `json:"floor"`
	FloorSE    *float64      `json:"floor_se"`   // 0 where the floor is a sum
	FloorGain  *float64      `json:"floor_gain"` // (loss - floor)/loss: what depth and heads can gain at most
	FloorClaim *moment.Claim `json:"floor_claim"`
	FloorExact string        `json:"floor_exact,omitempty"`
}

// floorOf computes the floor of a task whose loss is form with optimum o, and the gain
// over the given loss. Contexts are drawn where the floor is no sum.
func floorOf(ctx context.Context, env Env, task markov.Task, form *moment.Form, o *landscape.Optimum, loss float64, contexts int, seed uint64) (*FloorAnswer, error) {
	floor, err := floorAt(ctx, task, form, o, contexts, seed, func(done int) { env.progress("floor", done, contexts) })
	if err != nil {
		return nil, err
	}
	return newFloorAnswer(floor, loss), nil
}

func floorAt(ctx context.Context, task markov.Task, form *moment.Form, o *landscape.Optimum, contexts int, seed uint64, progress func(done int)) (landscape.Floor, error) {
	source, err := moment.NewContexts(task, seed)
	if err != nil {
		return landscape.Floor{}, err
	}
	return landscape.FloorOf(ctx, source, form, o, landscape.FloorSettings{Contexts: contexts, Progress: progress})
}

// leastContexts is how many contexts are drawn at each n of an average at least.
const leastContexts = 20

// floor is floorOf for the task of the forms, which may be an average over n: the mean
// of the floors at each n, to which the contexts are shared out.
func (s *forms) floor(ctx context.Context, env Env, task markov.Task, form *moment.Form, o *landscape.Optimum, loss float64, contexts int, seed uint64) (*FloorAnswer, error) {
	if s.averaged == nil {
		floor, err := floorOf(ctx, env, task, form, o, loss, contexts, seed)
		if err != nil || *floor.FloorSE == 0 || s.moments == nil {
			return floor, err
		}
		errs, err := s.standardErrors(ctx, task.Context())
		if errs != nil { // the optimum beside which contexts are drawn is sampled, too
			*floor.FloorSE = math.Hypot(*floor.FloorSE, errs.Loss)
		}
		return floor, err
	}
	var floors []landscape.Floor
	share := max(leastContexts, contexts/len(s.averaged))
	for i, n := range s.averaged {
		at := s.moments.At(n)
		here := &landscape.Optimum{X: o.X, Loss: at.Loss(o.X)}
		floor, err := floorAt(ctx, task.WithContext(n), at, here, share, seed+uint64(i), nil)
		if err != nil {
			return nil, fmt.Errorf("at n = %s: %w", n, err)
		}
		floors = append(floors, floor)
		env.progress("floor", i+1, len(s.averaged))
	}
	return newFloorAnswer(landscape.MeanFloor(floors), loss), nil
}

func newFloorAnswer(floor landscape.Floor, loss float64) *FloorAnswer {
	gain := floor.Gain(loss)
	return &FloorAnswer{Floor: &floor.Value, FloorSE: &floor.SE, FloorGain: &gain, FloorClaim: &floor.Claim, FloorExact: exactText(floor)}
}

func exactText(f landscape.Floor) string {
	if f.Exact == nil {
		return ""
	}
	return f.Exact.RatString()
}

// contextsBeside returns how many contexts are drawn for a floor that nobody asked
// for: a matter of a second or two. The posterior of stationary starts is an
// integral for each.
func contextsBeside(task markov.Task) int {
	if task.Regression() == nil && task.Prior().Mixture() == nil && task.Start().Kind() == markov.StationaryStart {
		return 100
	}
	return landscape.DefaultContexts
}
