package sweep

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"

	"markovicl/internal/atomicfile"
	"markovicl/internal/npz"
)

// arrayLayout is what the arrays of one name have in common.
type arrayLayout struct {
	shape   []int // of all of them, unless they differ
	differ  bool
	most    int // dimensions
	numbers int // of all rows
	written int // of them, by arrayWriter
}

func (l *arrayLayout) see(a array) {
	l.differ = l.differ || !slices.Equal(l.shape, a.shape)
	l.most = max(l.most, len(a.shape))
	l.numbers += len(a.data)
}

func size(shape []int) int {
	n := 1
	for _, k := range shape {
		n *= k
	}
	return n
}

// arrayWriter writes the arrays of the answers as NPZ, one array of the file for each
// name, with an entry for every row of the table. Where all rows have one shape it is
// [rows, shape..], with NaN in rows that have none. Where shapes differ, NAME holds the
// numbers of all rows one after the other, NAME.offset [rows+1] where each begins, and
// NAME.shape [rows, dimensions] its shape, filled up with 0. Numbers wait on the disk, not
// in memory, for the archive, which has one array after the other.
type arrayWriter struct {
	layout *layout
	parts  []*part // as the archive has them
	of     map[string][]*part
}

// part is an array of the archive.
type part struct {
	name  string
	shape []int
	file  *os.File
	w     *bufio.Writer
}

func newArrayWriter(l *layout, dir string) (*arrayWriter, error) {
	a := &arrayWriter{layout: l, of: map[string][]*part{}}
	for _, name := range l.order {
		array := l.arrays[name]
		parts := []*part{{name: name, shape: append([]int{l.rows}, array.shape...)}}
		if array.differ {
			parts = []*part{
				{name: name, shape: []int{array.numbers}},
				{name: name + ".offset", shape: []int{l.rows + 1}},
				{name: name + ".shape", shape: []int{l.rows, array.most}},
			}
		}
		for _, p := range parts {
			file, err := os.CreateTemp(dir, ".array-*")
			if err != nil {
				a.close()
				return nil, err
			}
			p.file, p.w = file, bufio.NewWriter(file)
			a.parts = append(a.parts, p)
		}
		if array.differ {
			if err := parts[1].put(0); err != nil {
				a.close()
				return nil, err
			}
		}
		a.of[name] = parts
	}
	return a, nil
}

func (p *part) put(numbers ...float64) error {
	var word [8]byte
	for _, x := range numbers {
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(x))
		if _, err := p.w.Write(word[:]); err != nil {
			return err
		}
	}
	return nil
}

// add adds the arrays of a row.
func (a *arrayWriter) add(r *row) error {
	for _, name := range a.layout.order {
		l, parts, found := a.layout.arrays[name], a.of[name], r.array(name)
		if found == nil && !l.differ {
			for range size(l.shape) {
				if err := parts[0].put(math.NaN()); err != nil {
					return err
				}
			}
			continue
		}
		var shape []int
		if found != nil {
			shape = found.shape
			if err := parts[0].put(found.data...); err != nil {
				return err
			}
			l.written += len(found.data)
		}
		if !l.differ {
			continue
		}
		if err := parts[1].put(float64(l.written)); err != nil {
			return err
		}
		for k := range l.most {
			x := 0.0
			if k < len(shape) {
				x = float64(shape[k])
			}
			if err := parts[2].put(x); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes the archive, or removes it where there are no arrays.
func (a *arrayWriter) write(path string) error {
	if len(a.parts) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return atomicfile.WriteTo(path, func(w io.Writer) error {
		archive := npz.NewWriter(w)
		for _, p := range a.parts {
			if err := p.w.Flush(); err != nil {
				return err
			}
			if _, err := p.file.Seek(0, io.SeekStart); err != nil {
				return err
			}
			err := archive.WriteStream(p.name, p.shape, func(w io.Writer) error {
				_, err := io.Copy(w, p.file)
				return err
			})
			if err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

// close removes the files that numbers waited in.
func (a *arrayWriter) close() {
	for _, p := range a.parts {
		p.file.Close()
		os.Remove(p.file.Name())
	}
}

func (r *row) array(name string) *array {
	for i := range r.arrays {
		if r.arrays[i].name == name {
			return &r.arrays[i]
		}
	}
	return nil
}
