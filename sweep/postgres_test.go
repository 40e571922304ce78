//go:build unix

package sweep_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"markovicl/sweep"
)

// server is a PostgreSQL that the tests start, on a Unix socket in a temporary folder.
type server struct {
	bin, dir string
	flags    []string
	process  *exec.Cmd
	life     io.Closer // of the server: it stops when this is closed, also by the death of the test
	log      bytes.Buffer
}

// asServer lets a command run as a user that PostgreSQL starts for: not as root.
func asServer(cmd *exec.Cmd) *exec.Cmd {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	cmd.Dir = "/"
	return cmd
}

// findPostgres returns the folder of initdb and postgres, "" if there is none.
func findPostgres() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path) // the others are there
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql*/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		found, _ := filepath.Glob(filepath.Join(pattern, "initdb"))
		if len(found) > 0 {
			return filepath.Dir(slices.Max(found))
		}
	}
	return ""
}

func newServer(t testing.TB, flags ...string) *server {
	t.Helper()
	s := &server{bin: findPostgres(), flags: flags}
	if s.bin == "" {
		t.Skip("no PostgreSQL is installed: sweeps in a database were not tried (Debian: apt-get install postgresql-15)")
	}
	var err error
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil { // the path of a socket must be short
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(s.dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	init := asServer(exec.Command(filepath.Join(s.bin, "initdb"), "-D", s.dir+"/data", "-U", "markovicl", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"))
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.start(t)
	return s
}

// start starts the server and waits until it answers.
func (s *server) start(t testing.TB) {
	t.Helper()
	// The shell outlives neither its standard input nor the server.
	const script = `"$@" & pid=$!; (cat >/dev/null; kill -INT $pid 2>/dev/null) <&3 & wait $pid`
	args := append([]string{"-c", "exec 3<&0; " + script, "sh", filepath.Join(s.bin, "postgres"), "-D", s.dir + "/data", "-k", s.dir,
		"-c", "listen_addresses="}, s.flags...)
	s.process = asServer(exec.Command("sh", args...))
	s.process.Stdout, s.process.Stderr = &s.log, &s.log
	life, err := s.process.StdinPipe()
	if err == nil {
		err = s.process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.life = life
	for range 1200 {
		if exec.Command(filepath.Join(s.bin, "pg_isready"), "-q", "-h", s.dir).Run() == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	t.Fatalf("PostgreSQL does not start:\n%s", &s.log)
}

// stop stops the server at once, as a machine that is shut down does.
func (s *server) stop() {
	s.life.Close()
	s.process.Wait()
}

func (s *server) url(database string) string {
	return fmt.Sprintf("postgres://markovicl@/%s?host=%s", database, s.dir)
}

// shared is the server of the tests that need no other.
var shared struct {
	sync.Mutex
	server   *server
	database string // its URL
	schemas  int
}

// stopShared is called at the end of all tests.
func stopShared() {
	if s := shared.server; s != nil {
		s.stop()
		os.RemoveAll(s.dir)
	}
}

// newDatabase returns the URL of a place without tables: a schema of its own, which is to
// its sweeps what a database is, in one database of the shared server. It is a tenth of the files
// of another database.
func newDatabase(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = newServer(t, "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off")
		shared.database = shared.server.database(t, "shared")
	}
	shared.schemas++
	name := fmt.Sprintf("test%d", shared.schemas)
	shared.server.client(t, "psql", "-q", "-c", "CREATE SCHEMA "+name, "shared")
	return shared.database + "&search_path=" + name
}

// database makes a database and returns its URL.
func (s *server) database(t testing.TB, name string) string {
	t.Helper()
	s.client(t, "createdb", name)
	return s.url(name)
}

// client runs a client of the server.
func (s *server) client(t testing.TB, program string, args ...string) {
	t.Helper()
	cmd := asServer(exec.Command(filepath.Join(s.bin, program), append([]string{"-h", s.dir, "-U", "markovicl"}, args...)...))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func mustOpen(t testing.TB, url string) *sweep.Database {
	t.Helper()
	db, err := sweep.OpenDatabase(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}
