//go:build unix

package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// slurm is a Slurm of a single node, this machine, that lives in a temporary folder.
type slurm struct {
	t         *testing.T
	dir, conf string
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// newSlurm starts munged, slurmctld and slurmd, or says that it cannot.
func newSlurm(t *testing.T) *slurm {
	t.Helper()
	find := func(name string) string {
		for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin") {
			if path := filepath.Join(dir, name); exec.Command("test", "-x", path).Run() == nil {
				return path
			}
		}
		return ""
	}
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if find(name) == "" {
			t.Skipf("no %s is installed: a sweep as a Slurm array was not tried (Debian: apt-get install slurm-wlm)", name)
		}
	}
	dir, err := os.MkdirTemp("", "slurm") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	key := make([]byte, 1024)
	rand.Read(key)
	conf := strings.NewReplacer("DIR", dir, "HOST", host, "USER", me.Username, "PORT1", fmt.Sprint(freePort(t)), "PORT2", fmt.Sprint(freePort(t))).Replace(`ClusterName=test
SlurmctldHost=HOST(127.0.0.1)
SlurmUser=USER
SlurmdUser=USER
AuthType=auth/munge
AuthInfo=socket=DIR/munge.socket
CredType=cred/munge
SlurmctldPort=PORT1
SlurmdPort=PORT2
StateSaveLocation=DIR/state
SlurmdSpoolDir=DIR/spool
SlurmctldPidFile=DIR/ctld.pid
SlurmdPidFile=DIR/d.pid
SlurmctldLogFile=DIR/ctld.log
SlurmdLogFile=DIR/d.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=100000
KillWait=2
NodeName=HOST NodeAddr=127.0.0.1 CPUs=2 RealMemory=100000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`)
	s := &slurm{t, dir, filepath.Join(dir, "slurm.conf")}
	for _, folder := range []string{"state", "spool"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, data := range map[string][]byte{s.conf: []byte(conf), filepath.Join(dir, "munge.key"): key} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.daemon(find("munged"), "--foreground", "--force", "--key-file="+in("munge.key"), "--socket="+in("munge.socket"),
		"--pid-file="+in("munged.pid"), "--log-file="+in("munged.log"), "--seed-file="+in("seed"))
	s.until("munged", func() bool { _, err := os.Stat(in("munge.socket")); return err == nil })
	s.daemon(find("slurmctld"), "-D", "-f", s.conf)
	s.daemon(find("slurmd"), "-D", "-f", s.conf)
	s.until("the node", func() bool {
		out, _ := s.command("sinfo", "-h", "-o", "%t").Output()
		return strings.TrimSpace(string(out)) == "idle"
	})
	return s
}

func (s *slurm) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "SLURM_CONF="+s.conf)
	return cmd
}

func (s *slurm) daemon(path string, args ...string) {
	s.t.Helper()
	cmd := s.command(path, args...)
	cmd.Dir = s.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		s.t.Skipf("%s cannot be started, %v: a sweep as a Slurm array was not tried", path, err)
	}
	s.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		over := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		over.Stop()
	})
}

// until waits for what a daemon brings; a machine on which Slurm does not come up is
// no fault of the program.
func (s *slurm) until(what string, there func() bool) {
	s.t.Helper()
	for range 300 {
		if there() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, name := range []string{"munged.log", "ctld.log", "d.log"} {
		data, _ := os.ReadFile(filepath.Join(s.dir, name))
		s.t.Logf("%s: %s", name, data[max(0, len(data)-2000):])
	}
	s.t.Skipf("%s does not come up here: a sweep as a Slurm array was not tried", what)
}

// The array of docs/sweeps.md, on four tasks, makes the table of one process; tasks that
// are requeued in the middle change nothing.
func TestSlurm(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Slurm")
	}
	t.Parallel() // it waits for Slurm most of the time
	s := newSlurm(t)
	w := newWorkplace(t)
	const grid = "command: optimum\nover: {prior: [uniform, 'beta:2,5'], d: [1, 2], n: 1..40}\n"
	w.write("grid.yaml", grid)
	script := block(t, documents(t)["docs/sweeps.md"], "#!/bin/bash")
	if !strings.Contains(script, "--array=1-16\n") || !strings.Contains(script, "--shard slurm") {
		t.Fatalf("the script of docs/sweeps.md is another one:\n%s", script)
	}
	script = strings.NewReplacer("--array=1-16\n", "--array=1-4\n", "--cpus-per-task=4", "--cpus-per-task=1").Replace(script)
	w.write("job.sh", script)
	submit := s.command("sbatch", "--parsable", "job.sh")
	submit.Dir = w.dir
	out, err := submit.CombinedOutput()
	if err != nil {
		t.Fatalf("sbatch: %v\n%s", err, out)
	}
	job := strings.TrimSpace(string(out))
	// A task at work is requeued, which kills it. Slurm lets it wait for two minutes then,
	// unless it is told otherwise.
	requeued := ""
	for left := job; left != ""; time.Sleep(200 * time.Millisecond) {
		answers, _ := filepath.Glob(filepath.Join(w.dir, "grid", "answers", "??", "*"))
		for _, task := range []string{"1", "2", "3", "4"} {
			if requeued != "" || len(answers) < 4 {
				break
			}
			if s.command("scontrol", "requeue", job+"_"+task).Run() == nil {
				requeued = job + "_" + task
				t.Logf("requeued task %s after %d answers", task, len(answers))
			}
		}
		if requeued != "" {
			s.command("scontrol", "update", "JobId="+requeued, "StartTime=now").Run()
		}
		queue, err := s.command("squeue", "-h", "-o", "%i %T").Output()
		if err != nil {
			t.Fatalf("squeue: %v", err)
		}
		left = strings.TrimSpace(string(queue))
	}
	if e := w.run(w.command("sweep", "grid.yaml --out alone", "")); e.code != 0 {
		t.Fatalf("%+v", e)
	}
	for _, name := range []string{"results.csv", "results.parquet", "arrays.npz"} {
		one, err1 := os.ReadFile(filepath.Join(w.dir, "alone", name))
		many, err2 := os.ReadFile(filepath.Join(w.dir, "grid", name))
		if err1 != nil || err2 != nil || !bytes.Equal(one, many) {
			t.Errorf("%s of the array is another one than that of one process: %v, %v\n%s", name, err1, err2, w.logs())
		}
	}
}

func (w *workplace) logs() string {
	var all strings.Builder
	names, _ := filepath.Glob(filepath.Join(w.dir, "slurm-*.out"))
	for _, name := range names {
		data, _ := os.ReadFile(name)
		fmt.Fprintf(&all, "%s:\n%s", filepath.Base(name), data)
	}
	return all.String()
}

// block returns the indented block of a document that begins with a line.
func block(t *testing.T, document, first string) string {
	t.Helper()
	_, rest, found := strings.Cut(document, "    "+first+"\n")
	if !found {
		t.Fatalf("the document has no block %q", first)
	}
	lines := []string{first}
	for line := range strings.Lines(rest) {
		text, indented := strings.CutPrefix(line, "    ")
		if !indented && strings.TrimSpace(line) != "" {
			break
		}
		lines = append(lines, strings.TrimRight(text, "\n"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}
