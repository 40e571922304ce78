package npz_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"markovicl/internal/npz"
)

// The files of NumPy hold -3 .. 2 in shape [1 2 3], floats divided by 4, unsigned
// numbers without the sign (testdata/make.py).
func TestTypesOfNumPy(t *testing.T) {
	files, err := filepath.Glob("testdata/*tle-*.npy")
	more, _ := filepath.Glob("testdata/big-*.npy")
	if files = append(files, more...); err != nil || len(files) != 11+9 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		want := []float64{-3, -2, -1, 0, 1, 2}
		for i := range want {
			switch {
			case strings.Contains(path, "-f"):
				want[i] /= 4
			case strings.Contains(path, "-u"):
				want[i] = math.Abs(want[i])
			}
		}
		a, err := npz.ReadNPY(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(want, a.Data); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
		if !slices.Equal(a.Shape, []int{1, 2, 3}) || !strings.HasSuffix(path, a.Type[1:]+".npy") {
			t.Errorf("%s: type %s, shape %v", path, a.Type, a.Shape)
		}
	}
}

func TestFilesOfNumPy(t *testing.T) {
	fortran, err := npz.ReadNPY("testdata/fortran.npy", 2, -1, 4)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range fortran.Data {
		if x != float64(i) {
			t.Fatalf("the array in Fortran order is %v", fortran.Data)
		}
	}
	if a, err := npz.ReadNPY("testdata/scalar.npy"); err != nil || len(a.Shape) != 0 || !slices.Equal(a.Data, []float64{2.5}) {
		t.Errorf("scalar: %v, %v", a, err)
	}
	if a, err := npz.ReadNPY("testdata/empty.npy"); err != nil || !slices.Equal(a.Shape, []int{0, 3}) || len(a.Data) != 0 {
		t.Errorf("empty: %v, %v", a, err)
	}
	halves := []float64{0, 0x1p-24, 1023 * 0x1p-24, 0x1p-14, 65504, -1.5, math.Inf(1), math.Inf(-1)}
	if a, err := npz.ReadNPY("testdata/halves.npy"); err != nil || !slices.Equal(a.Data, halves) {
		t.Errorf("halves: %v, %v", a, err)
	}
	for _, path := range []string{"testdata/some.npz", "testdata/some-compressed.npz"} {
		r, err := npz.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := r.Only("W", "l", "task", "G?"); err != nil {
			t.Error(err)
		}
		if typ, shape, err := r.Header("W"); err != nil || typ != "<f8" || !slices.Equal(shape, []int{2, 3}) {
			t.Errorf("header of W: %s, %v, %v", typ, shape, err)
		}
		W, err := r.Read("W", 2, 3)
		if err != nil || !slices.Equal(W.Data, []float64{0, 1, 2, 3, 4, 5}) {
			t.Errorf("W: %v, %v", W, err)
		}
		if l, err := r.Number("l"); err != nil || l != 0.25 {
			t.Errorf("l: %g, %v", l, err)
		}
		if _, err := r.Number("W"); err == nil || !strings.Contains(err.Error(), "must be a single number") {
			t.Errorf("W as a number: %v", err)
		}
		task, err := r.Read("task", -1)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := task.Bytes(); err != nil || string(text) != "{}" {
			t.Errorf("task: %q, %v", text, err)
		}
		if _, err := W.Bytes(); err == nil {
			t.Error("W was taken for bytes")
		}
	}
}

// What is written comes back bit for bit, whatever the numbers and the shape.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SliceOfN(rapid.IntRange(0, 5), 0, 4).Draw(t, "shape")
		n := 1
		for _, size := range shape {
			n *= size
		}
		data := make([]float64, n)
		for i := range data {
			data[i] = math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		}
		var file, again bytes.Buffer
		for _, out := range []*bytes.Buffer{&file, &again} {
			w := npz.NewWriter(out)
			if err := w.Write("x", shape, data); err != nil {
				t.Fatal(err)
			}
			if err := w.WriteBytes("text", []byte("a")); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(file.Bytes(), again.Bytes()) {
			t.Fatal("the same arrays give different files")
		}
		r, err := npz.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.Read("x")
		if err != nil {
			t.Fatal(err)
		}
		same := slices.EqualFunc(a.Data, data, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
		if !same || !slices.Equal(a.Shape, shape) {
			t.Fatalf("%v of shape %v came back as %v of %v", data, shape, a.Data, a.Shape)
		}
	})
}

