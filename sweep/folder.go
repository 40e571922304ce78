package sweep

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"markovicl/internal/atomicfile"
	"markovicl/store"
)

// The files of a folder of a sweep. Answers and failures are stores; the others can be
// made from them.
const (
	gridFile      = "sweep.json"
	answersFolder = "answers"
	failedFolder  = "failures"
	cancelFile    = "cancelled"
	failedTable   = "failed.csv"
	resultsTable  = "results.csv"
	parquetTable  = "results.parquet"
	arraysFile    = "arrays.npz"
)

// header is the content of sweep.json.
type header struct {
	Format  int    `json:"format"`
	Version string `json:"version"` // of what answers, see store.Build
	Shards  int    `json:"shards"`
	Grid    *Grid  `json:"grid"`
}

const folderFormat = 1

// folder is the folder of a sweep.
type folder struct {
	dir      string
	header   header
	answers  *store.Store
	failures *store.Store
	files    fingerprints
}

// openFolder opens the folder of a sweep that is there.
func openFolder(dir string) (*folder, error) {
	data, err := os.ReadFile(filepath.Join(dir, gridFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, badf("out", "%s is not the folder of a sweep: it has no %s", dir, gridFile)
	}
	if err != nil {
		return nil, badf("out", "%w", err)
	}
	f := &folder{dir: dir}
	if err := json.Unmarshal(data, &f.header); err != nil {
		return nil, badf("out", "%s is damaged (%w); give the command of the sweep again", filepath.Join(dir, gridFile), err)
	}
	if f.header.Format != folderFormat {
		return nil, badf("out", "the sweep in %s is of format %d, this program knows format %d; take the program that began it, or another folder", dir, f.header.Format, folderFormat)
	}
	if err := f.header.Grid.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, gridFile), err)
	}
	if err := f.openStores(); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *folder) openStores() (err error) {
	if f.answers, err = store.Open(filepath.Join(f.dir, answersFolder)); err == nil {
		f.failures, err = store.Open(filepath.Join(f.dir, failedFolder))
	}
	if err != nil {
		return badf("out", "the folder of the sweep cannot be used: %w", err)
	}
	return nil
}

// enter opens the folder for a run, makes it if there is none, and takes the lock of the
// shard. A folder in which another sweep runs is refused.
func enter(dir string, h header, s Shard) (*folder, *store.FolderLock, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, nil, badf("out", "%w", err)
	}
	if info, err := os.Stat(filepath.Join(dir, cancelFile)); err == nil {
		return nil, nil, badf("out", "the sweep in %s was cancelled at %s; remove %s to go on with it", dir,
			info.ModTime().Format(time.DateTime), filepath.Join(dir, cancelFile))
	}
	gate, err := store.TryLock(dir, "sweep", "a sweep that begins")
	for begin := time.Now(); err != nil; gate, err = store.TryLock(dir, "sweep", "a sweep that begins") {
		var busy *store.BusyError
		if !errors.As(err, &busy) || time.Since(begin) > time.Minute {
			return nil, nil, badf("out", "%w", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	defer gate.Unlock()

	old, oldErr := openFolder(dir)
	same := oldErr == nil && old.header.Version == h.Version && old.header.Shards == h.Shards && old.header.Grid.equal(h.Grid)
	if !same {
		if err := idle(dir); err != nil {
			return nil, nil, badf("out", "another sweep runs in this folder, with another grid, another number of shards or another build: %w", err)
		}
	}
	lock, err := store.TryLock(dir, shardName(s), "shard "+s.String())
	if err != nil {
		return nil, nil, badf("shard", "shard %v of this sweep runs already: %w", s, err)
	}
	if same {
		return old, lock, nil
	}
	f := &folder{dir: dir, header: h}
	data, err := json.MarshalIndent(h, "", "  ")
	if err == nil {
		err = atomicfile.Write(filepath.Join(dir, gridFile), append(data, '\n'))
	}
	if err == nil {
		err = f.openStores()
	}
	if err == nil { // a table of another grid would be taken for this one's
		for _, name := range []string{resultsTable, parquetTable, arraysFile, failedTable} {
			if err = os.Remove(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			if err != nil {
				break
			}
		}
	}
	if err != nil {
		lock.Unlock()
		return nil, nil, err
	}
	return f, lock, nil
}

func shardName(s Shard) string {
	return "shard-" + strconv.Itoa(s.Index) + "-of-" + strconv.Itoa(s.Count)
}

// idle returns an error that names a shard that runs in the folder. Locks of the dead are
// free.
func idle(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, ".shard-*.lock"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		name := filepath.Base(path)
		lock, err := store.TryLock(dir, name[1:len(name)-len(".lock")], "")
		if err != nil {
			return err
		}
		if err := lock.Unlock(); err != nil {
			return err
		}
	}
	return nil
}

// failure returns the failure that is kept of a question, or nil.
func (f *folder) failure(k store.Key) (*failureEntry, error) {
	if !f.failures.Has(k) {
		return nil, nil
	}
	data, err := f.failures.Get(k)
	var corrupt *store.CorruptError
	if errors.Is(err, store.ErrNone) || errors.As(err, &corrupt) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e := &failureEntry{}
	if err := json.Unmarshal(data, e); err != nil {
		return nil, fmt.Errorf("the failure %s in %s is not readable: %w", k, f.dir, err)
	}
	return e, nil
}

func (f *folder) fail(k store.Key, e failureEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return f.failures.PutUnsynced(k, data)
}

// digest is a key without its text, which would be twice as long.
type digest [32]byte

func digestOf(k store.Key) (d digest) {
	if n, err := hex.Decode(d[:], []byte(k)); err != nil || n != len(d) {
		panic(fmt.Sprintf("sweep: %q is no key of a store", k))
	}
	return d
}

func (d digest) key() store.Key { return store.Key(hex.EncodeToString(d[:])) }

// Cancel tells all processes that work on the sweep in a folder to stop, and those that
// begin later not to.
func Cancel(dir string) error {
	if _, err := openFolder(dir); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, cancelFile), []byte("remove this file to go on with the sweep\n"))
}
