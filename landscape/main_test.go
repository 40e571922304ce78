package landscape

import (
	"flag"
	"runtime/debug"
	"testing"

	"markovicl/internal/dense"
)

// Tests run on the algebra of the program (internal/dense; with -tags purego on gonum's own),
// draw 40 of each property unless -rapid.checks says otherwise, and let garbage be.
func TestMain(m *testing.M) {
	dense.Use()
	debug.SetGCPercent(400)
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	m.Run()
}
