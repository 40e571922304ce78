package hardness

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// ScalingSettings choose the instances of a scaling study. The zero value is a study of about a minute.
type ScalingSettings struct {
	Sizes     []int // points on each side; nil: 4, 6, .., 16
	Dim       int   // dimension of the points; 0: 3
	Instances int   // for each size, separable and inseparable; 0: 5
	Nodes     int   // budget of one Solve; 0: 5000
	Seed      uint64
}

// ScalingRow is one instance. All its values are reproducible.
type ScalingRow struct {
	Size      int    `json:"size"`
	Instance  int    `json:"instance"`
	Separable Answer `json:"separable"` // by construction
	D         int    `json:"d"`
	Variables int    `json:"variables"`
	// Decision is the run that only asks whether the minimum is 0, Minimum the one that proves its value; the two differ for
	// inseparable instances. A run that spent its budget has the status "node limit".
	Decision ScalingRun `json:"decision"`
	Minimum  ScalingRun `json:"minimum"`
	Oracle   int        `json:"oracle_nodes"`
}

// ScalingRun is one Solve.
type ScalingRun struct {
	Status Status  `json:"status"`
	Nodes  int     `json:"nodes"`
	Pivots int     `json:"pivots"`
	Lower  float64 `json:"lower"`
	Upper  float64 `json:"upper"`
}

// ScalingSeconds are the wall-clock times that go with a row; they are kept apart because no two runs agree on them.
type ScalingSeconds struct {
	Decision, Minimum, Oracle float64
}

// ScalingStudy solves random instances of growing size, separable and inseparable by construction, and counts the work. Instance i of a
// size depends on the seed, the size and i only. If the context ends, the rows finished so far are returned with its error.
func ScalingStudy(ctx context.Context, settings ScalingSettings) ([]ScalingRow, []ScalingSeconds, error) {
	if settings.Sizes == nil {
		settings.Sizes = []int{4, 6, 8, 10, 12, 14, 16}
	}
	if settings.Dim == 0 {
		settings.Dim = 3
	}
	if settings.Instances == 0 {
		settings.Instances = 5
	}
	if settings.Nodes == 0 {
		settings.Nodes = 5000
	}
	if settings.Dim < 1 || settings.Instances < 1 || settings.Nodes < 1 {
		return nil, nil, fmt.Errorf("scaling study: dimension %d, instances %d and nodes %d must all be at least 1", settings.Dim, settings.Instances, settings.Nodes)
	}
	var rows []ScalingRow
	var seconds []ScalingSeconds
	for _, size := range settings.Sizes {
		if size < 2 {
			return nil, nil, fmt.Errorf("scaling study: a size must be at least 2, got %d", size)
		}
		for _, separable := range []Answer{Yes, No} {
			for i := range settings.Instances {
				rng := rand.New(rand.NewPCG(settings.Seed, uint64(size)<<32|uint64(separable)<<24|uint64(i)))
				draw := RandomSeparable
				if separable == No {
					draw = RandomInseparable
				}
				s := draw(rng, settings.Dim, size, size)
				program, _ := Reduce(s.Separation)
				row := ScalingRow{Size: size, Instance: i, Separable: separable, D: program.Dim, Variables: program.Size().Variables}
				var t ScalingSeconds
				var err error
				run := func(target bool) (r ScalingRun, elapsed float64) {
					if err != nil {
						return
					}
					set := Settings{Nodes: settings.Nodes}
					if target {
						set.Target = zero()
					}
					start := time.Now()
					var result Result
					if result, err = Solve(ctx, program, set); err != nil {
						return
					}
					if result.Status == Interrupted {
						err = ctx.Err()
						return
					}
					r = ScalingRun{Status: result.Status, Nodes: result.Nodes, Pivots: result.Pivots}
					r.Lower, _ = result.Lower.Float64()
					r.Upper, _ = result.Upper.Float64()
					return r, time.Since(start).Seconds()
				}
				row.Decision, t.Decision = run(true)
				row.Minimum, t.Minimum = run(false)
				if err == nil {
					start := time.Now()
					o := Oracle(ctx, s.Separation)
					if row.Oracle, t.Oracle = o.Nodes, time.Since(start).Seconds(); o.Separable == Undecided {
						err = ctx.Err()
					}
				}
				if err != nil {
					return rows, seconds, err
				}
				rows, seconds = append(rows, row), append(seconds, t)
			}
		}
	}
	return rows, seconds, nil
}
