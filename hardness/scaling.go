package hardness

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// ScalingSettings choose the instances of a scaling study. The zero value is a
// study of about a minute.
type ScalingSettings struct {
	Sizes []int // number of outside points; nil: 5, 6, .., 12
	// Dim is the dimension of the points. 0 stands for instances of set
	// splitting, whose dimension is their size and whose difficulty grows
	// exponentially; otherwise the instances are those of RandomSeparable and
	// RandomInseparable with as many inside points.
	Dim       int
	Instances int // for each size, separable and inseparable; 0: 5
	Nodes     int // budget of one Solve; 0: 5000
	Seed      uint64
}

// ScalingRow is one instance. All its values are reproducible.
type ScalingRow struct {
	Size      int    `json:"size"`
	Instance  int    `json:"instance"`
	Inside    int    `json:"inside"`    // number of inside points
	Separable Answer `json:"separable"` // by construction
	D         int    `json:"d"`
	Variables int    `json:"variables"`
	// Decision is the run that only asks whether the minimum is 0, Minimum the
	// one that proves its value; the two differ for inseparable instances. A
	// run that spent its budget has the status "node limit".
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

// ScalingSeconds are the wall-clock times that go with a row; they are kept
// apart because no two runs agree on them.
type ScalingSeconds struct {
	Decision float64 `json:"decision"`
	Minimum  float64 `json:"minimum"`
	Oracle   float64 `json:"oracle"`
}

// ScalingStudy solves random instances of growing size, separable and
// inseparable by construction, and counts the work. Instance i of a size
// depends on the seed, the size and i only. If the context ends, the rows
// finished so far are returned with its error.
func ScalingStudy(ctx context.Context, settings ScalingSettings) ([]ScalingRow, []ScalingSeconds, error) {
	if settings.Sizes == nil {
		settings.Sizes = []int{5, 6, 7, 8, 9, 10, 11, 12}
	}
	if settings.Instances == 0 {
		settings.Instances = 5
	}
	if settings.Nodes == 0 {
		settings.Nodes = 5000
	}
	if settings.Dim < 0 || settings.Instances < 1 || settings.Nodes < 1 {
		return nil, nil, fmt.Errorf("scaling study: dimension %d must not be negative, instances %d and nodes %d must be at least 1", settings.Dim, settings.Instances, settings.Nodes)
	}
	var rows []ScalingRow
	var seconds []ScalingSeconds
	for _, size := range settings.Sizes {
		if least, most := settings.sizes(); size < least || size > most {
			return nil, nil, fmt.Errorf("scaling study: a size must be from %d to %d, got %d", least, most, size)
		}
		for _, separable := range []Answer{Yes, No} {
			for i := range settings.Instances {
				row, t, err := settings.instance(ctx, size, separable, i)
				if err != nil {
					return rows, seconds, err
				}
				rows, seconds = append(rows, row), append(seconds, t)
			}
		}
	}
	return rows, seconds, nil
}

// instance draws one instance and solves it in all three ways. A contradiction
// between them, or to the construction, is an error.
func (s ScalingSettings) instance(ctx context.Context, size int, separable Answer, i int) (ScalingRow, ScalingSeconds, error) {
	rng := rand.New(rand.NewPCG(s.Seed, uint64(size)<<32|uint64(separable)<<24|uint64(i)))
	instance := s.draw(rng, size, separable)
	program, _ := Reduce(instance.Separation)
	row := ScalingRow{Size: size, Instance: i, Inside: len(instance.Inside), Separable: separable, D: program.Dim, Variables: program.Size().Variables}
	var t ScalingSeconds
	var err error
	if row.Decision, t.Decision, err = scalingRun(ctx, program, Settings{Nodes: s.Nodes, Target: zero()}); err != nil {
		return row, t, err
	}
	if row.Minimum, t.Minimum, err = scalingRun(ctx, program, Settings{Nodes: s.Nodes}); err != nil {
		return row, t, err
	}
	start := time.Now()
	oracle := Oracle(ctx, instance.Separation)
	row.Oracle, t.Oracle = oracle.Nodes, time.Since(start).Seconds()
	if oracle.Separable == Undecided {
		return row, t, ctx.Err()
	}
	for _, answer := range []Answer{oracle.Separable, row.Decision.answer(), row.Minimum.answer()} {
		if answer != Undecided && answer != separable {
			return row, t, fmt.Errorf("scaling study, size %d, instance %d: separable by construction is %v, an answer is %v: one of the methods is wrong", size, i, separable, answer)
		}
	}
	return row, t, nil
}

func scalingRun(ctx context.Context, program *BilinearProgram, settings Settings) (ScalingRun, float64, error) {
	start := time.Now()
	r, err := Solve(ctx, program, settings)
	if err != nil {
		return ScalingRun{}, 0, err
	}
	if r.Status == Interrupted {
		return ScalingRun{}, 0, ctx.Err()
	}
	run := ScalingRun{Status: r.Status, Nodes: r.Nodes, Pivots: r.Pivots}
	run.Lower, _ = r.Lower.Float64()
	run.Upper, _ = r.Upper.Float64()
	return run, time.Since(start).Seconds(), nil
}

// answer is what the run says about separability.
func (r ScalingRun) answer() Answer {
	switch {
	case r.Upper == 0:
		return Yes
	case r.Lower > 0:
		return No
	}
	return Undecided
}

// sizes returns the range of sizes that the instances allow.
func (s ScalingSettings) sizes() (least, most int) {
	if s.Dim == 0 {
		return 5, 24 // below, every family of triples can be split; above, trying all colourings takes too long
	}
	return 2, 1000
}

// draw returns an instance with the given number of outside points and the
// given answer.
func (s ScalingSettings) draw(rng *rand.Rand, size int, separable Answer) Instance {
	switch {
	case s.Dim == 0 && separable == Yes:
		// 2.3 triples an element: about where random families cease to be
		// splittable, so where the question is hardest.
		return RandomSplittable(rng, size, size*23/10)
	case s.Dim == 0:
		return RandomUnsplittable(rng, size)
	case separable == Yes:
		return RandomSeparable(rng, s.Dim, size, size)
	}
	return RandomInseparable(rng, s.Dim, size, size)
}
