package landscape_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

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

// attacker knows the loss x'Rx - 2s'x + c of the form that a check says its bound is
// about, for x bilinear in b and a, and its entries to be within some distance.
type attacker struct {
	D, M   int // entries of b and of a
	R      *mat.SymDense
	s      []float64
	c      float64
	within float64
	terms  [][]bilinearTerm // of each entry of x
}

// bilinearTerm is coefficient * b_i * a_k.
type bilinearTerm struct {
	i, k        int
	coefficient float64
}

// newAttacker returns the attacker of a certificate about its own form, or about all
// that have its dependences. phi is written out once more (paper, Eq. 8).
func newAttacker(t *testing.T, file *certificate.Certificate, check *certificate.Check) *attacker {
	form := file.Form
	q, D := form.Q, form.Q+1
	phi := func(D, columns int) (terms [][]bilinearTerm) { // X_(j,{i,k}) with a_(j,k) at place j*D+k
		for j := range columns {
			for i := range D {
				for k := i; k < D; k++ {
					x := []bilinearTerm{{i, j*D + k, 1}}
					if k > i {
						x = append(x, bilinearTerm{k, j*D + i, 1})
					}
					terms = append(terms, x)
				}
			}
		}
		return terms
	}
	if strings.HasPrefix(check.About, "the H, h and c") {
		return &attacker{D: D, M: q * D, R: form.H, s: form.L, c: form.C, terms: phi(D, q)}
	}
	if !strings.HasPrefix(check.About, "every H, h and c with the dependences") {
		t.Fatalf("a check is about %q, which this test does not know", check.About)
	}
	m := file.Multiplier
	units, _ := m.U.Dims()
	grams, pairs := m.G.Dims()
	identity := func(E *mat.Dense, row, column int) bool {
		rows, _ := E.Dims()
		for r := range rows {
			if want := map[bool]float64{true: 1}[r == row]; E.At(r, column) != want {
				return false
			}
		}
		return true
	}
	first := func(E *mat.Dense, row int) int {
		_, columns := E.Dims()
		return slices.IndexFunc(slices.Collect(func(yield func(int) bool) {
			for k := 0; k < columns && yield(k); k++ {
			}
		}), func(k int) bool { return identity(E, row, k) })
	}
	var kept []int
	for l := range units {
		kept = append(kept, first(m.U, l))
	}
	kept = append(kept, q)
	var keptPairs []int
	for i := range kept {
		for k := i; k < len(kept); k++ {
			keptPairs = append(keptPairs, moment.PairIndex(D, min(kept[i], kept[k]), max(kept[i], kept[k])))
		}
	}
	if len(keptPairs) != pairs {
		t.Fatalf("G has %d columns for %d pairs", pairs, len(keptPairs))
	}
	var places []int
	out := &attacker{D: units + 1, M: units * (units + 1), c: form.C, within: check.Within}
	all := phi(units+1, units)
	for l := range units {
		for g := range grams {
			places = append(places, kept[l]*moment.Pairs(D)+keptPairs[first(m.G, g)])
			var terms []bilinearTerm
			for p := range pairs {
				for _, b := range all[l*pairs+p] {
					if coefficient := m.G.At(g, p); coefficient != 0 {
						terms = append(terms, bilinearTerm{b.i, b.k, coefficient})
					}
				}
			}
			out.terms = append(out.terms, terms)
		}
	}
	out.R, out.s = mat.NewSymDense(len(places), nil), make([]float64, len(places))
	for i, x := range places {
		out.s[i] = form.L[x]
		for k, y := range places[i:] {
			out.R.SetSym(i, i+k, form.H.At(x, y))
		}
	}
	return out
}

