// Package npz reads and writes NumPy's files: NPY, one array, and NPZ, a zip archive
// of named arrays.
//
//	file, err := npz.Open("prompts.npz")
//	..
//	defer file.Close()
//	if err := file.Only("G", "u", "y"); err != nil { .. } // no other array, and none missing
//	G, err := file.Read("G", -1, 5, 5)                     // any number of 5 x 5 matrices
//
// Numbers of every type (f2 to f8, i1 to i8, u1 to u8, of either byte order) become
// float64, and an integer that no float64 equals is an error; arrays in Fortran order
// come out row-major. Reading trusts nothing: types and shapes are read before the
// numbers, an array must have exactly the bytes that its shape says, more than
// [MaxNumbers] are not read, and an entry that claims more than its compressed bytes
// can hold is refused unread. Two arrays of one name are an error.
//
// Errors name the file, the array, its type and its shape. What is written has the
// same bytes whenever it is written.
//
// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npz

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// MaxNumbers is the largest number of numbers that is read of one array: 1 GiB of
// float64.
const MaxNumbers = 1 << 27

// An Array is an array of any number of dimensions, row-major.
type Array struct {
	Type  string // as the file has it, such as "<f8"
	Shape []int  // empty for a single number
	Data  []float64
}

// Reader reads the arrays of an NPZ archive.
type Reader struct {
	path    string
	closer  io.Closer
	entries map[string]*zip.File
	names   []string // in the order of the file
}

// Open opens an NPZ file. Close it after use.
func Open(path string) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		var r *Reader
		if r, err = NewReader(file, info.Size()); err == nil {
			r.path, r.closer = path, file
			return r, nil
		}
		err = fmt.Errorf("%s: %w", path, err)
	}
	file.Close()
	return nil, err
}

// NewReader reads an NPZ archive of the given number of bytes.
func NewReader(r io.ReaderAt, size int64) (*Reader, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("this is not a complete NPZ archive (cut off, perhaps): %w", err)
	}
	out := &Reader{entries: map[string]*zip.File{}}
	for _, entry := range archive.File {
		name := strings.TrimSuffix(entry.Name, ".npy")
		if out.entries[name] != nil {
			return nil, fmt.Errorf("the archive has two arrays of the name %q", name)
		}
		out.entries[name] = entry
		out.names = append(out.names, name)
	}
	return out, nil
}

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Names are the names of the arrays, in the order of the file.
func (r *Reader) Names() []string { return slices.Clone(r.names) }

// Has reports whether there is an array of the name.
func (r *Reader) Has(name string) bool { return r.entries[name] != nil }

// Only returns an error if the archive lacks one of the arrays or has another one. A
// name that ends in "?" may be missing.
func (r *Reader) Only(names ...string) error {
	var known []string
	for _, name := range names {
		name, optional := strings.CutSuffix(name, "?")
		known = append(known, name)
		if !optional && !r.Has(name) {
			return r.errorf("the array %q is missing; the archive has %s", name, quoted(r.names))
		}
	}
	for _, name := range r.names {
		if !slices.Contains(known, name) {
			return r.errorf("the array %q is not one of %s, which belong in this file", name, quoted(known))
		}
	}
	return nil
}

func (r *Reader) errorf(format string, args ...any) error {
	if r.path != "" {
		format, args = "%s: "+format, append([]any{r.path}, args...)
	}
	return fmt.Errorf(format, args...)
}

// Header returns the type and the shape of an array without reading its numbers.
func (r *Reader) Header(name string) (typ string, shape []int, err error) {
	h, entry, err := r.open(name)
	if err != nil {
		return "", nil, err
	}
	entry.Close()
	return h.typ, h.shape, nil
}

// Read reads an array. If a shape is given, the array must have it; -1 stands for
// any size.
func (r *Reader) Read(name string, shape ...int) (*Array, error) {
	h, entry, err := r.open(name)
	if err != nil {
		return nil, err
	}
	defer entry.Close()
	a, err := h.read(entry, shape)
	if err != nil {
		return nil, r.errorf("array %q: %w", name, err)
	}
	return a, nil
}

// Number reads an array that is a single number.
func (r *Reader) Number(name string) (float64, error) {
	_, shape, err := r.Header(name)
	if err != nil {
		return 0, err
	}
	if len(shape) != 0 {
		return 0, r.errorf("array %q has the shape %s; it must be a single number", name, Shape(shape))
	}
	a, err := r.Read(name)
	if err != nil {
		return 0, err
	}
	return a.Data[0], nil
}

