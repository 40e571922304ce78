package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interrupted is a run that gets a signal.
type interrupted struct {
	command, args  string
	signal         syscall.Signal
	w              *workplace
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// Ctrl-C and SIGTERM end whatever runs, with the exit codes of a shell; with --json
// there is one object on stdout, the answer as far as it is true or the error. One half of
// the commands gets the one signal, the other half the other; with -whole all get both.
func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such signals there")
	}
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}
	for round := range signals {
		if round > 0 && !*whole {
			break
		}
		var runs []*interrupted
		for _, command := range slices.Sorted(maps.Keys(faults)) {
			for _, args := range faults[command].long {
				r := &interrupted{command: command, args: args, w: newWorkplace(t), signal: signals[(round+len(runs))%len(signals)]}
				r.start(t)
				runs = append(runs, r)
			}
		}
		t.Logf("%d commands are interrupted", len(runs))
		begun := time.Now()
		for waiting := slices.Clone(runs); len(waiting) > 0; time.Sleep(10 * time.Millisecond) {
			waiting = slices.DeleteFunc(waiting, func(r *interrupted) bool {
				if r.used() < atWork && time.Since(begun) < 2*time.Second {
					return false
				}
				if err := r.cmd.Process.Signal(r.signal); err != nil {
					t.Errorf("%s %s: %v", r.command, r.args, err)
				}
				return true
			})
		}
		for _, r := range runs {
			r.check(t)
		}
	}
}

// start starts a run.
func (r *interrupted) start(t *testing.T) {
	t.Helper()
	if !faults[r.command].served {
		r.args += " --json"
	}
	r.cmd = r.w.command(r.command, r.args, "")
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// atWork is the processor time after which a run has more behind it than its start. One
// that waits for something never has it, and gets its signal two seconds after the start; so
// do all where the time of another process cannot be seen. The exit code is the same if a run
// is not at work yet.
const atWork = 100 * time.Millisecond

// used is the processor time of a run as far as it can be seen.
func (r *interrupted) used() time.Duration {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:])) // from the state on, the third field
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // Linux tells it in hundredths of a second
}

// check waits for the end of a run and looks at what it leaves.
func (r *interrupted) check(t *testing.T) {
	t.Helper()
	signal, want := r.signal, map[syscall.Signal]int{syscall.SIGINT: exitInterrupt, syscall.SIGTERM: exitTerminated}[r.signal]
	e := r.w.wait(r.cmd, &r.stdout, &r.stderr)
	if early := e.code == -1 && r.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == signal; early {
		return // before the program listens to signals the system ends it
	}
	served := faults[r.command].served
	if served {
		want = 0
	}
	if e.code != want {
		t.Errorf("%s %s: %v: exit code %d, want %d: %q, %q", r.command, r.args, signal, e.code, want, e.stdout, e.stderr)
	}
	if served {
		return
	}
	d := json.NewDecoder(strings.NewReader(e.stdout))
	var object map[string]any
	if err := d.Decode(&object); err != nil || len(object) == 0 {
		t.Errorf("%s %s: %v: %q on stdout: %v", r.command, r.args, signal, e.stdout, err)
	} else if _, err := d.Token(); err != io.EOF {
		t.Errorf("%s %s: %v: more than one object on stdout: %q", r.command, r.args, signal, e.stdout)
	}
}
