package certificate_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestTrustsNothingThatSearches lists the packages of this project that certificates
// depend on: what is trusted is this package, the moments of tasks, and how a matrix is
// factorised.
func TestTrustsNothingThatSearches(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	trusted := []string{"markovicl/certificate", "markovicl/moment", "markovicl/markov", "markovicl/internal/cholesky", "markovicl/internal/each", "markovicl/internal/npz", "markovicl/internal/atomicfile"}
	own := 0
	for path := range strings.Lines(string(out)) {
		path = strings.TrimSpace(path)
		if !strings.HasPrefix(path, "markovicl/") {
			continue
		}
		own++
		if !slices.Contains(trusted, path) {
			t.Errorf("a certificate depends on %s", path)
		}
	}
	if own < 3 {
		t.Errorf("%d packages of this project: the test says little", own)
	}
}
