package npz_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"runtime"
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

// npy is an NPY file of version 1 with the given header.
func npy(header, data string) string {
	return "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + data
}

func TestMalformedNPY(t *testing.T) {
	const eight = "\x00\x00\x00\x00\x00\x00\xf0\x3f"
	good := "{'descr':'<f8','fortran_order':False,'shape':(1,)}"
	for _, header := range []string{good, `{"shape": (1L), "descr": "<f8" , "fortran_order": True, }  ` + "\n"} {
		if a, err := npz.DecodeNPY(strings.NewReader(npy(header, eight))); err != nil || !slices.Equal(a.Data, []float64{1}) {
			t.Errorf("%s: %v, %v", header, a, err)
		}
	}
	for _, c := range []struct{ file, want string }{
		{"", "this is no NPY array"},
		{"PK345678901234", "does not begin as one"},
		{"\x93NUMPY\x04\x00\x00\x00", "version 4"},
		{"\x93NUMPY\x02\x00\xff\xff\xff\xff", "the most is"},
		{"\x93NUMPY\x01\x00\xff\xff{", "cut off"},
		{npy(good, eight[1:]), "ends before"},
		{npy(good, eight+"x"), "more follows"},
		{npy("[1]", ""), "no dictionary"},
		{npy(good[:len(good)-1], ""), "no dictionary"},
		{npy(good+"{", ""), "something follows"},
		{npy("{'descr':'<f8','shape':(1,)}", eight), "lacks fortran_order"},
		{npy("{'descr':'<f8','descr':'<f8'}", eight), "twice"},
		{npy("{'descr':'<f8','secret':1}", eight), "the key secret"},
		{npy("{'descr':'|O'}", eight), `the type "|O"`},
		{npy("{'descr':'|f8'}", eight), `the type "|f8"`},
		{npy("{'descr':'<f3'}", eight), `the type "<f3"`},
		{npy("{'descr':''}", eight), `the type ""`},
		{npy("{'descr':[('a','<f8')]}", eight), "no plain one"},
		{npy("{'fortran_order':0}", eight), "neither True nor False"},
		{npy("{'shape':(-1,)}", eight), "no tuple of sizes"},
		{npy("{'shape':(1 2)}", eight), "no tuple of sizes"},
		{npy("{'shape':1}", eight), "no tuple"},
		{npy("{'shape':(99999999999999999999,)}", eight), "is above"},
		{npy("{'shape':(65536,65536)}", eight), "more than"},
		{npy("{'shape':("+strings.Repeat("1,", 65)+")}", eight), "dimensions"},
		{npy("{'descr':'<f8','fortran_order':False,'shape':(100000000,)}", eight), "an array of type <f8 and shape [100000000]: the file ends"},
	} {
		_, err := npz.DecodeNPY(strings.NewReader(c.file))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.file, err, c.want)
		}
	}
	for path, want := range map[string]string{
		"testdata/huge-i8.npy": "no float64 equals the integer 9007199254740993",
		"testdata/text.npy":    `the type "<U3"`,
		"testdata/nowhere.npy": "no such file",
	} {
		if _, err := npz.ReadNPY(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q", path, err, want)
		}
	}
	_, err := npz.ReadNPY("testdata/fortran.npy", 2, 3)
	if want := "testdata/fortran.npy: an array of type <f8 and shape [2 3 4]; the shape must be [2 3] (-1 stands for any size)"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
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

// archive is a zip file, not compressed, with the entries name, content, name, content, ..
func archive(t *testing.T, entries ...string) []byte {
	t.Helper()
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	for e := range slices.Chunk(entries, 2) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e[0], Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte(e[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestMalformedArchives(t *testing.T) {
	one := npy("{'descr':'|u1','fortran_order':False,'shape':(1,)}", "a")
	open := func(data []byte) (*npz.Reader, error) { return npz.NewReader(bytes.NewReader(data), int64(len(data))) }
	for _, c := range []struct {
		data []byte
		want string
	}{
		{[]byte("PK"), "not a complete NPZ archive"},
		{archive(t, "x.npy", one, "x.npy", one), `two arrays of the name "x"`},
		{archive(t, "x.npy", one, "x", one), `two arrays of the name "x"`},
		{archive(t, "x.npy", one, "z.npy", one), `the array "z" is not one of ["x" "y"]`},
		{archive(t, "y.npy", one), `the array "x" is missing; the archive has ["y"]`},
		{archive(t, "x.npy", one+"b"), `array "x": an array of type |u1 and shape [1] needs`},
		{archive(t, "x.npy", one[:len(one)-1]), `array "x": an array of type |u1 and shape [1] needs`},
		{archive(t, "x.npy", ""), `array "x": this is no NPY array`},
	} {
		r, err := open(c.data)
		if err == nil {
			err = r.Only("x", "y?")
		}
		if err == nil {
			_, err = r.Read("x")
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	// A flipped bit of the numbers.
	data := archive(t, "x.npy", npy("{'descr':'|u1','fortran_order':False,'shape':(3,)}", "\x01\x02\x03"))
	data[bytes.Index(data, []byte("\x01\x02\x03"))] ^= 0x10
	if r, err := open(data); err == nil {
		if _, err := r.Read("x"); err == nil {
			t.Error("an archive with a flipped bit was read")
		}
	}
}

// TestBombs: an entry that claims a gigabyte in a few bytes is refused before any of
// it is read, and one that holds more than it claims before the rest is.
func TestBombs(t *testing.T) {
	header := npy("{'descr':'|u1','fortran_order':False,'shape':(100000000,)}", "")
	size := uint64(len(header)) + 100_000_000
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "x.npy", Method: zip.Store, UncompressedSize64: size, CompressedSize64: uint64(len(header)), CRC32: crc32.ChecksumIEEE([]byte(header))})
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(header))
	z.Close()
	path := filepath.Join(t.TempDir(), "bomb.npz")
	if err := os.WriteFile(path, file.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := npz.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, refused := r.Read("x")
	runtime.ReadMemStats(&after)
	if refused == nil || !strings.Contains(refused.Error(), "cannot hold") || !strings.HasPrefix(refused.Error(), path+`: array "x": an array of type |u1`) {
		t.Errorf("error %v", refused)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
		t.Errorf("refusing took %d bytes of memory", allocated)
	}

	zeros := archive(t, "x.npy", npy("{'descr':'<f8','fortran_order':False,'shape':(1,)}", strings.Repeat("\x00", 10_000_000)))
	small, err := npz.NewReader(bytes.NewReader(zeros), int64(len(zeros)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Read("x"); err == nil || !strings.Contains(err.Error(), "but the archive says 1000") {
		t.Errorf("error %v", err)
	}
}

func FuzzNPY(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.npy")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := npz.DecodeNPY(bytes.NewReader(data))
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := npz.EncodeNPY(&file, a.Shape, a.Data); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := npz.DecodeNPY(&file)
		if err != nil || !slices.Equal(again.Shape, a.Shape) || len(again.Data) != len(a.Data) {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

func FuzzNPZ(f *testing.F) {
	for _, path := range []string{"testdata/some.npz", "testdata/some-compressed.npz"} {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := npz.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, name := range r.Names() {
			if a, err := r.Read(name); err == nil && len(a.Data) > 1032*len(data) {
				t.Fatalf("%d bytes gave %d numbers", len(data), len(a.Data))
			}
		}
	})
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
