package markov

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Sampler draws the prompts of a task. Prompt i depends on the seed and on i
// alone, so any number of workers draws the same prompts. A Sampler may be used
// by several goroutines at once.
type Sampler struct {
	task         Task
	seed         uint64
	alpha        [][]float64 // [rows][S], nil for a mixture
	kernels      []Kernel    // of a mixture, with their weights and stationary laws
	weights      []float64
	stationary   [][]float64
	queryStart   []float64   // [S], nil if stationary
	contextStart [][]float64 // [S][S] by the query's first state, nil if stationary
}

// mostDrawn is how many states a prompt that is drawn may have.
const mostDrawn = 10_000_000

// drawable refuses tasks whose prompts cannot be drawn.
func drawable(t Task) error {
	if t.n == Infinite {
		return &FieldError{"n", errors.New("prompts with n = inf cannot be drawn; give a finite n")}
	}
	if most := mostDrawn / (t.positions + 1); int(t.n) > most {
		return &FieldError{"n", fmt.Errorf("prompts with n = %v and d = %d are too long to draw; n must be at most %d, or inf where nothing is drawn", t.n, t.positions, most)}
	}
	return nil
}

// NewSampler returns the sampler of a task for a seed. It is an error if the
// task has infinitely many in-context chains, or too many to draw.
func NewSampler(t Task, seed uint64) (*Sampler, error) {
	if err := drawable(t); err != nil {
		return nil, err
	}
	s := &Sampler{task: t, seed: seed}
	if t.regression != nil {
		return s, nil
	}
	if m := t.prior.mixture; m != nil {
		s.weights = m.Weights()
		for k := range m.Len() {
			s.kernels = append(s.kernels, m.Kernel(k))
			if t.start.kind == StationaryStart {
				law, err := m.StationaryRat(k)
				if err != nil {
					return nil, err
				}
				s.stationary = append(s.stationary, floats(law))
			}
		}
	} else {
		for row := range t.prior.Rows() {
			s.alpha = append(s.alpha, t.prior.Alpha(row))
		}
	}
	if t.start.kind != StationaryStart {
		s.queryStart = t.start.Query()
		for first := range t.states {
			s.contextStart = append(s.contextStart, t.start.Context(State(first)))
		}
	}
	return s, nil
}

// Task returns the task whose prompts s draws.
func (s *Sampler) Task() Task { return s.task }

// Stream returns the source of randomness number i of a seed. Streams of
// different (seed, i) are independent for all practical purposes: both numbers
// go through the finaliser of SplitMix64 (Steele, Lea and Flood 2014) before
// they become the state of a PCG generator, whose own streams from neighbouring
// states would begin alike.
func Stream(seed, i uint64) *rand.PCG { return rand.NewPCG(streamSeeds(seed, i)) }

func streamSeeds(seed, i uint64) (hi, lo uint64) {
	return mix(seed + 0x9e3779b97f4a7c15), mix(mix(seed) ^ (i + 0x632be59bd9b4e019))
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Prompt draws prompt number i into p, reusing its slices. It fails only where
// the start is stationary and the drawn kernel has no unique stationary law in
// floating point.
func (s *Sampler) Prompt(p *Prompt, i uint64) error {
	rng := rand.New(Stream(s.seed, i))
	t := s.task
	d, n := t.positions, int(t.n)
	if t.regression != nil {
		t.regression.draw(p, n, rng)
		return nil
	}
	p.Real = nil
	var drawn int
	p.Kernel, drawn = s.drawKernel(rng)

	p.Query = resize(p.Query, d)
	p.Context = resize(p.Context, n*(d+1))
	queryStart, contextStart := s.queryStart, s.contextStart
	var stationary []float64
	switch {
	case t.start.kind != StationaryStart:
	case s.stationary != nil:
		stationary = s.stationary[drawn]
	default:
		stationary = make([]float64, t.states)
		if err := p.Kernel.Stationary(stationary); err != nil {
			return fmt.Errorf("prompt %d of seed %d: %w", i, s.seed, err)
		}
	}
	if stationary != nil {
		queryStart = stationary
	}
	s.drawChain(p.Query, queryStart, p.Kernel, rng)
	p.Label = DrawState(rng, p.Kernel.Next(p.Query))

	start := stationary
	if contextStart != nil {
		start = contextStart[p.Query[0]]
	}
	for k := range n {
		s.drawChain(p.Context[k*(d+1):(k+1)*(d+1)], start, p.Kernel, rng)
	}
	return nil
}

// drawChain draws a chain: its first k states by the start law, the others by
// the kernel of order k.
func (s *Sampler) drawChain(chain []State, start []float64, kernel Kernel, rng *rand.Rand) {
	for j := range chain {
		if j < s.task.order {
			chain[j] = DrawState(rng, start)
		} else {
			chain[j] = DrawState(rng, kernel.Next(chain[:j]))
		}
	}
}

func resize[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	return list[:n]
}

// DrawState returns a state with the given probabilities, which sum to 1 within
// rounding.
func DrawState(rng *rand.Rand, probs []float64) State {
	u := rng.Float64()
	last := 0
	for s, p := range probs {
		if p > 0 {
			if u < p {
				return State(s)
			}
			last = s
		}
		u -= p
	}
	return State(last) // rounding left u at the end of the last possible state
}

// drawKernel draws a kernel; of a mixture it says which.
func (s *Sampler) drawKernel(rng *rand.Rand) (k Kernel, drawn int) {
	if s.kernels != nil {
		u := rng.Float64()
		for drawn < len(s.weights)-1 && u >= s.weights[drawn] {
			u -= s.weights[drawn]
			drawn++
		}
		return s.kernels[drawn], drawn
	}
	S := s.task.states
	k = Kernel{S, make([]float64, len(s.alpha)*S)}
	for row, alpha := range s.alpha {
		DrawDirichlet(k.p[row*S:(row+1)*S], alpha, rng)
	}
	return k, 0
}

// leastProbability keeps drawn kernels positive where a tiny alpha makes a
// probability underflow, so that each has a unique stationary law.
const leastProbability = 1e-300

// DrawDirichlet writes a draw from Dirichlet(alpha) to dst, positive
// throughout. It works with logarithms because a Gamma variate of small shape
// underflows: Gamma(a) is distributed as Gamma(a+1) U^(1/a) (Marsaglia and
// Tsang 2000, section 6).
func DrawDirichlet(dst, alpha []float64, rng *rand.Rand) {
	largest := math.Inf(-1)
	for j, a := range alpha {
		g := distuv.Gamma{Alpha: a + 1, Beta: 1, Src: rng}.Rand()
		dst[j] = math.Log(g) + math.Log(1-rng.Float64())/a
		largest = max(largest, dst[j])
	}
	var sum float64
	for j := range dst {
		dst[j] = math.Exp(dst[j] - largest)
		sum += dst[j]
	}
	for j := range dst {
		dst[j] = max(dst[j]/sum, leastProbability)
	}
}
