// Package heap keeps small the heap of a program that works with a few large matrices. Go
// lets a heap double before garbage is collected, which with matrices of gigabytes costs
// gigabytes, and saves nothing, as there are few things to look at. A program says at its
// start
//
//	heap.Spare()
//
// and from then on a heap of more than 32 MB may grow by a quarter between two collections,
// a smaller one double as usual. GOGC in the environment has the last word. All of it stands
// in heap.go.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A large heap is a few large matrices: to let it double before garbage is
// collected costs gigabytes and saves nothing.
const (
	largeHeap    = 32 << 20 // bytes that live
	usualGrowth  = 100      // percent by which the heap may grow between two collections
	growthIfMany = 25
)

// Spare has garbage collected sooner while the heap is large, from now on, unless
// the environment says by GOGC how often.
func Spare() {
	if os.Getenv("GOGC") == "" {
		afterCollection(usualGrowth)
	}
}

// afterCollection adapts the growth, which is set to this percentage, after the next
// collection of garbage, and after all that follow.
func afterCollection(growth int) {
	// A block of its own, large enough not to share one with what lives longer.
	type block struct{ _ [64]byte }
	runtime.SetFinalizer(new(block), func(*block) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		wanted := usualGrowth
		if live[0].Value.Uint64() > largeHeap {
			wanted = growthIfMany
		}
		if wanted != growth { // which stops all goroutines for a moment
			debug.SetGCPercent(wanted)
		}
		afterCollection(wanted)
	})
}
