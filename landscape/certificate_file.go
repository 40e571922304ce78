package landscape

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/sbinet/npyio/npy"
	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"

	"markovicl/internal/atomicfile"
	"markovicl/moment"
)

// The arrays of a certificate file, an NPZ archive: l is a number, W [n, n] with
// n = q(q+1)^2, H [qm, qm], h [qm], c a number, and task the bytes of a JSON text,
// or one blank. A certificate of level 1 has the arrays P, U and G of its Multiplier
// as well, and a W of another size.
const (
	keyLower = "l"
	keyW     = "W"
	keyH     = "H"
	keyL     = "h"
	keyC     = "c"
	keyTask  = "task"
	keyP     = "P"
	keyU     = "U"
	keyG     = "G"
)

// WriteFile writes the certificate as an NPZ archive with the keys l, W, H, h, c
// and task, at level 1 also P, U and G. The file appears complete or not at all.
func (c *Certificate) WriteFile(path string) error {
	return atomicfile.WriteTo(path, c.write)
}

func (c *Certificate) write(w io.Writer) error {
	n := int(math.Round(math.Sqrt(float64(len(c.W)))))
	task := c.Task
	if task == "" {
		task = " "
	}
	type array struct {
		key   string
		value any
	}
	arrays := []array{
		{keyLower, c.Lower},
		{keyW, mat.NewDense(n, n, c.W)},
		{keyH, mat.DenseCopyOf(c.Form.H)},
		{keyL, c.Form.L},
		{keyC, c.Form.C},
		{keyTask, []byte(task)},
	}
	if m := c.Multiplier; m != nil {
		arrays = append(arrays, array{keyP, mat.DenseCopyOf(m.P)}, array{keyU, m.U}, array{keyG, m.G})
	}
	archive := npz.NewWriter(w)
	for _, array := range arrays {
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
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("this is not a complete NPZ archive (cut off, perhaps): %w", err)
	}
	find := func(key string) *zip.File {
		for _, f := range archive.File {
			if f.Name == key+".npy" || f.Name == key {
				return f
			}
		}
		return nil
	}
	read := func(key string, rank int, value any) error {
		f := find(key)
		if f == nil {
			return fmt.Errorf("the array %s is missing", key)
		}
		if err := readArray(f, rank, value); err != nil {
			return fmt.Errorf("the array %s %w", key, err)
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
	if c.Form.H, err = symmetricMatrix(keyH, &H); err != nil {
		return nil, err
	}
	rows, columns := W.Dims()
	c.W = W.RawMatrix().Data
	if find(keyP) != nil {
		var P mat.Dense
		m := &Multiplier{U: new(mat.Dense), G: new(mat.Dense)}
		for _, array := range []struct {
			key   string
			value *mat.Dense
		}{{keyP, &P}, {keyU, m.U}, {keyG, m.G}} {
			if err := read(array.key, 2, array.value); err != nil {
				return nil, err
			}
		}
		if m.P, err = symmetricMatrix(keyP, &P); err != nil {
			return nil, err
		}
		if want := m.entries() * (1 + m.size()); rows != want || columns != want {
			return nil, fmt.Errorf("W is %d x %d, want %d x %d for the U and G in the file", rows, columns, want, want)
		}
		c.Multiplier = m
		return c, nil
	}
	if want := c.Form.Q * (c.Form.Q + 1) * (c.Form.Q + 1); rows != want || columns != want {
		return nil, fmt.Errorf("W is %d x %d, want %d x %d for q = %d", rows, columns, want, want, c.Form.Q)
	}
	return c, nil
}

// readArray reads an array of an NPZ archive. Its errors go on from the array's name.
func readArray(f *zip.File, rank int, value any) (err error) {
	defer malformed(&err)
	entry, err := f.Open()
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	defer entry.Close()
	reader, err := npy.NewReader(wholeReads{entry})
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	shape := reader.Header.Descr.Shape
	entries := uint64(1)
	for _, n := range shape {
		if n < 1 || uint64(n) > f.UncompressedSize64/entries {
			return fmt.Errorf("has the shape %v, more than the file holds", shape)
		}
		entries *= uint64(n)
	}
	if len(shape) != rank {
		return fmt.Errorf("has the shape %v, want %d dimensions", shape, rank)
	}
	if reader.Header.Descr.Fortran {
		return errors.New("is in Fortran order; write it in C order")
	}
	if entries > largestArray {
		return fmt.Errorf("has the shape %v, more than a certificate needs", shape)
	}
	if err := reader.Read(value); err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	return nil
}

// malformed turns a panic of package npy, which trusts headers, into an error.
func malformed(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("cannot be read: its header is malformed (%v)", r)
	}
}

// largestArray keeps a small file from claiming all memory.
const largestArray = 1 << 27

// wholeReads fills the buffer of every Read or fails. Package npy reads number by
// number and takes whatever part of one a Read returns, which in a compressed file
// may be less than all.
type wholeReads struct{ io.Reader }

func (r wholeReads) Read(p []byte) (int, error) { return io.ReadFull(r.Reader, p) }

// symmetricMatrix returns M, which is named in errors, as a symmetric matrix.
func symmetricMatrix(name string, M *mat.Dense) (*mat.SymDense, error) {
	n, columns := M.Dims()
	if columns != n {
		return nil, fmt.Errorf("%s is %d x %d; it must be square", name, n, columns)
	}
	S := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			if M.At(i, j) != M.At(j, i) {
				return nil, fmt.Errorf("%s is not symmetric: %s[%d,%d] = %g, %s[%d,%d] = %g", name, name, i, j, M.At(i, j), name, j, i, M.At(j, i))
			}
			S.SetSym(i, j, M.At(i, j))
		}
	}
	return S, nil
}
