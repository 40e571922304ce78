package landscape

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"

	"markovicl/moment"
)

// The arrays of a certificate file, an NPZ archive: l is a number, W [n, n] with
// n = q(q+1)^2, H [qm, qm], h [qm], c a number, and task the bytes of a JSON text,
// or one blank.
const (
	keyLower = "l"
	keyW     = "W"
	keyH     = "H"
	keyL     = "h"
	keyC     = "c"
	keyTask  = "task"
)

// WriteFile writes the certificate as an NPZ archive with the keys l, W, H, h, c
// and task. The file appears complete or not at all.
func (c *Certificate) WriteFile(path string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	if err := c.write(file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := file.Chmod(0o644); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (c *Certificate) write(w io.Writer) error {
	n := int(math.Round(math.Sqrt(float64(len(c.W)))))
	task := c.Task
	if task == "" {
		task = " "
	}
	archive := npz.NewWriter(w)
	for _, array := range []struct {
		key   string
		value any
	}{
		{keyLower, c.Lower},
		{keyW, mat.NewDense(n, n, c.W)},
		{keyH, mat.DenseCopyOf(c.Form.H)},
		{keyL, c.Form.L},
		{keyC, c.Form.C},
		{keyTask, []byte(task)},
	} {
		if err := archive.Write(array.key, array.value); err != nil {
			return fmt.Errorf("array %s: %w", array.key, err)
		}
	}
	return archive.Close()
}

// ReadCertificate reads a certificate file. It checks shapes, not the proof.
func ReadCertificate(path string) (*Certificate, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	c, err := readCertificate(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("certificate file %s: %w", path, err)
	}
	return c, nil
}

func readCertificate(r io.ReaderAt, size int64) (*Certificate, error) {
	archive, err := npz.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("this is not a complete NPZ archive (cut off, perhaps): %w", err)
	}
	keys := archive.Keys()
	read := func(key string, rank int, value any) error {
		if !slices.Contains(keys, key) {
			return fmt.Errorf("the array %s is missing", key)
		}
		header := archive.Header(key)
		if header == nil {
			return fmt.Errorf("the array %s cannot be read", key)
		}
		shape := header.Descr.Shape
		entries := int64(1)
		for _, n := range shape {
			if n < 1 || int64(n) > size/entries {
				return fmt.Errorf("the array %s has the shape %v, more than the file holds", key, shape)
			}
			entries *= int64(n)
		}
		if len(shape) != rank {
			return fmt.Errorf("the array %s has the shape %v, want %d dimensions", key, shape, rank)
		}
		if header.Descr.Fortran {
			return fmt.Errorf("the array %s is in Fortran order; write it in C order", key)
		}
		if err := archive.Read(key, value); err != nil {
			return fmt.Errorf("the array %s cannot be read: %w", key, err)
		}
		return nil
	}
	c := &Certificate{Form: new(moment.Form)}
	var W, H mat.Dense
	var task []byte
	for _, array := range []struct {
		key   string
		rank  int
		value any
	}{
		{keyLower, 0, &c.Lower}, {keyW, 2, &W}, {keyH, 2, &H}, {keyL, 1, &c.Form.L}, {keyC, 0, &c.Form.C}, {keyTask, 1, &task},
	} {
		if err := read(array.key, array.rank, array.value); err != nil {
			return nil, err
		}
	}
	if c.Task = string(task); c.Task == " " {
		c.Task = ""
	}
	n := len(c.Form.L)
	for c.Form.Dim() < n {
		c.Form.Q++
	}
	if c.Form.Dim() != n {
		return nil, fmt.Errorf("h has %d entries, which is not q(q+1)(q+2)/2 for any q", n)
	}
	if rows, columns := H.Dims(); rows != n || columns != n {
		return nil, fmt.Errorf("H is %d x %d, want %d x %d, as long as h", rows, columns, n, n)
	}
	c.Form.H = mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			if H.At(i, j) != H.At(j, i) {
				return nil, fmt.Errorf("H is not symmetric: H[%d,%d] = %g, H[%d,%d] = %g", i, j, H.At(i, j), j, i, H.At(j, i))
			}
			c.Form.H.SetSym(i, j, H.At(i, j))
		}
	}
	rows, columns := W.Dims()
	if want := c.Form.Q * (c.Form.Q + 1) * (c.Form.Q + 1); rows != want || columns != want {
		return nil, fmt.Errorf("W is %d x %d, want %d x %d for q = %d", rows, columns, want, want, c.Form.Q)
	}
	c.W = W.RawMatrix().Data
	return c, nil
}
