package sweep

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"markovicl/store"
)

// timings is the file of what questions took, apart from answers, whose bytes never
// depend on time: a line a question, appended run by run.
type timings struct {
	mu   sync.Mutex
	file *os.File
	w    *bufio.Writer
}

func openTimings(path string) (*timings, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, badf("out", "%w", err)
	}
	t := &timings{file: file, w: bufio.NewWriter(file)}
	end, err := file.Seek(0, io.SeekEnd)
	last := []byte{'\n'}
	if err == nil && end > 0 {
		_, err = file.ReadAt(last, end-1)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if end == 0 {
		fmt.Fprintln(t.w, "answer,seconds")
	} else if last[0] != '\n' { // a run was killed within a line
		fmt.Fprintln(t.w)
	}
	return t, nil
}

func (t *timings) add(k store.Key, seconds float64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := fmt.Fprintf(t.w, "%s,%.6f\n", k, seconds)
	return err
}

func (t *timings) close() error { return errors.Join(t.w.Flush(), t.file.Close()) }