// models returns candidates for a small loss: for directions of b, the best a, and long
// ones along which the loss falls. The sizes of R may be anything.
func (a *attacker) models(rng *rand.Rand) (bs, as [][]float64) {
	largest := 0.0
	for i := range a.s {
		largest = max(largest, a.R.At(i, i))
	}
	if !(largest > 0) {
		largest = 1
	}
	_, unit := math.Frexp(largest)
	for trial := range 16 {
		b := make([]float64, a.D)
		for i := range b {
			b[i] = math.Round(rng.NormFloat64()*0x1p20) * 0x1p-20
		}
		if trial < a.D {
			clear(b)
			b[trial] = 1
		}
		K, k := mat.NewSymDense(a.M, nil), make([]float64, a.M)
		S := mat.NewDense(len(a.terms), a.M, nil)
		for x, terms := range a.terms {
			for _, t := range terms {
				S.Set(x, t.k, S.At(x, t.k)+t.coefficient*b[t.i])
			}
		}
		for p := range a.M {
			for r := p; r < a.M; r++ {
				sum := 0.0
				for x := range a.terms {
					for y := range a.terms {
						if u := S.At(x, p) * S.At(y, r); u != 0 {
							sum += u * math.Ldexp(a.R.At(x, y), -unit)
						}
					}
				}
				K.SetSym(p, r, sum)
			}
			for x := range a.terms {
				k[p] += S.At(x, p) * math.Ldexp(a.s[x], -unit/2)
			}
		}
		var eigen mat.EigenSym
		if !eigen.Factorize(K, true) {
			continue
		}
		var V mat.Dense
		eigen.VectorsTo(&V)
		values := eigen.Values(nil)
		best := make([]float64, a.M)
		for e, value := range values {
			along := 0.0
			for p := range a.M {
				along += V.At(p, e) * k[p]
			}
			if value > 1e-13*values[a.M-1] {
				for p := range a.M {
					best[p] += V.At(p, e) * along / value
				}
			}
			if trial < 6 && e < 2 { // far along the flattest directions
				for _, size := range []float64{1, 1e8, 1e100} {
					long := make([]float64, a.M)
					for p := range a.M {
						long[p] = math.Ldexp(math.Copysign(size, along)*V.At(p, e), -unit/2)
					}
					bs, as = append(bs, b), append(as, long)
				}
			}
		}
		for p := range best {
			best[p] = math.Ldexp(best[p], -unit/2)
		}
		bs, as = append(bs, b), append(as, best)
	}
	return bs, as
}

// exactPrecision holds every sum of products of five floats without rounding.
const exactPrecision = 10800

// loss returns the loss of a model in floating point, which may not be a number.
func (a *attacker) loss(b, v []float64) float64 {
	x, size := make([]float64, len(a.terms)), 1.0
	for i, terms := range a.terms {
		for _, t := range terms {
			x[i] += b[t.i] * v[t.k] * t.coefficient
		}
		size += math.Abs(x[i])
	}
	loss := a.c - a.within*size*size
	for i := range x {
		inner := -2 * a.s[i]
		for k := range x {
			inner += a.R.At(i, k) * x[k]
		}
		loss += inner * x[i]
	}
	return loss
}

// below reports whether the loss of a model is below the bound on some form within the
// distance, in exact arithmetic.
func (a *attacker) below(bound float64, b, v []float64) bool {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(exactPrecision).SetFloat64(x) }
	for _, x := range slices.Concat(b, v) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	zero := number(0)
	x := make([]*big.Float, len(a.terms))
	t := number(0)
	size := number(1) // 1 + sum |x|
	for i, terms := range a.terms {
		x[i] = number(0)
		for _, term := range terms {
			t.Mul(number(b[term.i]), number(v[term.k]))
			x[i].Add(x[i], t.Mul(t, number(term.coefficient)))
		}
		size.Add(size, new(big.Float).Abs(x[i]))
	}
	loss := number(a.c)
	for i := range x {
		if x[i].Cmp(zero) == 0 {
			continue
		}
		inner := number(-2 * a.s[i])
		if math.IsInf(2*a.s[i], 0) {
			return false
		}
		for k := range x {
			inner.Add(inner, t.Mul(number(a.R.At(i, k)), x[k]))
		}
		loss.Add(loss, inner.Mul(inner, x[i]))
	}
	if a.within > 0 { // entries moved by what the claim allows
		t.Mul(size, size)
		loss.Sub(loss, t.Mul(t, number(a.within)))
	}
	return loss.Cmp(number(bound)) < 0
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
		check, err := file.Check()
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
			_, _ = file.Check()
		}
	})
}
