package relax

import (
	"testing"

	"markovicl/internal/dense"
)

// Tests run on the algebra of the program; with -tags purego on gonum's own.
func TestMain(m *testing.M) {
	dense.Use()
	m.Run()
}