// Arrays longer than a block, whole and cut off.
func TestLongArrays(t *testing.T) {
	data := make([]float64, 100_003)
	for i := range data {
		data[i] = float64(i)
	}
	var file bytes.Buffer
	if err := npz.EncodeNPY(&file, []int{len(data)}, data); err != nil {
		t.Fatal(err)
	}
	a, err := npz.DecodeNPY(bytes.NewReader(file.Bytes()))
	if err != nil || !slices.Equal(a.Data, data) {
		t.Errorf("the array came back otherwise, %v", err)
	}
	_, err = npz.DecodeNPY(bytes.NewReader(file.Bytes()[:file.Len()-1]))
	if err == nil || !strings.Contains(err.Error(), "ends before its numbers do") {
		t.Errorf("error %v for a file that is cut off", err)
	}
	if err := npz.EncodeNPY(&file, []int{2, 3}, data); err == nil {
		t.Error("a shape that does not fit was written")
	}
}

// Of the largest integers those that a float64 equals are read, and no other.
func TestExactIntegers(t *testing.T) {
	for _, c := range []struct {
		typ  string
		bits uint64
		want float64 // NaN: refused
	}{
		{"<i8", 1 << 53, 1 << 53},
		{"<i8", 1<<53 + 1, math.NaN()},
		{"<i8", math.MaxInt64, math.NaN()},
		{"<i8", 1 << 63, -1 << 63},
		{"<u8", 1 << 63, 1 << 63},
		{"<u8", math.MaxUint64, math.NaN()},
		{">i8", 1 << 56, 1},
	} {
		file := npy(fmt.Sprintf("{'descr':'%s','fortran_order':False,'shape':()}", c.typ), string(binary.LittleEndian.AppendUint64(nil, c.bits)))
		a, err := npz.DecodeNPY(strings.NewReader(file))
		if math.IsNaN(c.want) {
			if err == nil {
				t.Errorf("%s %d was read as %v", c.typ, c.bits, a.Data)
			}
		} else if err != nil || a.Data[0] != c.want {
			t.Errorf("%s %d: %v, %v", c.typ, c.bits, a, err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	var file bytes.Buffer
	if err := npz.EncodeNPY(&file, []int{1000, 1000}, make([]float64, 1_000_000)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := npz.DecodeNPY(bytes.NewReader(file.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}

// WriteStream is Write for who does not have the numbers in memory: the same bytes. A
// stream that is not as long as its shape says is an error.
func TestWriteStream(t *testing.T) {
	for _, shape := range [][]int{nil, {0}, {7}, {3, 0}, {2, 3, 5}, {100_000}} {
		numbers := 1
		for _, n := range shape {
			numbers *= n
		}
		data := make([]float64, numbers)
		var raw bytes.Buffer
		for i := range data {
			data[i] = math.Sqrt(float64(i)) - 3
			if i == 1 {
				data[i] = math.NaN()
			}
			if err := binary.Write(&raw, binary.LittleEndian, data[i]); err != nil {
				t.Fatal(err)
			}
		}
		archive := func(write func(*npz.Writer) error) (data []byte, err error) {
			var b bytes.Buffer
			w := npz.NewWriter(&b)
			if err := write(w); err != nil {
				return nil, err
			}
			err = w.Close()
			return b.Bytes(), err
		}
		stream := func(bytes []byte) ([]byte, error) {
			return archive(func(w *npz.Writer) error {
				return w.WriteStream("a", shape, func(to io.Writer) error {
					for len(bytes) > 0 { // in pieces that end within numbers
						piece := bytes[:min(13, len(bytes))]
						bytes = bytes[len(piece):]
						if _, err := to.Write(piece); err != nil {
							return err
						}
					}
					return nil
				})
			})
		}
		want, err1 := archive(func(w *npz.Writer) error { return w.Write("a", shape, data) })
		got, err2 := stream(raw.Bytes())
		if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("shape %v: %d bytes, want %d; %v, %v", shape, len(got), len(want), err1, err2)
		}
		if _, err := stream(append(raw.Bytes(), 0)); err == nil || !strings.Contains(err.Error(), `array "a"`) {
			t.Errorf("shape %v: a byte too many: %v", shape, err)
		}
		if raw.Len() > 0 {
			if _, err := stream(raw.Bytes()[1:]); err == nil {
				t.Errorf("shape %v: a byte too few is no error", shape)
			}
		}
	}
	w := npz.NewWriter(io.Discard)
	failed := errors.New("failed")
	if err := w.WriteStream("a", []int{1}, func(io.Writer) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}
