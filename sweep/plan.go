package sweep

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Progress is how far a run has come.
type Progress struct {
	Questions int           // of this run: those of the shard
	Kept      int           // of them, that had an answer when it began
	Done      int           // answered by this run
	Failed    int           // failed in this run
	Rate      float64       // questions a second
	Left      time.Duration // estimated: from the cost of each question, corrected by what the others took
	Estimate  bool          // Left is from costs alone, since no question is done yet
}

// plan is what is left to ask. The cheap ones come first, so that none waits for a dear
// one; of several workers one begins at the dear end, so that it does not stand alone at
// the last.
type plan struct {
	mu       sync.Mutex
	order    []int32 // ascending by cost
	cost     []float32
	workers  int
	start    time.Time
	left     float64 // estimated seconds of what is not done
	asked    float64 // estimated seconds of what is
	progress Progress
}

func newPlan(pending []int32, cost []float32, workers int) *plan {
	p := &plan{order: pending, cost: cost, workers: workers, start: time.Now()}
	slices.SortStableFunc(p.order, func(a, b int32) int { return cmp.Compare(cost[a], cost[b]) })
	for _, i := range pending {
		p.left += float64(cost[i])
	}
	return p
}

// next returns the next question; dear takes it from the dear end.
func (p *plan) next(dear bool) (i int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.order) == 0 {
		return 0, false
	}
	if dear {
		last := len(p.order) - 1
		i = int(p.order[last])
		p.order = p.order[:last]
	} else {
		i = int(p.order[0])
		p.order = p.order[1:]
	}
	return i, true
}

// finished counts a question and returns where the run stands.
func (p *plan) finished(i int, failed bool) Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	if failed {
		p.progress.Failed++
	} else {
		p.progress.Done++
	}
	p.asked += float64(p.cost[i])
	p.left -= float64(p.cost[i])
	return p.now()
}

// state returns where the run stands.
func (p *plan) state() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now()
}

func (p *plan) now() Progress {
	now := p.progress
	elapsed := time.Since(p.start).Seconds()
	seconds := max(0, p.left) / float64(p.workers)
	if now.Estimate = p.asked == 0; !now.Estimate {
		seconds = max(0, p.left) * elapsed / p.asked
		now.Rate = float64(now.Done+now.Failed) / max(elapsed, 1e-9)
	}
	now.Left = time.Duration(min(seconds, 1e9) * float64(time.Second))
	return now
}
