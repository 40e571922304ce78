package npz_test

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"markovicl/internal/npz"
)

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
	if want := "testdata/fortran.npy: an array of type <f8 and shape [2, 3, 4]; the shape must be [2, 3] (-1 stands for any size)"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
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
		{archive(t, "x.npy", one, "z.npy", one), `the array "z" is not one of "x", "y"`},
		{archive(t, "y.npy", one), `the array "x" is missing; the archive has "y"`},
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
