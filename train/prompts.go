package train

import (
	"sync/atomic"

	"markovicl/lsa"
	"markovicl/markov"
)

// batchObjective is the loss on a batch of prompts or laws, computed by several
// workers. The batch is cut into chunks by its size alone; workers take chunks
// as they come, and the chunks' gradients are added in order.
type batchObjective struct {
	model  lsa.Model
	batch  *lsa.Batch
	draw   bool    // fresh prompts every step
	seed   uint64  // of the prompts
	weight float64 // of a prompt in the loss
	task   markov.Task

	chunks  []chunk
	workers []*worker
	next    atomic.Int64 // the next chunk to take
	left    atomic.Int64 // chunks that are not finished
	step    int
	start   []chan struct{} // wakes a worker; the first worker is the caller
	done    chan struct{}   // receives when the last chunk is finished
}

// chunk is a part of the batch and what a worker found for it.
type chunk struct {
	from, to int // groups
	loss     float64
	grad     []float64
	err      error
}

// worker has what one goroutine needs.
type worker struct {
	gradient *lsa.Gradient
	sampler  *markov.GramSampler
	upper, u []float64 // of markov.Together prompts, side by side
	y        [markov.Together]float64
}

// chunksOfBatch is into how many chunks a batch is cut, if it has as many
// groups; a bound on the workers that can help. To begin and to end a chunk takes as long
// as a group of one layer does: of these there are half as many.
const chunksOfBatch = 16

func newPromptObjective(p Problem, m lsa.Model, workers int) (*batchObjective, error) {
	b := &batchObjective{
		model: m, batch: lsa.NewBatch(p.Task.Dim(), p.Config.Batch), draw: p.Config.Data == Fresh,
		seed: p.derivedSeed(promptSeed), weight: 1 / float64(p.Config.Batch), task: p.Task,
	}
	if err := b.init(workers); err != nil {
		return nil, err
	}
	if !b.draw {
		for k := range b.chunks {
			if err := b.fill(b.workers[0], &b.chunks[k]); err != nil {
				b.close()
				return nil, err
			}
		}
	}
	return b, nil
}

// init cuts the batch into chunks and starts the workers.
func (b *batchObjective) init(workers int) error {
	groups := b.batch.Groups()
	chunks := chunksOfBatch
	if layers, _, _ := b.model.Size(); layers == 1 {
		chunks /= 2
	}
	size := (groups + chunks - 1) / chunks
	params := lsa.ParameterCount(b.model)
	for from := 0; from < groups; from += size {
		b.chunks = append(b.chunks, chunk{from: from, to: min(from+size, groups), grad: make([]float64, params)})
	}
	b.done = make(chan struct{}, 1)
	for range max(1, min(workers, len(b.chunks), int(b.cost()/worthAWorker))) {
		w := &worker{gradient: lsa.NewGradient(b.model)}
		if b.task.Context() != markov.Infinite {
			var err error
			if w.sampler, err = markov.NewGramSampler(b.task, b.seed); err != nil {
				return err
			}
			D := b.task.Dim()
			w.upper, w.u = make([]float64, D*(D+1)/2*markov.Together), make([]float64, b.task.QueryDim()*markov.Together)
		}
		b.workers = append(b.workers, w)
	}
	for _, w := range b.workers[1:] {
		start := make(chan struct{}, 1)
		b.start = append(b.start, start)
		go func() {
			for range start {
				b.work(w)
			}
		}()
	}
	return nil
}

// worthAWorker is how many nanoseconds of work a goroutine should have to itself: to wake
// one, and to wait for it, takes some microseconds. Small batches have one worker.
const worthAWorker = 10_000

// cost estimates how many nanoseconds a step takes one worker, from what it took on an AMD
// EPYC (Zen 4).
func (b *batchObjective) cost() float64 {
	layers, heads, D := b.model.Size()
	const operations = 14 // in a nanosecond
	cost := float64(b.batch.Groups()*lsa.Lanes) * float64(layers*heads*4*D*D) / operations
	if b.draw {
		words := (float64(b.task.Context()) + 63) / 64
		cost += float64(b.batch.Len()) * (20*words*float64(b.task.Positions()) + float64(2*D*D))
	}
	return cost
}

func (b *batchObjective) close() {
	for _, start := range b.start {
		close(start)
	}
	b.start = nil
}

// fill draws the prompts of a chunk for the current step.
func (b *batchObjective) fill(w *worker, c *chunk) error {
	first := uint64(b.step) * uint64(b.batch.Len())
	from, to := c.from*lsa.Lanes, min(c.to*lsa.Lanes, b.batch.Len())
	for i := from; i < to; i += markov.Together {
		count := min(markov.Together, to-i)
		if err := w.sampler.DrawTogether(first+uint64(i), count, w.upper, w.u, &w.y); err != nil {
			return err
		}
		b.batch.SetTogether(i, count, markov.Together, w.upper, w.u, w.y[:], b.weight)
	}
	return nil
}

// work takes chunks until there are none.
func (b *batchObjective) work(w *worker) {
	for {
		k := int(b.next.Add(1)) - 1
		if k >= len(b.chunks) {
			return
		}
		b.finish(w, &b.chunks[k])
		if b.left.Add(-1) == 0 {
			b.done <- struct{}{}
		}
	}
}

// finish computes a chunk.
func (b *batchObjective) finish(w *worker, c *chunk) {
	c.err = nil
	if b.draw {
		if c.err = b.fill(w, c); c.err != nil {
			return
		}
	}
	var grad []float64
	if c.loss, grad, c.err = w.gradient.Of(b.batch, c.from, c.to); c.err == nil {
		copy(c.grad, grad)
	}
}

// gradient waits for chunks, not for workers: on a busy machine one that wakes
// late, perhaps in a later step, finds what is left to do then.
func (b *batchObjective) gradient(step int, grad []float64) (float64, error) {
	b.step = step
	b.left.Store(int64(len(b.chunks)))
	b.next.Store(0)
	for _, start := range b.start {
		select {
		case start <- struct{}{}:
		default: // it has not even woken for the last step
		}
	}
	b.work(b.workers[0])
	<-b.done

	var loss float64
	clear(grad)
	for k := range b.chunks {
		c := &b.chunks[k]
		if c.err != nil {
			return 0, c.err
		}
		loss += c.loss
		for i, g := range c.grad {
			grad[i] += g
		}
	}
	return loss, nil
}

func (b *batchObjective) loss(step int, m lsa.Model) (float64, error) {
	b.step = step
	gradient := lsa.NewGradient(m)
	var total float64
	for k := range b.chunks {
		c := &b.chunks[k]
		if b.draw {
			if err := b.fill(b.workers[0], c); err != nil {
				return 0, err
			}
		}
		loss, err := gradient.Loss(b.batch, c.from, c.to)
		if err != nil {
			return 0, err
		}
		total += loss
	}
	return total, nil
}