// open opens an entry of the archive and reads its header, which it compares with
// the size of the entry.
func (r *Reader) open(name string) (*header, io.ReadCloser, error) {
	f := r.entries[name]
	if f == nil {
		return nil, nil, r.errorf("the array %q is missing; the archive has %s", name, quoted(r.names))
	}
	entry, err := f.Open()
	if err != nil {
		return nil, nil, r.errorf("array %q cannot be read: %w", name, err)
	}
	h, err := readHeader(entry)
	if err == nil {
		err = h.fits(f)
	}
	if err != nil {
		entry.Close()
		return nil, nil, r.errorf("array %q: %w", name, err)
	}
	return h, entry, nil
}

// fits returns an error if the entry cannot hold what its header says.
func (h *header) fits(f *zip.File) error {
	if want := uint64(h.length) + uint64(h.numbers)*uint64(h.size); f.UncompressedSize64 != want {
		return fmt.Errorf("%v needs %d bytes, but the archive says %d", h, want, f.UncompressedSize64)
	}
	// No method of compression that zip.Reader knows does better than 1032 to 1.
	if f.UncompressedSize64/1032 > f.CompressedSize64 {
		return fmt.Errorf("%v: its %d bytes cannot hold %d", h, f.CompressedSize64, f.UncompressedSize64)
	}
	return nil
}

// ReadNPY reads an NPY file. If a shape is given, the array must have it; -1 stands
// for any size.
func ReadNPY(path string, shape ...int) (*Array, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	a, err := DecodeNPY(file, shape...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// DecodeNPY reads an array, which must end where r ends.
func DecodeNPY(r io.Reader, shape ...int) (*Array, error) {
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	return h.read(r, shape)
}

// Writer writes an NPZ archive.
type Writer struct{ zip *zip.Writer }

// NewWriter returns a writer of an archive, which Close completes.
func NewWriter(w io.Writer) *Writer { return &Writer{zip.NewWriter(w)} }

// Write writes an array of float64, row-major; a nil shape makes it a single number.
func (w *Writer) Write(name string, shape []int, data []float64) error {
	entry, err := w.entry(name, "<f8", shape, len(data))
	if err != nil {
		return err
	}
	return writeFloats(entry, data)
}

// WriteStream writes an array of float64 whose numbers, little-endian and row-major, write
// writes: as many as the shape says, or it is an error.
func (w *Writer) WriteStream(name string, shape []int, write func(io.Writer) error) error {
	numbers := 1
	for _, n := range shape {
		numbers *= n
	}
	entry, err := w.entry(name, "<f8", shape, numbers)
	if err != nil {
		return err
	}
	counted := &counter{w: entry}
	if err := write(counted); err != nil {
		return err
	}
	if counted.bytes != 8*int64(numbers) {
		return fmt.Errorf("array %q: its shape %v has %d bytes, %d were written", name, shape, 8*int64(numbers), counted.bytes)
	}
	return nil
}

// counter counts what goes through it.
type counter struct {
	w     io.Writer
	bytes int64
}

func (c *counter) Write(data []byte) (int, error) {
	n, err := c.w.Write(data)
	c.bytes += int64(n)
	return n, err
}

// WriteBytes writes an array of bytes, u1.
func (w *Writer) WriteBytes(name string, data []byte) error {
	entry, err := w.entry(name, "|u1", []int{len(data)}, len(data))
	if err != nil {
		return err
	}
	_, err = entry.Write(data)
	return err
}

func (w *Writer) entry(name, typ string, shape []int, numbers int) (io.Writer, error) {
	text, err := formatHeader(typ, shape, numbers)
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", name, err)
	}
	entry, err := w.zip.Create(name + ".npy")
	if err == nil {
		_, err = entry.Write(text)
	}
	return entry, err
}

// Close completes the archive; it does not close what it is written to.
func (w *Writer) Close() error { return w.zip.Close() }

// EncodeNPY writes an array of float64, row-major, as an NPY file.
func EncodeNPY(w io.Writer, shape []int, data []float64) error {
	text, err := formatHeader("<f8", shape, len(data))
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return writeFloats(w, data)
}

// Bytes returns the content of an array of bytes, u1.
func (a *Array) Bytes() ([]byte, error) {
	if !strings.HasSuffix(a.Type, "u1") {
		return nil, fmt.Errorf("an array of type %s is no array of bytes; write np.frombuffer(text.encode(), np.uint8)", a.Type)
	}
	out := make([]byte, len(a.Data))
	for i, x := range a.Data {
		out[i] = byte(x)
	}
	return out, nil
}

var errShort = errors.New("the file ends before its numbers do")

// quoted lists names for an error.
func quoted(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = strconv.Quote(name)
	}
	return strings.Join(words, ", ")
}
