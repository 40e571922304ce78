package moment

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"markovicl/internal/npz"
	"markovicl/markov"
)

// archive returns arrays as an NPZ archive.
func archive(t testing.TB, arrays map[string]npz.Array) *npz.Reader {
	t.Helper()
	var data bytes.Buffer
	w := npz.NewWriter(&data)
	for name, a := range arrays {
		if err := w.Write(name, a.Shape, a.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := npz.NewReader(bytes.NewReader(data.Bytes()), int64(data.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func scalar(x float64) npz.Array { return npz.Array{Data: []float64{x}} }

// flat returns the full matrix of a form.
func flat(f *Form) []float64 {
	var out []float64
	for i := range f.Dim() {
		for k := range f.Dim() {
			out = append(out, f.H.At(i, k))
		}
	}
	return out
}

// A task's form written to a file is read back as it was; its fractions are its
// floats.
func TestReadForm(t *testing.T) {
	want := of(t, newTask(t, markov.Spec{D: 2, P: "0.3"}), Options{}).At(7)
	n := want.Dim()
	for _, size := range []map[string]npz.Array{{"q": scalar(2)}, {"D": scalar(3)}, {"q": scalar(2), "D": scalar(3)}} {
		size["H"], size["h"], size["c"] = npz.Array{Shape: []int{n, n}, Data: flat(want)}, npz.Array{Shape: []int{n}, Data: want.L}, scalar(want.C)
		got, err := ReadForm(archive(t, size))
		if err != nil {
			t.Fatal(err)
		}
		if difference(got, want) != 0 || got.Q != 2 || got.Errors.Claim != Exact {
			t.Errorf("%+v", got)
		}
		exact, err := got.Fractions(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if H, L, C := missed(got, exact); H+L+C != 0 {
			t.Errorf("fractions differ from floats by %v, %v, %v", H, L, C)
		}
	}
}

func TestFormErrorsOfFiles(t *testing.T) {
	eye := func(n int, change func(H []float64)) npz.Array {
		H := make([]float64, n*n)
		for i := range n {
			H[i*n+i] = 1
		}
		if change != nil {
			change(H)
		}
		return npz.Array{Shape: []int{n, n}, Data: H}
	}
	zero := npz.Array{Shape: []int{3}, Data: make([]float64, 3)}
	for name, arrays := range map[string]map[string]npz.Array{
		"neither q nor D":      {"H": eye(3, nil), "h": zero, "c": scalar(1)},
		"D must be q+1":        {"H": eye(3, nil), "h": zero, "c": scalar(1), "q": scalar(1), "D": scalar(1)},
		"q is 1.5":             {"H": eye(3, nil), "h": zero, "c": scalar(1), "q": scalar(1.5)},
		"matrix of 12 x 12":    {"H": eye(3, nil), "h": zero, "c": scalar(1), "q": scalar(2)},
		"must be square":       {"H": {Shape: []int{1, 9}, Data: make([]float64, 9)}, "h": zero, "c": scalar(1), "q": scalar(1)},
		"H[0, 1] is 2":         {"H": eye(3, func(H []float64) { H[1] = 2 }), "h": zero, "c": scalar(1), "q": scalar(1)},
		"H[2, 0] is NaN":       {"H": eye(3, func(H []float64) { H[6] = math.NaN() }), "h": zero, "c": scalar(1), "q": scalar(1)},
		"h[1] is +Inf":         {"H": eye(3, nil), "h": {Shape: []int{3}, Data: []float64{0, math.Inf(1), 0}}, "c": scalar(1), "q": scalar(1)},
		"c is NaN":             {"H": eye(3, nil), "h": zero, "c": scalar(math.NaN()), "q": scalar(1)},
		"indefinite":           {"H": eye(3, func(H []float64) { H[8] = -1 }), "h": zero, "c": scalar(1), "q": scalar(1)},
		"outside of the range": {"H": eye(3, func(H []float64) { H[8] = 0 }), "h": {Shape: []int{3}, Data: []float64{0, 0, 1}}, "c": scalar(9), "q": scalar(1)},
		"c = 0.5 is too small": {"H": eye(3, nil), "h": {Shape: []int{3}, Data: []float64{0, 0, 1}}, "c": scalar(0.5), "q": scalar(1)},
	} {
		if _, err := ReadForm(archive(t, arrays)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one with %q", err, name)
		}
	}
}

// The empirical form of prompts is the mean of their squared errors for any X,
// given as prompt matrices or as Gram matrices.
func TestReadPrompts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const B, D, n = 300, 3, 4
	Z, y := npz.Array{Shape: []int{B, D, n + 1}}, npz.Array{Shape: []int{B}}
	G, u := npz.Array{Shape: []int{B, D, D}}, npz.Array{Shape: []int{B, D - 1}}
	X := make([]float64, (D-1)*Pairs(D))
	for i := range X {
		X[i] = rng.NormFloat64()
	}
	var want float64
	for range B {
		z := make([]float64, D*(n+1))
		for i := range z {
			z[i] = rng.NormFloat64()
		}
		label := rng.NormFloat64()
		gram := make([]float64, D*D)
		for i := range D {
			for j := range D {
				for k := range n {
					gram[i*D+j] += z[i*(n+1)+k] * z[j*(n+1)+k] / n
				}
			}
		}
		var prediction float64
		r := 0
		for q := range D - 1 {
			for i := range D {
				for j := i; j < D; j++ {
					prediction += X[r] * z[q*(n+1)+n] * gram[i*D+j]
					r++
				}
			}
			u.Data = append(u.Data, z[q*(n+1)+n])
		}
		z[(D-1)*(n+1)+n] = math.NaN() // the place of the label is not looked at
		Z.Data, y.Data, G.Data = append(Z.Data, z...), append(y.Data, label), append(G.Data, gram...)
		want += (prediction - label) * (prediction - label) / B
	}
	for i := range B { // exactly symmetric
		for a := range D {
			for b := range a {
				G.Data[i*D*D+a*D+b] = G.Data[i*D*D+b*D+a]
			}
		}
	}
	for _, arrays := range []map[string]npz.Array{{"Z": Z, "y": y}, {"G": G, "u": u, "y": y}} {
		f, err := ReadPrompts(t.Context(), archive(t, arrays))
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Loss(X); !(math.Abs(got-want) < 1e-12*want) {
			t.Errorf("loss %v, want %v", got, want)
		}
	}
	Z.Data[D*(n+1)*7+2] = math.NaN()
	if _, err := ReadPrompts(t.Context(), archive(t, map[string]npz.Array{"Z": Z, "y": y})); err == nil || !strings.Contains(err.Error(), "Z[7, 0, 2] is NaN") {
		t.Errorf("error %v", err)
	}
	u.Data[5] = math.Inf(1)
	if _, err := ReadPrompts(t.Context(), archive(t, map[string]npz.Array{"G": G, "u": u, "y": y})); err == nil || !strings.Contains(err.Error(), "u of prompt 2") {
		t.Errorf("error %v", err)
	}
	if _, err := ReadPrompts(t.Context(), archive(t, map[string]npz.Array{"Z": Z})); err == nil {
		t.Error("prompts without labels were accepted")
	}
}

// The mean over context lengths is the mean of the forms, in fractions and in
// floating point.
func TestAverage(t *testing.T) {
	ns := []markov.Context{1, 2, 3, 10, markov.Infinite}
	for _, spec := range []markov.Spec{{D: 2}, {D: 2, Start: "stationary"}, {Family: "regression", D: 2, Noise: "1/3"}} {
		m := of(t, newTask(t, spec), Options{})
		want := m.At(1)
		for i := range want.L {
			for k := i; k < want.Dim(); k++ {
				var sum float64
				for _, n := range ns {
					sum += m.At(n).H.At(i, k) / float64(len(ns))
				}
				want.H.SetSym(i, k, sum)
			}
		}
		if d := difference(m.Average(ns), want); !(d < 1e-14) {
			t.Errorf("%+v: differs by %.2g", spec, d)
		}
	}
}
