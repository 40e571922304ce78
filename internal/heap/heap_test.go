package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// TestSpare: the heap may grow by a quarter while it is large, and double
// otherwise, unless the environment says something else.
func TestSpare(t *testing.T) {
	growth := func() int { // what is set
		percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(percent)
		return int(percent[0].Value.Uint64())
	}
	defer debug.SetGCPercent(growth())
	becomes := func(want int) bool { // finalizers run some time after a collection
		for range 500 {
			runtime.GC()
			if growth() == want {
				return true
			}
			time.Sleep(time.Millisecond)
		}
		return false
	}
	t.Setenv("GOGC", "")
	debug.SetGCPercent(usualGrowth)
	Spare()
	large := make([]byte, 2*largeHeap)
	if !becomes(growthIfMany) {
		t.Errorf("with a large heap the growth is %d %%", growth())
	}
	runtime.KeepAlive(large)
	large = nil
	if !becomes(usualGrowth) {
		t.Errorf("with a small heap the growth is %d %%", growth())
	}
}
