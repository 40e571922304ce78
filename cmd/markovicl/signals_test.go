package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interrupted is a run that gets a signal.
type interrupted struct {
	command, args  string
	w              *workplace
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// Ctrl-C and SIGTERM end whatever runs, with the exit codes of a shell; with --json
// there is one object on stdout, the answer as far as it is true or the error.
func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such signals there")
	}
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupt, syscall.SIGTERM: exitTerminated} {
		var runs []*interrupted
		for command, f := range faults {
			for _, args := range f.long {
				if !f.served {
					args += " --json"
				}
				w := newWorkplace(t)
				r := &interrupted{command: command, args: args, w: w, cmd: w.command(command, args, "")}
				r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
				if err := r.cmd.Start(); err != nil {
					t.Fatal(err)
				}
				runs = append(runs, r)
			}
		}
		time.Sleep(2 * time.Second) // to be at work; the exit code is the same if they are not yet
		for _, r := range runs {
			if err := r.cmd.Process.Signal(signal); err != nil {
				t.Errorf("%s %s: %v", r.command, r.args, err)
			}
		}
		for _, r := range runs {
			r.check(t, signal, code)
		}
	}
}

// check waits for the end of a run and looks at what it leaves.
func (r *interrupted) check(t *testing.T, signal syscall.Signal, want int) {
	t.Helper()
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
