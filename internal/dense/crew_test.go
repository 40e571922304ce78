package dense

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// TestShare: each piece of each task is done once, before share returns, by few and
// many workers, and by several callers at once.
func TestShare(t *testing.T) {
	for _, workers := range []int{1, 2, 6} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			var callers sync.WaitGroup
			for caller := range 3 {
				callers.Go(func() {
					for task := range 100 {
						pieces := (caller + task) % 9
						counts := make([]atomic.Int64, pieces)
						share(pieces, workers, func(piece int) {
							for range (task % 3) * 100 {
								counts[piece].Add(2)
								counts[piece].Add(-2)
							}
							counts[piece].Add(1)
						})
						for piece := range counts {
							if n := counts[piece].Load(); n != 1 {
								t.Errorf("piece %d of %d was done %d times", piece, pieces, n)
							}
						}
					}
				})
			}
			callers.Wait()
		})
	}
}

// TestAlone: a crew that kept its caller waiting asks nobody for a while, and then
// again.
func TestAlone(t *testing.T) {
	c := crew{alone: 1}
	done := 0
	c.run(4, 3, func(int) { done++ })
	if done != 4 || c.alone != 0 || c.awake.Load() != 0 {
		t.Errorf("alone: %d of 4 pieces done, %d tasks left to do alone, %d workers", done, c.alone, c.awake.Load())
	}
	var together atomic.Int64
	all := make(chan bool)
	c.run(4, 3, func(int) {
		if together.Add(1) == 4 {
			close(all)
		}
		<-all // which no three workers get past
	})
}
