package transformer

import (
	"fmt"
	"math"

	"markovicl/internal/dense"
	"markovicl/markov"
)

// Trainer takes steps of training on batches of prompts. The same calls give the
// same bits for any number of workers: a batch is cut into groups by the sizes of
// batch and model alone, a group's gradient is summed sequence by sequence, and the
// groups' gradients are added in order. After the first step of a length it
// allocates nothing.
type Trainer struct {
	model   *Model
	encoder *encoder
	weights *packedWeights
	batch   int

	groups []group
	passes []*pass // one for each worker
	grad   []float32
	square []float64 // of each range of the gradient
	team   *team

	// Of the step that is under way.
	T, n    int
	weight  float32 // of a prediction in the loss
	adam    dense.AdamStep
	moments [2][]float32

	// The jobs, made once so that a step allocates nothing.
	pack, run, reduce, update func(worker, item int)
	token                     func(i int) int
}

// group is a part of the batch and what was found for it.
type group struct {
	from, to int // sequences
	x        []float32
	y        []float32
	loss     float64
	err      error
	grad     []float32
	tensors  tensors[float32]
}

// rowsOfPass is about how many tokens a pass takes at once: enough for the matrix
// products to run well, few enough for the states to stay in the cache.
const rowsOfPass = 400

// numbersOfRange is how many parameters are summed or updated as one item of work.
const numbersOfRange = 1 << 14

// groupsOf returns into how many groups a batch is cut, a bound on the workers that
// can help. Each has a gradient of its own, so a large model gets fewer.
func groupsOf(batch, parameters int) int {
	if parameters > 4_000_000 {
		return min(4, batch)
	}
	return min(8, batch)
}

// NewTrainer returns a trainer of m on batches of prompts of a task, with the given
// number of goroutines, which Close ends.
func NewTrainer(m *Model, t markov.Task, batch, workers int) (*Trainer, error) {
	if batch < 1 || workers < 1 {
		return nil, fmt.Errorf("a batch of %d prompts, %d workers; both must be at least 1", batch, workers)
	}
	if err := m.CheckTask(t, 1); err != nil {
		return nil, err
	}
	groups := groupsOf(batch, len(m.params))
	r := &Trainer{
		model: m, encoder: newEncoder(m.Config, t), weights: newPackedWeights(m), batch: batch,
		groups: make([]group, groups), grad: make([]float32, len(m.params)),
		moments: [2][]float32{make([]float32, len(m.params)), make([]float32, len(m.params))},
	}
	r.square = make([]float64, r.ranges())
	for k := range r.groups {
		g := &r.groups[k]
		g.from, g.to = k*batch/groups, (k+1)*batch/groups
		g.grad = make([]float32, len(m.params))
		g.tensors = bind(m.Config, g.grad)
	}
	workers = min(workers, groups)
	for range workers {
		r.passes = append(r.passes, newPass(m, r.weights))
	}
	r.team = newTeam(workers)
	r.pack = func(_, i int) { r.weights.pack(i) }
	r.run = func(worker, k int) { r.runGroup(r.passes[worker], &r.groups[k]) }
	r.reduce = func(_, k int) { r.reduceRange(k) }
	r.update = func(_, k int) { r.updateRange(k) }
	r.token = func(i int) int { return r.encoder.token(i, r.n) }
	return r, nil
}

// Close ends the trainer's goroutines.
func (r *Trainer) Close() { r.team.close() }

func (r *Trainer) ranges() int { return (len(r.model.params) + numbersOfRange - 1) / numbersOfRange }

func (r *Trainer) rangeOf(k int) (from, to int) {
	return k * numbersOfRange, min((k+1)*numbersOfRange, len(r.model.params))
}

// Start begins a batch whose prompts show n in-context chains. It fails if the
// model has too few positions.
func (r *Trainer) Start(n int) error {
	if err := r.model.checkLength(r.model.Tokens(n)); err != nil {
		return err
	}
	r.n, r.T = n, r.model.Tokens(n)
	predictions := r.encoder.predictions(n)
	r.weight = 1 / float32(r.batch*predictions)
	for k := range r.groups {
		g := &r.groups[k]
		grow(&g.x, (g.to-g.from)*r.T*r.model.Features)
		grow(&g.y, (g.to-g.from)*predictions)
	}
	return nil
}

