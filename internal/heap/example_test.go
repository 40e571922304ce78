package heap_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"markovicl/internal/heap"
)

// The growth is looked at after each collection of garbage; here 64 MB live.
func Example() {
	os.Unsetenv("GOGC")
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	heap.Spare()
	matrix := make([]float64, 8<<20)
	growth := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for metrics.Read(growth); growth[0].Value.Uint64() == 100; metrics.Read(growth) {
		runtime.GC()
	}
	runtime.KeepAlive(matrix)
	fmt.Println("the heap may grow by", growth[0].Value.Uint64(), "percent")
	// Output: the heap may grow by 25 percent
}
