package predict

import (
	"runtime/debug"
	"testing"
)

// Heaps of the tests are small and much in them is soon garbage: a collection at every
// doubling takes a seventh of their time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}
