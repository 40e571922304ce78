package transformer

import "sync/atomic"

// team is a number of goroutines that do numbered items of work together, again
// and again, without allocating. Who does which item is left to chance: an item's
// result must not depend on it.
type team struct {
	job func(worker, item int)

	// claim holds the number of items and the next one to take, in one word, so that
	// a worker who wakes late never counts an item of one job among those of another.
	claim atomic.Int64 // items << 32 | next
	left  atomic.Int64 // items that are not finished
	start []chan struct{}
	done  chan struct{} // receives when the last item is finished
	size  int
}

// newTeam starts a team of the given size, of which the caller of do is one.
func newTeam(size int) *team {
	t := &team{done: make(chan struct{}, 1), size: size}
	for worker := 1; worker < size; worker++ {
		start := make(chan struct{}, 1)
		t.start = append(t.start, start)
		go func() {
			for range start {
				t.work(worker)
			}
		}()
	}
	return t
}

// close ends the goroutines.
func (t *team) close() {
	for _, start := range t.start {
		close(start)
	}
	t.start = nil
}

// do calls job for the items 0 <= item < n. It waits for items, not for workers:
// on a busy machine one that wakes late, perhaps for a later job, finds what is
// left to do then.
func (t *team) do(n int, job func(worker, item int)) {
	t.job = job
	t.left.Store(int64(n))
	t.claim.Store(int64(n) << 32)
	for _, start := range t.start {
		select {
		case start <- struct{}{}:
		default: // it has not even woken for the last job
		}
	}
	t.work(0)
	<-t.done
}

// work takes items until there are none.
func (t *team) work(worker int) {
	for {
		claim := t.claim.Add(1) - 1
		items, item := int(claim>>32), int(int32(claim))
		if item >= items {
			return
		}
		t.job(worker, item)
		if t.left.Add(-1) == 0 {
			t.done <- struct{}{}
		}
	}
}
