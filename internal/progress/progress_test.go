package progress_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"markovicl/ask"
	"markovicl/internal/progress"
)

// A Display that is nil draws nothing, so that whoever tells of work need not know whether
// anybody sees it.
func Example() {
	var display *progress.Display
	set, end := display.Single("prompts", 100, nil)
	set(50)
	end()
	fmt.Println("done")
	// Output: done
}

// The bounds of a search take the place of each other, within the width of the terminal,
// and are gone at the end.
func TestShowBounds(t *testing.T) {
	var terminal bytes.Buffer
	var env ask.Env
	end := progress.Show(&env, &terminal, func() int { return 30 })
	env.Progress(ask.Progress{Stage: "d 2, n 10", Bounds: &ask.Bounds{Upper: 0.25, Lower: 0.24}})
	end()
	lines := strings.Split(terminal.String(), "\r\x1b[K")
	if len(lines) != 3 || lines[1] != "d 2, n 10: upper 0.250000000 " || lines[2] != "" {
		t.Errorf("%q", lines)
	}
}
