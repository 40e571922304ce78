package moment

import (
	"flag"
	"runtime/debug"
	"testing"
)

// 50 of each property are drawn unless -rapid.checks says otherwise: those of TestWords are slow.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "50"); err != nil {
		panic(err)
	}
	debug.SetGCPercent(400) // heaps are small
	m.Run()
}
