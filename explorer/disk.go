package explorer

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"markovicl/store"
)

// DefaultDisk is the number of bytes that answers may occupy in the folder of a Disk.
const DefaultDisk = 256 << 20

// answerFormat is part of the version of what a Disk keeps: it changes when the same
// question means another thing, should that not come with another build.
const answerFormat = "explorer 1 "

// Disk is a cache in a folder, behind one in memory: an answer is there after the
// program has ended, and for other servers that use the folder. It is bounded; what was
// not asked for longest goes first. An answer is found by the same build on the same
// kind of machine only, for which its bytes are promised. An entry that is damaged is
// set aside and the question asked again.
//
// A folder that cannot be written, or a disk that is full, is noted once, and the
// memory serves on.
type Disk struct {
	memory  *Memory
	dir     string
	most    int64
	version func() (string, error)
	note    func(error)

	open    sync.Once
	answers *store.Store // nil: there is none
	build   string

	mu    sync.Mutex
	bytes int64     // that the folder holds, as far as this process knows
	noted sync.Once // that something is wrong with it
}

// NewDisk returns a cache in a folder, which is made when the first question comes.
// version tells the build of the program, see [store.Build]; it may take its time. most
// is the number of bytes that the folder may occupy. note is told of what is wrong with
// the folder, once, and of every entry that was set aside.
func NewDisk(dir string, most int64, version func() (string, error), note func(error)) *Disk {
	return &Disk{memory: NewMemory(DefaultMemory), dir: dir, most: most, version: version, note: note}
}

// Open opens the folder now and not when the first question comes.
func (d *Disk) Open() {
	d.open.Do(func() {
		build, err := d.version()
		if err != nil {
			d.fault(err)
			return
		}
		// What was asked is nobody else's business.
		if err := os.MkdirAll(d.dir, 0o700); err != nil {
			d.fault(err)
			return
		}
		s, err := store.Open(d.dir)
		if err != nil {
			d.fault(err)
			return
		}
		d.answers, d.build = s, answerFormat+build
		if d.bytes, err = s.Trim(d.most); err != nil {
			d.fault(err)
		}
	})
}

// fault notes the first thing that is wrong with the folder.
func (d *Disk) fault(err error) {
	d.noted.Do(func() {
		d.note(fmt.Errorf("answers are kept in memory, since the folder %s cannot be used as it should: %w", d.dir, err))
	})
}

func (d *Disk) key(question []byte) store.Key {
	return store.KeyOf([]byte(canonical(question)), d.build)
}

// Get implements Cache.
func (d *Disk) Get(question []byte) ([]byte, bool) {
	if answer, ok := d.memory.Get(question); ok {
		return answer, true
	}
	if d.Open(); d.answers == nil {
		return nil, false
	}
	k := d.key(question)
	answer, err := d.answers.Get(k)
	var damaged *store.CorruptError
	switch {
	case err == nil:
		d.answers.Touch(k)
		d.memory.Put(question, answer)
		return answer, true
	case errors.As(err, &damaged):
		d.note(fmt.Errorf("%w; the question is asked again", err))
	case !errors.Is(err, store.ErrNone):
		d.fault(err)
	}
	return nil, false
}

// Put implements Cache.
func (d *Disk) Put(question, answer []byte) {
	d.memory.Put(question, answer)
	size := store.Occupied(int64(len(answer)))
	if d.Open(); d.answers == nil || size > d.most/4 {
		return
	}
	if err := d.answers.PutUnsynced(d.key(question), answer); err != nil {
		d.fault(err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bytes += size; d.bytes > d.most {
		// More than must go, so that the folder is not looked through at every answer.
		var err error
		if d.bytes, err = d.answers.Trim(d.most / 4 * 3); err != nil {
			d.fault(err)
		}
	}
}