// Set makes sequence i of the batch the first n chains of a prompt, and its query.
// It is for one goroutine.
func (r *Trainer) Set(i int, p *markov.Prompt) {
	for k := range r.groups {
		if g := &r.groups[k]; i >= g.from && i < g.to {
			size, predictions := r.T*r.model.Features, len(g.y)/(g.to-g.from)
			i -= g.from
			r.encoder.encode(g.x[i*size:(i+1)*size], g.y[i*predictions:(i+1)*predictions], p, r.n)
			return
		}
	}
	panic(fmt.Sprintf("transformer: sequence %d of a batch of %d", i, r.batch))
}

// Gradient returns the loss of the batch, the mean over its predictions of the
// squared error, and the norm of its gradient, which Update then uses. It fails
// with a *DivergenceError if the loss is not finite.
func (r *Trainer) Gradient() (loss, norm float64, err error) {
	r.team.do(len(r.weights.maps), r.pack)
	r.team.do(len(r.groups), r.run)
	for k := range r.groups {
		if err := r.groups[k].err; err != nil {
			return 0, 0, err
		}
		loss += r.groups[k].loss
	}
	r.team.do(r.ranges(), r.reduce)
	for _, s := range r.square {
		norm += s
	}
	return loss / float64(r.batch*r.encoder.predictions(r.n)), math.Sqrt(norm), nil
}

// runGroup computes loss and gradient of a group, a few sequences at a time.
func (r *Trainer) runGroup(f *pass, g *group) {
	clear(g.grad)
	g.loss, g.err = 0, nil
	size, predictions := r.T*r.model.Features, r.encoder.predictions(r.n)
	step := max(1, rowsOfPass/r.T)
	for from := 0; from < g.to-g.from; from += step {
		to := min(from+step, g.to-g.from)
		f.resize(to-from, r.T)
		copy(f.x, g.x[from*size:to*size])
		f.forward()
		loss, err := f.loss(g.y[from*predictions:to*predictions], r.token, r.weight, &g.tensors)
		if err != nil {
			g.err = err
			return
		}
		g.loss += loss
	}
}

// reduceRange adds the groups' gradients up.
func (r *Trainer) reduceRange(k int) {
	from, to := r.rangeOf(k)
	grad := r.grad[from:to]
	copy(grad, r.groups[0].grad[from:to])
	for i := range r.groups[1:] {
		dense.Add(grad, r.groups[i+1].grad[from:to])
	}
	var square float64
	for _, g := range grad {
		square += float64(g) * float64(g)
	}
	r.square[k] = square
}

// Adam is the settings of an update.
type Adam struct {
	Rate, Beta1, Beta2, Epsilon float64
	WeightDecay                 float64 // of AdamW; 0 is Adam
}

// Update takes the step, counted from 0, of Adam along the last gradient times
// scale.
func (r *Trainer) Update(step int, scale float64, a Adam) {
	r.adam = dense.AdamStep{
		GradientScale: float32(scale),
		Beta1:         float32(a.Beta1), Fresh1: float32(1 - a.Beta1),
		Beta2: float32(a.Beta2), Fresh2: float32(1 - a.Beta2),
		Correct2: float32(1 / (1 - math.Pow(a.Beta2, float64(step+1)))),
		Epsilon:  float32(a.Epsilon),
		Rate:     float32(a.Rate / (1 - math.Pow(a.Beta1, float64(step+1)))),
		Shrink:   float32(1 - a.Rate*a.WeightDecay),
	}
	r.team.do(r.ranges(), r.update)
}

func (r *Trainer) updateRange(k int) {
	from, to := r.rangeOf(k)
	dense.Adam(r.model.params[from:to], r.moments[0][from:to], r.moments[1][from:to], r.grad[from:to], &r.adam)
}

// GradientParts returns the last gradient as named tensors, views.
func (r *Trainer) GradientParts() []Part {
	return (&Model{Config: r.model.Config, params: r.grad}).Parts()
}

// Moments returns Adam's two moments, views in the order of the parameters, for
// checkpoints.
func (r *Trainer) Moments() (m, v []float32) { return r.moments[0], r.moments[1] }
