package dense

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// crew shares out pieces of work, some of which take only ten microseconds: to wake a
// goroutine for each would take as long. So its workers stay awake for a while after a
// task, and the next one finds them there. Whoever is free takes the next piece; a
// worker that the system has put to sleep holds the others up only if it is in the
// middle of one, and where that happens again and again, because other programs want
// the processors, the caller goes on alone for a while.
type crew struct {
	task   func(piece int)
	pieces int
	state  atomic.Uint64 // number of the task << 32 | pieces that nobody has taken
	done   atomic.Int64  // pieces
	awake  atomic.Int64  // workers beside the caller

	delays int // waits for a worker that were longer than the caller's own work
	alone  int // tasks for which nobody is asked
}

const (
	// patience is how often a worker looks for a task before it offers its processor to
	// somebody else, a matter of ten microseconds, and before it ends.
	patience = 1 << 14
	shifts   = 4

	// A wait for a worker counts as a delay from this time on.
	delay     = 200 * time.Microsecond
	maxDelays = 3
	leave     = 300 // tasks
)

var crews = sync.Pool{New: func() any { return new(crew) }}

// share calls task for 0 <= piece < pieces, each once, on at most so many workers, of
// whom the caller is one, and returns when all have ended.
func share(pieces, workers int, task func(piece int)) {
	if workers = min(workers, pieces); workers <= 1 {
		for piece := range pieces {
			task(piece)
		}
		return
	}
	c := crews.Get().(*crew)
	defer crews.Put(c)
	c.run(pieces, workers-1, task)
}

// run is share with so many hands beside the caller.
func (c *crew) run(pieces, hands int, task func(piece int)) {
	if c.alone > 0 {
		c.alone--
		hands = 0
	}
	c.task, c.pieces = task, pieces
	c.done.Store(0)
	c.state.Store((c.state.Load()>>32+1)<<32 | uint64(pieces))
	for c.awake.Load() < int64(hands) {
		c.awake.Add(1)
		go c.work()
	}
	start := time.Now()
	for c.take() {
	}
	own := time.Since(start)
	for turns := 1; c.done.Load() < int64(pieces); turns++ {
		if turns%patience > 0 {
			continue
		}
		runtime.Gosched()
		if wait := time.Since(start) - own; wait > max(delay, 2*own) {
			c.delays++
			for c.done.Load() < int64(pieces) {
				time.Sleep(delay / 10)
			}
		}
	}
	c.task = nil // which may hold large matrices
	if c.delays >= maxDelays {
		c.delays, c.alone = 0, leave
	}
}

// take does one piece, if there is one to be had.
func (c *crew) take() bool {
	for {
		state := c.state.Load()
		left := int(state & (1<<32 - 1))
		if left == 0 {
			return false
		}
		// Who wins this piece may read the task: no other follows before it is done.
		if c.state.CompareAndSwap(state, state-1) {
			c.task(c.pieces - left)
			c.done.Add(1)
			return true
		}
	}
}

func (c *crew) work() {
	defer c.awake.Add(-1)
	for turns := 1; turns < shifts*patience; turns++ {
		if c.take() {
			turns = 0
		} else if turns%patience == 0 {
			runtime.Gosched()
		}
	}
}
