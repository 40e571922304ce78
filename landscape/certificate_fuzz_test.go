package landscape_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"markovicl/certificate"
	"markovicl/internal/npz"
	"markovicl/landscape"
	"markovicl/markov"
	"markovicl/moment"
)

// arrays are the contents of a certificate file, in the order of certificateKeys.
type arrays [8]array

type array struct {
	shape []int
	data  []float64
}

var certificateKeys = []string{"l", "W", "H", "h", "c", "P", "U", "G"}

// honestFiles are the contents of valid certificates: level 0 at d = 1 and 2, level 1
// with a bias and with the sign embedding.
func honestFiles(t testing.TB) (files []arrays) {
	for _, c := range []struct {
		spec  markov.Spec
		level int
	}{
		{markov.Spec{D: 1, N: "2"}, 0},
		{markov.Spec{D: 2, N: "10"}, 0},
		{markov.Spec{D: 1, N: "10", Bias: true}, 1},
		{markov.Spec{D: 1, N: "3", Embedding: "sign"}, 1},
	} {
		task, err := markov.NewTask(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		moments, err := moment.Of(t.Context(), task, moment.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := landscape.Recover(t.Context(), moments.At(task.Context()), landscape.Settings{Level: c.level, Boxes: -1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Certificate == nil || r.Certificate.Level() != c.level {
			t.Fatalf("%+v: no certificate of level %d to damage", c.spec, c.level)
		}
		var file bytes.Buffer
		if err := r.Certificate.Encode(&file); err != nil {
			t.Fatal(err)
		}
		archive, err := npz.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		var a arrays
		for i, key := range certificateKeys {
			if !archive.Has(key) {
				continue
			}
			read, err := archive.Read(key)
			if err != nil {
				t.Fatal(err)
			}
			a[i] = array{append([]int{}, read.Shape...), read.Data}
		}
		files = append(files, a)
	}
	return files
}

func (a arrays) encode(t testing.TB) []byte {
	var file bytes.Buffer
	w := npz.NewWriter(&file)
	for i, key := range certificateKeys {
		if a[i].shape != nil {
			if err := w.Write(key, a[i].shape, a[i].data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.WriteBytes("task", []byte(" ")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// editBytes is the length of one edit: what is done, to which array, at which entry,
// with which number.
const editBytes = 12

// edited returns the arrays with edits made to them. An edit keeps matrices symmetric,
// and a W of level 0 admissible, unless it says otherwise.
func (a arrays) edited(edits []byte) arrays {
	for i := range a {
		a[i].data, a[i].shape = slices.Clone(a[i].data), slices.Clone(a[i].shape)
	}
	scale := func(which int, power int) {
		for i, x := range a[which].data {
			a[which].data[i] = math.Ldexp(x, power)
		}
	}
	const l, W, H, h, c = 0, 1, 2, 3, 4
	for ; len(edits) >= editBytes; edits = edits[editBytes:] {
		which := int(edits[1]) % len(a)
		v := &a[which]
		place := int(binary.LittleEndian.Uint16(edits[2:]))
		bits := binary.LittleEndian.Uint64(edits[4:])
		x, power := math.Float64frombits(bits), int(int16(bits))
		if v.shape == nil || len(v.data) == 0 {
			continue
		}
		at := place % len(v.data)
		value := v.data[at]
		switch edits[0] & 0x7f % 9 {
		case 0:
			value = x
		case 1:
			value *= x
		case 2:
			value += x
		case 3:
			value = -value
		case 4: // by some units in the last place
			value += float64(int8(bits)) * 0x1p-52 * value
		case 5:
			scale(which, power%2200)
			continue
		case 6: // the loss in other units
			for _, k := range []int{l, W, H, h, c} {
				scale(k, power%1100)
			}
			continue
		case 7: // X in other units
			scale(W, 2*(power%600))
			scale(H, 2*(power%600))
			scale(h, power%600)
			continue
		case 8:
			if len(v.shape) == 2 {
				v.shape = []int{v.shape[1], v.shape[0]}
			}
			continue
		}
		v.data[at] = value
		if edits[0]&0x80 != 0 || len(v.shape) != 2 || v.shape[0] != v.shape[1] {
			continue
		}
		n := v.shape[0]
		row, column := at/n, at%n
		v.data[column*n+row] = value
		if which == W && a[5].shape == nil && n > 2 {
			q := 1
			for q*(q+1)*(q+1) < n {
				q++
			}
			M := q * (q + 1)
			i, s, j, u := row/M, row%M, column/M, column%M
			if swapped := (i*M+u)*n + j*M + s; swapped < len(v.data) && j*M+s < n {
				v.data[swapped], v.data[(j*M+s)*n+i*M+u] = -value, -value
			}
		}
	}
	return a
}

// edit is one edit, as bytes.
func edit(what, which byte, place int, x float64) []byte {
	out := []byte{what, which, byte(place), byte(place >> 8)}
	return binary.LittleEndian.AppendUint64(out, math.Float64bits(x))
}

// Damaged and forged entries in certificate files: no panic, and nothing is accepted
// that is false of a model.
func FuzzCertificate(f *testing.F) {
	files := honestFiles(f)
	extreme := []float64{0, 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-310, 1e300, 1e-160, 1e155, math.Inf(1), math.NaN(), 1 + 0x1p-52}
	for which := range uint8(len(files)) {
		f.Add(which, []byte(nil))
		for array := range uint8(len(certificateKeys)) {
			for i, x := range extreme {
				if (i+int(array))%3 > 0 {
					continue
				}
				f.Add(which, edit(0, array, i*7, x))
				f.Add(which, slices.Concat(edit(1, array, i, x), edit(0, 0, 0, extreme[(i+4)%len(extreme)])))
			}
			f.Add(which, edit(5, array, 0, math.Float64frombits(900)))
			f.Add(which, edit(5, array, 0, math.Float64frombits(0xfc00)))
			f.Add(which, edit(8, array, 0, 0))
		}
		for _, power := range []uint64{30, 500, 1000, 0xfc00, 0xfbe0, 0xfbd8} {
			f.Add(which, edit(6, 0, 0, math.Float64frombits(power)))
			f.Add(which, edit(7, 0, 0, math.Float64frombits(power)))
			f.Add(which, slices.Concat(edit(6, 0, 0, math.Float64frombits(power)), edit(4, 0, 0, math.Float64frombits(100))))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, edits []byte) {
		data := files[int(which)%len(files)].edited(edits[:min(len(edits), 20*editBytes)]).encode(t)
		file, err := certificate.DecodeCertificate(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error that says nothing")
			}
			return
		}
		check, err := file.Check(t.Context())
		if err != nil {
			return
		}
		if !(check.Bound.Value >= file.Lower) || math.IsInf(check.Bound.Value, 0) {
			t.Fatalf("accepted with the bound %g for l = %g", check.Bound.Value, file.Lower)
		}
		a := newAttacker(t, file, check)
		bs, as := a.models(rand.New(rand.NewPCG(1, uint64(which))))
		for i := range bs {
			// Exact arithmetic only where floats do not say that the loss is far above.
			if a.loss(bs[i], as[i]) > check.Bound.Value+1e-9*(math.Abs(check.Bound.Value)+math.Abs(a.c)) {
				continue
			}
			if a.below(check.Bound.Value, bs[i], as[i]) {
				t.Fatalf("%s: the bound %.17g is accepted, about %s; the model b = %v, a = %v is below it", certificateKeys, check.Bound.Value, check.About, bs[i], as[i])
			}
		}
	})
}

// A small file that asks for much memory is refused before it gets it.
func TestCertificateBomb(t *testing.T) {
	const q = 12
	n, W := q*(q+1)*(q+2)/2, q*(q+1)*(q+1)
	zeros := arrays{0: {[]int{}, []float64{0.1}}, 1: {[]int{W, W}, make([]float64, W*W)}, 2: {[]int{n, n}, make([]float64, n*n)}, 3: {[]int{n}, make([]float64, n)}, 4: {[]int{}, []float64{0.5}}}
	data := zeros.encode(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := certificate.DecodeCertificate(bytes.NewReader(data), int64(len(data)))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "do not compress") {
		t.Errorf("a file of %d bytes: error %v", len(data), err)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 2<<20 {
		t.Errorf("refusing took %d bytes of memory", allocated)
	}
}

// Any bytes as a certificate file: an error or a certificate, in memory that the size of
// the file bounds.
func FuzzCertificateBytes(f *testing.F) {
	for _, a := range honestFiles(f) {
		f.Add(a.encode(f))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		file, err := certificate.DecodeCertificate(bytes.NewReader(data), int64(len(data)))
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 200<<20+600*uint64(len(data)) {
			t.Fatalf("%d bytes took %d of memory", len(data), allocated)
		}
		if err == nil && file.Form.Dim() <= 40 {
			_, _ = file.Check(t.Context())
		}
	})
}
