// Package sweep asks a grid of questions: thousands of them, on one machine or on many.
//
//	grid, err := sweep.ParseGrid([]byte(`
//	command: optimum
//	flags: {prior: "beta:2,5"}
//	over: {d: [1, 2, 3], n: [1, 10, inf]}
//	`))
//	summary, err := sweep.Run(ctx, "out", grid, sweep.Settings{Open: open})
//
// A [Grid] is a command, flags that are the same everywhere, and the values of those that
// are swept; it is every combination of them, the first swept flag slowest. [Run] asks
// what the folder has no answer to and, once all questions have one, writes the table.
// Each answer is an entry of a [store.Store] by the hash of its question, of the files
// that it names, and of the build: asking anything twice is harmless, and a run that is
// killed goes on where it was. The processes of a cluster that share the folder each take
// a [Shard].
//
// Where to read what: grid.go has grids and their YAML; folder.go what a folder of a sweep
// holds and who may use it; run.go the work of one process; plan.go in which order it is
// done and what is left; shard.go how questions are dealt out; table.go, flatten.go,
// parquet.go and arrays.go the table; picture.go what is drawn of it.
package sweep

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"

	"markovicl/ask"
	"markovicl/store"
)

// A Failure is a question that has no answer, or one that is not all that was asked for.
type Failure struct {
	Point   []string `json:"point"` // the values of the swept flags
	Kind    ask.Kind `json:"kind"`
	Message string   `json:"message"`
}

// Summary is where a sweep stands. As JSON it is the answer of the command sweep.
type Summary struct {
	Name      string    `json:"name,omitempty"` // of a sweep in a database
	Questions int       `json:"questions"`
	Done      int       `json:"done"`   // that have an answer
	Failed    []Failure `json:"failed"` // the first of them in the order of the grid; failed.csv has all
	Failures  int       `json:"failures"`
	Table     string    `json:"table"` // the file, in the folder of the sweep; "" as long as answers are missing
}

// mostFailures is how many failures a Summary lists.
const mostFailures = 100

// Complete reports whether every question was asked: it has an answer or has failed.
func (s *Summary) Complete() bool { return s.Table != "" }

// fingerprints are the hashes of files that questions name. A file is read once: it must
// not change during a sweep.
type fingerprints struct {
	open func(name string) (io.ReadCloser, error)
	mu   sync.Mutex
	of   map[string]string
}

func (f *fingerprints) file(name string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if text, ok := f.of[name]; ok {
		return text, nil
	}
	if f.open == nil || name == "-" {
		return "", fmt.Errorf("%s: a sweep reads named files only", name)
	}
	file, err := f.open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	if f.of == nil {
		f.of = map[string]string{}
	}
	f.of[name] = fmt.Sprintf("%x", h.Sum(nil))
	return f.of[name], nil
}

// identity returns what the key of a question is made from: its canonical text, and the
// contents of its files.
func (f *fingerprints) identity(q ask.Question) ([]byte, error) {
	text := ask.Canonical(q)
	names, err := ask.FilesOf(q, ask.Env{Open: f.open})
	if err != nil || len(names) == 0 {
		return text, err
	}
	var b bytes.Buffer
	b.Write(text)
	for _, name := range names {
		hash, err := f.file(name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n%q %s", name, hash)
	}
	return b.Bytes(), nil
}

// key returns the key of a question. One whose files cannot be read has a key, too: its
// failure is kept by it.
func (f *fingerprints) key(q ask.Question, version string) store.Key {
	text, err := f.identity(q)
	if err != nil {
		text = append(ask.Canonical(q), "\nits files cannot be read"...)
	}
	return store.KeyOf(text, version)
}
