package chainfile

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"markovicl/markov"
)

// sequencesOf makes sequences without a file.
func sequencesOf(labels string, list ...[]markov.State) *Sequences {
	s := &Sequences{File: "x.txt", Format: FormatText, Labels: strings.Split(labels, "")}
	for i, q := range list {
		s.List = append(s.List, Sequence{Line: i + 1, States: q})
	}
	return s
}

// anySequences draws sequences in which every state has a number of its own
// (modulo 256), so that a chain tells where it comes from.
func anySequences(t *rapid.T) *Sequences {
	var list [][]markov.State
	var next markov.State
	for _, n := range rapid.SliceOfN(rapid.IntRange(1, 60), 1, 6).Draw(t, "lengths") {
		q := make([]markov.State, n)
		for i := range q {
			q[i] = next
			next++
		}
		list = append(list, q)
	}
	return sequencesOf("ab", list...)
}

// Without options the chains of a sequence, joined, are the sequence but for
// fewer than d+1 states at its end.
func TestWindowsPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySequences(t)
		d := rapid.IntRange(1, 8).Draw(t, "d")
		w, err := s.Windows(d, 0, 0)
		joined := make([][]markov.State, len(s.List))
		if err == nil {
			for i := range w.Len() {
				k, offset := w.Place(i)
				if offset != len(joined[k]) {
					t.Fatalf("chain %d begins at %d of sequence %d, want %d", i, offset, k, len(joined[k]))
				}
				joined[k] = append(joined[k], w.Chain(i)...)
			}
		} else if !errors.Is(err, ErrShort) {
			t.Fatal(err)
		}
		for k, q := range s.List {
			rest := len(q.States) - len(joined[k])
			if rest < 0 || rest > d || !slices.Equal(joined[k], q.States[:len(joined[k])]) {
				t.Fatalf("sequence %v came back as %v", q.States, joined[k])
			}
		}
	})
}

// For any window and stride the chains are those that a plain loop finds.
func TestWindowsPlainLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySequences(t)
		d := rapid.IntRange(1, 5).Draw(t, "d")
		window := rapid.IntRange(d+1, 9).Draw(t, "window")
		stride := rapid.IntRange(1, 12).Draw(t, "stride")
		var want [][]markov.State
		var left int
		for _, q := range s.List {
			for at := 0; at+window <= len(q.States); at += stride {
				want = append(want, q.States[at:at+d+1])
			}
			if len(q.States) < window {
				left++
			}
		}
		w, err := s.Windows(d, window, stride)
		if err != nil {
			if len(want) > 0 || !errors.Is(err, ErrShort) {
				t.Fatal(err)
			}
			return
		}
		var got [][]markov.State
		for i := range w.Len() {
			got = append(got, w.Chain(i))
		}
		if !slices.EqualFunc(got, want, slices.Equal) || w.Left != left || w.Overlap() != (stride <= d) {
			t.Fatalf("%v, want %v", got, want)
		}
		first, second := w.Halves()
		if first.Len() != w.Len()/2 || first.Len()+second.Len() > w.Len() {
			t.Fatalf("halves of %d chains: %d and %d", w.Len(), first.Len(), second.Len())
		}
		if !w.Overlap() && first.Len()+second.Len() != w.Len() {
			t.Fatalf("chains that do not overlap were lost: %d, %d of %d", first.Len(), second.Len(), w.Len())
		}
		for i := range first.Len() {
			for k := range second.Len() {
				a, at := first.Place(i)
				b, bt := second.Place(k)
				if a == b && bt <= at+d {
					t.Fatalf("chain at %d of the first half and at %d of the second share states", at, bt)
				}
			}
		}
		n := rapid.IntRange(1, 5).Draw(t, "n")
		var stretched [][]markov.State
		for k := range w.Stretches(n) {
			part := w.Stretch(n, k)
			if part.Len() != n+1 {
				t.Fatalf("stretch of %d chains, want %d", part.Len(), n+1)
			}
			for i := range part.Len() {
				stretched = append(stretched, part.Chain(i))
			}
		}
		if len(want)-len(stretched) > n || !slices.EqualFunc(stretched, want[:len(stretched)], slices.Equal) {
			t.Fatalf("stretches hold %v, want the beginning of %v", stretched, want)
		}
	})
}

