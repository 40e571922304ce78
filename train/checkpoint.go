package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"markovicl/internal/atomicfile"
	"markovicl/internal/npz"
	"markovicl/lsa"
)

// A checkpoint is a safetensors file: the parameters under the names of a
// parameter file, so that it can be used as one, beside them the optimiser's
// state and the history, and in the metadata the problem and the step.

// ErrOtherProblem marks the error of a run that is to be resumed from the
// checkpoint of another one.
var ErrOtherProblem = errors.New("it belongs to another problem")

// Checkpoints is where the checkpoints of a run are kept, one for each seed. It is
// used from several goroutines, each with seeds of its own.
type Checkpoints interface {
	// Load returns the checkpoint of a seed. If there is none, the error is
	// fs.ErrNotExist.
	Load(seed uint64) ([]byte, error)
	// Save replaces the checkpoint of a seed, whole or not at all.
	Save(seed uint64, data []byte) error
}

// Folder keeps checkpoints in the directory of a run.
type Folder string

// OpenFolder returns the folder, in which no parts of checkpoints are left that a
// run was writing when it was killed.
func OpenFolder(dir string) (Folder, error) {
	return Folder(dir), atomicfile.RemoveLeftovers(filepath.Join(dir, "checkpoints"))
}

// File returns the path of the checkpoint of a seed.
func (f Folder) File(seed uint64) string {
	return filepath.Join(string(f), "checkpoints", fmt.Sprintf("seed-%d.safetensors", seed))
}

// Seeds returns those of n seeds from first on that have a checkpoint.
func (f Folder) Seeds(first uint64, n int) (seeds []uint64) {
	for k := range uint64(max(0, n)) {
		if _, err := os.Stat(f.File(first + k)); !errors.Is(err, fs.ErrNotExist) {
			seeds = append(seeds, first+k)
		}
	}
	return seeds
}

// Load implements Checkpoints.
func (f Folder) Load(seed uint64) ([]byte, error) { return os.ReadFile(f.File(seed)) }

// Save implements Checkpoints.
func (f Folder) Save(seed uint64, data []byte) error {
	path := f.File(seed)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return atomicfile.Write(path, data)
}

// identity returns the problem as the text that a checkpoint must have been
// written for.
func (p Problem) identity() (string, error) {
	text, err := json.Marshal(struct {
		Task   any    `json:"task"`
		Config Config `json:"config"`
		Seed   uint64 `json:"seed"`
		Form   string `json:"form,omitempty"` // a digest
		Init   string `json:"init,omitempty"` // a digest
	}{p.Task, p.Config, p.Seed, p.digest(), p.Initial.digest()})
	return string(text), err
}

// metadata returns what a checkpoint says of itself: the problem and the step.
func (p Problem) metadata(step int) (map[string]string, error) {
	identity, err := p.identity()
	return map[string]string{"problem": identity, "step": fmt.Sprint(step)}, err
}

// checkMetadata returns the step of a checkpoint of this problem.
func (p Problem) checkMetadata(metadata map[string]string) (step int, err error) {
	identity, err := p.identity()
	if err != nil {
		return 0, err
	}
	differences, err := differences(metadata["problem"], identity)
	if err != nil {
		return 0, err
	}
	if len(differences) > 0 {
		return 0, fmt.Errorf("%w:\n  %s\nchoose another directory, or the same task, settings and seed; only steps may grow", ErrOtherProblem, strings.Join(differences, "\n  "))
	}
	if _, err := fmt.Sscan(metadata["step"], &step); err != nil || step < 0 || step > p.Config.Steps {
		return 0, fmt.Errorf("step %q is not one of this run", metadata["step"])
	}
	return step, nil
}

// digest returns a hash of the form that is trained on, empty if it is the task's.
func (p Problem) digest() string {
	if p.Form == nil {
		return ""
	}
	hash := sha256.New()
	numbers := append(append([]float64{p.Form.C}, p.Form.L...), p.Form.H.RawSymmetric().Data...)
	binary.Write(hash, binary.LittleEndian, numbers)
	return hex.EncodeToString(hash.Sum(nil))
}

// save writes the checkpoint of the run, whole or not at all.
func (r *run) save() error {
	if r.checkpoints == nil {
		return nil
	}
	metadata, err := r.problem.metadata(r.step)
	if err != nil {
		return err
	}
	extra := map[string][]float64{}
	names, slices := r.optimizer.state()
	for k, name := range names {
		extra[name] = slices[k]
	}
	if len(r.history) > 0 {
		extra["history"] = historyNumbers(r.history)
	}
	data, err := lsa.EncodeSafetensorsWith(r.model, extra, metadata)
	if err != nil {
		return err
	}
	return r.checkpoints.Save(r.problem.Seed, data)
}

// differences names what differs between two problems, each as its identity, but
// for a number of steps that grows.
func differences(of, now string) ([]string, error) {
	var a, b any
	if err := json.Unmarshal([]byte(of), &a); err != nil {
		return nil, fmt.Errorf("its problem is not readable: %w", err)
	}
	if err := json.Unmarshal([]byte(now), &b); err != nil {
		return nil, err
	}
	var list []string
	compare("", a, b, func(name string, x, y any) {
		before, _ := x.(float64)
		if after, ok := y.(float64); name == "config.steps" && ok && before <= after {
			return
		}
		text := func(v any) string {
			data, _ := json.Marshal(v) // decoded JSON
			return string(data)
		}
		list = append(list, fmt.Sprintf("%s is %s, in the checkpoint %s", name, text(y), text(x)))
	})
	return list, nil
}

// compare calls differ for every leaf of two decoded JSON values that is not equal,
// with the path to it, in order.
func compare(path string, x, y any, differ func(path string, x, y any)) {
	a, okA := x.(map[string]any)
	b, okB := y.(map[string]any)
	if !okA || !okB {
		if !reflect.DeepEqual(x, y) {
			differ(path, x, y)
		}
		return
	}
	keys := map[string]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		compare(strings.TrimPrefix(path+"."+key, "."), a[key], b[key], differ)
	}
}

// restore sets the run to where its checkpoint left it. Without a checkpoint it
// does nothing; a checkpoint of another problem is an error that names what differs.
// More steps than it was written for are a run that goes on, with the step sizes of
// the longer schedule from there.
func (r *run) restore() error {
	data, err := r.checkpoints.Load(r.problem.Seed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	fail := func(err error) error { return fmt.Errorf("checkpoint of seed %d: %w", r.problem.Seed, err) }
	model, extra, metadata, err := lsa.DecodeSafetensorsWith(data)
	if err != nil {
		return fail(err)
	}
	if r.step, err = r.problem.checkMetadata(metadata); err != nil {
		return fail(err)
	}
	parts := r.model.Parts()
	for k, part := range model.Parts() {
		if want := parts[k]; part.Name != want.Name || !slices.Equal(part.Shape, want.Shape) {
			return fail(fmt.Errorf("the parameters have %q of shape %s where this run has %q of shape %s", part.Name, npz.Shape(part.Shape), want.Name, npz.Shape(want.Shape)))
		}
		copy(parts[k].Data, part.Data)
	}
	names, state := r.optimizer.state()
	for k, name := range names {
		if len(extra[name]) != len(state[k]) {
			return fail(fmt.Errorf("the optimiser's %q has %d numbers, want %d", name, len(extra[name]), len(state[k])))
		}
		copy(state[k], extra[name])
	}
	r.history = historyOf(extra["history"])
	return nil
}