func TestWindowsErrors(t *testing.T) {
	read := func(file, data string, opts Options) *Sequences {
		s, err := Read(strings.NewReader(data), file, opts)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	text := read("x.txt", "0110\n01\n1010\n", Options{})
	table := read("x.csv", "0,1,1\n0,1,\n", Options{})
	fasta := read("x.fa", ">a\nACG\n>b\nAC\n", Options{})
	for _, test := range []struct {
		s                 *Sequences
		d, window, stride int
		cause             error
		want              string
	}{
		{text, 2, 0, 0, ErrShort, "x.txt, line 2, column 1: the line has 2 symbols, and a chain at d = 2 has 3; mend it, or add `ragged` to leave such lines out"},
		{table, 2, 0, 0, ErrShort, "x.csv, line 2, column 1: the row has 2 states, and a chain at d = 2 has 3; mend it, or add `ragged` to leave such rows out"},
		{fasta, 3, 0, 0, ErrShort, "x.fa, line 2: the longest sequence has 3 symbols, and a chain at d = 3 has 4; give a smaller `d`, 2 at most"},
		{fasta, 1, 5, 0, ErrShort, "x.fa, line 2: the longest sequence has 3 symbols, and a window has 5; give a smaller `window`, 3 at most"},
		{fasta, 0, 0, 0, nil, `d = 0: a chain needs at least one state before the one to predict; give d = 1 or more`},
		{fasta, 3, 3, 0, nil, `a window of 3 states cannot hold a chain of 4 (d = 3); give a window of 4 or more, or d = 2`},
		{fasta, 1, 0, -1, nil, `the stride is -1; give 1 or more`},
	} {
		_, err := test.s.Windows(test.d, test.window, test.stride)
		if err == nil || err.Error() != test.want || test.cause != nil && !errors.Is(err, test.cause) {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
	for _, opts := range []Options{{Ragged: true}, {SkipUnknown: true}, {Classes: []Class{{"a", "0"}, {"b", "1"}}}} {
		w, err := read("x.txt", "0110\n01\n1010\n", opts).Windows(2, 0, 0)
		if err != nil || w.Len() != 2 || w.Left != 1 {
			t.Errorf("%+v: %v, %v", opts, w, err)
		}
	}
	w, err := text.Windows(1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CheckContext(4); err != nil || w.Len() != 5 {
		t.Error(w.Len(), err)
	}
	for _, test := range []struct {
		w    *Windows
		n    int
		want string
	}{
		{w, 5, "x.txt: the file has only 5 chains of 2 states, and a prompt with n = 5 takes 6; give a smaller `n`, 4 at most, or a longer file"},
		{w.Slice(2, 3), 1, "x.txt: this part of the file has only 1 chain of 2 states, and a prompt with n = 1 takes 2; give `stride` 1, with which chains overlap, or a longer file"},
		{w, 0, `n = 0: a prompt needs at least one in-context chain; give n = 1 or more`},
	} {
		if err := test.w.CheckContext(test.n); err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

// The start law is what counting by hand gives.
func TestStartLaw(t *testing.T) {
	w, err := sequencesOf("abc", []markov.State{0, 1, 1, 0, 0, 2}, []markov.State{1, 1, 1, 0}).Windows(1, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []*big.Rat{big.NewRat(2, 5), big.NewRat(3, 5), new(big.Rat)} // chains 01 10 02 11 10
	got := w.StartLaw()
	for s, p := range got.QueryRat() {
		if p.Cmp(want[s]) != 0 {
			t.Errorf("state %d: %v, want %v", s, p, want[s])
		}
	}
	if got.Kind() != markov.IIDStart || got.String() != "probs:0.4,0.6,0" {
		t.Error(got)
	}
	if law := w.Slice(0, 1).StartLaw().QueryRat()[0]; law.Cmp(big.NewRat(1, 1)) != 0 {
		t.Errorf("the first chain begins in state 0 with frequency %v", law)
	}
}

// drawPlainly is Draw with the whole shuffled list in memory.
func drawPlainly(seed, i uint64, total, k int) []int {
	list := make([]int, total)
	for j := range list {
		list[j] = j
	}
	source := markov.Stream(seed, i)
	for j := range k {
		pick := j + int(uint64n(source.Uint64, uint64(total-j)))
		list[j], list[pick] = list[pick], list[j]
	}
	return list[:k]
}

// uint64n is the bounded draw of math/rand/v2 (Lemire 2019), written out.
func uint64n(next func() uint64, n uint64) uint64 {
	big2 := new(big.Int).Lsh(big.NewInt(1), 64)
	bound := new(big.Int).SetUint64(n)
	threshold := new(big.Int).Mod(big2, bound)
	for {
		if n&(n-1) == 0 {
			return next() & (n - 1)
		}
		product := new(big.Int).Mul(new(big.Int).SetUint64(next()), bound)
		hi, lo := new(big.Int).DivMod(product, big2, new(big.Int))
		if lo.Cmp(threshold) >= 0 {
			return hi.Uint64()
		}
	}
}

func TestDrawPlainly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(1, 100).Draw(t, "total")
		k := rapid.IntRange(0, total).Draw(t, "k")
		seed, i := rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "i")
		got, want := Draw(seed, i, total, k), drawPlainly(seed, i, total, k)
		if !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != k || k > 0 && (got[0] < 0 || got[k-1] >= total) {
			t.Fatalf("%v are not %d different numbers below %d", got, k, total)
		}
	})
}

// Every ordered list of 3 of 5 numbers comes equally often: chi-square of the
// 60 lists with 59 degrees of freedom, whose 0.9999 quantile is 107.
func TestDrawUniform(t *testing.T) {
	const draws = 60_000
	counts := map[string]float64{}
	for i := range uint64(draws) {
		counts[fmt.Sprint(Draw(7, i, 5, 3))]++
	}
	if len(counts) != 60 {
		t.Fatalf("%d different lists, want 60", len(counts))
	}
	var chi2 float64
	for _, n := range counts {
		chi2 += (n - draws/60) * (n - draws/60) / (draws / 60)
	}
	if chi2 > 107 {
		t.Errorf("chi-square %v", chi2)
	}
}

// The stream is pinned: prompts of a file must not change by accident.
func TestDrawStream(t *testing.T) {
	for i, want := range [][]int{
		{1846, 3448, 6824, 4686, 4297, 3818},
		{10157, 9682, 4324, 1337, 2268, 1734},
		{4506, 11483, 8738, 7330, 6166, 11701},
	} {
		if got := Draw(1, uint64(i), 12125, 6); !slices.Equal(got, want) {
			t.Errorf("Draw(1, %d, 12125, 6) = %#v, want %#v", i, got, want)
		}
	}
}

// A prompt consists of the chains that Draw names, the query last.
func TestWindowsPrompt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySequences(t)
		d, n := rapid.IntRange(1, 3).Draw(t, "d"), rapid.IntRange(1, 8).Draw(t, "n")
		w, err := s.Windows(d, 0, 0)
		if err != nil || w.CheckContext(n) != nil {
			return
		}
		var p markov.Prompt
		for i := range uint64(3) {
			w.Prompt(&p, 5, i, n)
			chain := append(slices.Clone(p.Query), p.Label)
			all := append(slices.Clone(p.Context), chain...)
			for k, index := range Draw(5, i, w.Len(), n+1) {
				if !slices.Equal(all[k*(d+1):(k+1)*(d+1)], w.Chain(index)) {
					t.Fatalf("chain %d is %v, want %v", k, all[k*(d+1):(k+1)*(d+1)], w.Chain(index))
				}
			}
			if len(all) != (n+1)*(d+1) {
				t.Fatalf("%d states, want %d", len(all), (n+1)*(d+1))
			}
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	for _, total := range []int{1000, 100_000_000} {
		b.Run(fmt.Sprintf("total=%d", total), func(b *testing.B) {
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				Draw(1, i, total, 101)
			}
		})
	}
}

func ExampleRead() {
	file := strings.NewReader(">chr1 soft-masked\nACGTAcgtGGCA\nTTACG\n")
	s, err := Read(file, "genome.fa", Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w, err := s.Windows(3, 0, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	for i := range w.Len() {
		fmt.Print(s.Text(w.Chain(i)), " ")
	}
	fmt.Println(w.StartLaw())

	_, err = Read(strings.NewReader(">chr1\nACGTNNACGT\n"), "genome.fa", Options{})
	fmt.Println(err)
	// Output:
	// genome.fa: FASTA, nucleotides; 1 sequence with 17 symbols of 4 states "ACGT"
	// ACGT ACGT GGCA TTAC probs:0.5,0,0.25,0.25
	// genome.fa, line 2, column 5: 'N' is not in the alphabet "ACGT"; add `skip-unknown` to cut chains there
}

// TestOverlappingPrompts: with a stride of 1 a query shares no state with its
// context. Every state of the file is different within reach of a chain, so
// that equal states would show it.
func TestOverlappingPrompts(t *testing.T) {
	const d, n = 3, 4
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "%d ", i)
	}
	s, err := Read(strings.NewReader(text.String()), "test.txt", Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Windows(d, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	var p markov.Prompt
	seen := map[markov.State]bool{}
	for i := range uint64(500) {
		w.Prompt(&p, 1, i, n)
		if len(p.Context) != n*(d+1) {
			t.Fatalf("context of %d states", len(p.Context))
		}
		seen[p.Label] = true
		for _, state := range append(slices.Clone(p.Query), p.Label) {
			if slices.Contains(p.Context, state) {
				t.Fatalf("prompt %d: state %d of the query is in the context %v", i, state, p.Context)
			}
		}
	}
	if len(seen) != w.Len() {
		t.Errorf("%d of %d chains were a query", len(seen), w.Len())
	}
	if err := w.CheckContext(w.Len() - 1 - 2*d); err != nil {
		t.Error(err)
	}
	if err := w.CheckContext(w.Len() - 2*d); !errors.Is(err, ErrFewChains) {
		t.Errorf("got %v", err)
	}
}
