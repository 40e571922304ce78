package chainfile

import (
	"fmt"
	"math/big"
	"sort"
	"strings"

	"markovicl/internal/plural"
	"markovicl/markov"
)

// Windows are the chains of d+1 states that sequences are cut into. They are
// views of the sequences and take next to no memory of their own.
type Windows struct {
	Sequences *Sequences
	Positions int // d: a chain has d+1 states
	Window    int // W >= d+1
	Stride    int // T >= 1
	Left      int // sequences that are too short for a chain and were left out

	before []int // [len(Sequences.List)+1] chains in the sequences before each
	lo, hi int   // the chains of this part, in all of them
}

// Windows cuts the sequences into chains of d+1 states. Chain k of a sequence
// consists of the states T k .. T k + d, as long as the window of W states that
// begins at T k lies in the sequence. With window = 0 and stride = 0 the chains
// are consecutive and do not overlap: W = d+1, T = W. A longer window takes its
// first d+1 states and so leaves gaps between chains, which makes them less
// dependent; a stride below d+1 lets chains overlap, see [Windows.Overlap].
// States after the last window of a sequence are not used.
//
// It is an error if there is no chain at all, or if a line of a text or a row
// of a CSV file is shorter than the window, which is how a damaged file looks;
// with the options Ragged, SkipUnknown or Classes, and for records of FASTA,
// such sequences are left out and counted in Left.
func (s *Sequences) Windows(d, window, stride int) (*Windows, error) {
	if d < 1 {
		return nil, fmt.Errorf("d = %d: a chain needs at least one state before the one to predict; give d = 1 or more", d)
	}
	if window == 0 {
		window = d + 1
	}
	if window < d+1 {
		return nil, fmt.Errorf("a window of %d states cannot hold a chain of %d (d = %d); give a window of %d or more, or d = %d", window, d+1, d, d+1, max(1, window-1))
	}
	if stride == 0 {
		stride = window
	}
	if stride < 0 {
		return nil, fmt.Errorf("the stride is %d; give 1 or more", stride)
	}
	w := &Windows{Sequences: s, Positions: d, Window: window, Stride: stride, before: make([]int, 1, len(s.List)+1)}
	longest, short := 0, -1
	for i, q := range s.List {
		chains := 0
		if n := len(q.States); n >= window {
			chains = (n-window)/stride + 1
		} else {
			w.Left++
			if short < 0 && !q.Cut {
				short = i
			}
		}
		w.before = append(w.before, w.before[i]+chains)
		if len(q.States) > len(s.List[longest].States) {
			longest = i
		}
	}
	w.hi = w.before[len(s.List)]
	if w.hi == 0 {
		q := s.List[longest]
		e := &Error{File: s.File, Line: q.Line, Err: ErrShort,
			Detail: fmt.Sprintf("the longest sequence has %s, and %s", plural.Of(len(q.States), "symbol"), w.wants())}
		if n := len(q.States); n > d {
			e.Remedy = fmt.Sprintf("give a smaller `window`, %d at most", n)
		} else if n > 1 {
			e.Remedy = fmt.Sprintf("give a smaller `d`, %d at most", n-1)
		} else if s.Format == FormatText && len(s.List) > 1 {
			e.Remedy = "`join-lines` reads the lines as one sequence"
		}
		return nil, e
	}
	if short >= 0 && s.strict {
		q := s.List[short]
		return nil, &Error{File: s.File, Line: q.Line, Column: 1, Err: ErrShort, Detail: w.tooShort(len(q.States)),
			Remedy: "mend it, or add `ragged` to leave such " + map[bool]string{true: "rows", false: "lines"}[s.Format == FormatCSV] + " out"}
	}
	return w, nil
}

// tooShort is the complaint about a line or row of n states.
func (w *Windows) tooShort(n int) string {
	if w.Sequences.Format == FormatCSV {
		return fmt.Sprintf("the row has %s, and %s", plural.Of(n, "state"), w.wants())
	}
	return fmt.Sprintf("the line has %s, and %s", plural.Of(n, "symbol"), w.wants())
}

// wants says how long a sequence must be.
func (w *Windows) wants() string {
	if w.Window > w.Positions+1 {
		return fmt.Sprintf("a window has %d", w.Window)
	}
	return fmt.Sprintf("a chain at d = %d has %d", w.Positions, w.Positions+1)
}

// Len returns the number of chains.
func (w *Windows) Len() int { return w.hi - w.lo }

// Chain returns chain i, length d+1. It is a view that must not be changed.
func (w *Windows) Chain(i int) []markov.State {
	sequence, offset := w.Place(i)
	return w.Sequences.List[sequence].States[offset : offset+w.Positions+1]
}

// Place returns the sequence that chain i is cut from and its offset in there.
func (w *Windows) Place(i int) (sequence, offset int) {
	if i < 0 || i >= w.Len() {
		panic(fmt.Sprintf("chainfile: chain %d of %d", i, w.Len()))
	}
	i += w.lo
	sequence = sort.Search(len(w.before)-1, func(k int) bool { return w.before[k+1] > i })
	return sequence, (i - w.before[sequence]) * w.Stride
}

// Overlap reports whether chains share states, so that a query's states may be
// in its own context.
func (w *Windows) Overlap() bool { return w.Stride < w.Positions+1 }

// Slice returns chains lo <= i < hi as windows of their own.
func (w *Windows) Slice(lo, hi int) *Windows {
	if lo < 0 || hi < lo || hi > w.Len() {
		panic(fmt.Sprintf("chainfile: chains %d to %d of %d", lo, hi, w.Len()))
	}
	part := *w
	part.lo, part.hi = w.lo+lo, w.lo+hi
	return &part
}

// Halves returns the first and the second half of the chains, to fit on the one
// and evaluate on the other. Where chains overlap, the second half begins with
// the first chain that shares no state with the first half.
func (w *Windows) Halves() (first, second *Windows) {
	middle := w.Len() / 2
	first = w.Slice(0, middle)
	if middle > 0 {
		sequence, offset := w.Place(middle - 1)
		for ; middle < w.Len(); middle++ {
			next, begin := w.Place(middle)
			if next != sequence || begin > offset+w.Positions {
				break
			}
		}
	}
	return first, w.Slice(middle, w.Len())
}

// Stretches cuts the chains into contiguous stretches of n+1 and returns how
// many there are; what is left at the end belongs to none. A stretch may run
// over the border of two sequences, as groups of rows do.
func (w *Windows) Stretches(n int) int { return w.Len() / (n + 1) }

// Stretch returns stretch k of n+1 chains, k < Stretches(n).
func (w *Windows) Stretch(n, k int) *Windows { return w.Slice(k*(n+1), (k+1)*(n+1)) }

// CheckContext returns an error if there are too few chains for a prompt with n
// in-context chains and a query.
func (w *Windows) CheckContext(n int) error {
	if n < 1 {
		return fmt.Errorf("n = %d: a prompt needs at least one in-context chain; give n = 1 or more", n)
	}
	if w.Len() > n+w.neighbours() {
		return nil
	}
	part := "the file"
	if w.Len() < w.before[len(w.before)-1] {
		part = "this part of the file"
	}
	takes := fmt.Sprint(n + 1)
	if k := w.neighbours(); k > 0 {
		takes += fmt.Sprintf(" besides up to %d that overlap its query", k)
	}
	return &Error{File: w.Sequences.File, Err: ErrFewChains,
		Detail: fmt.Sprintf("%s has only %s of %d states, and a prompt with n = %d takes %s", part, plural.Of(w.Len(), "chain"), w.Positions+1, n, takes),
		Remedy: w.fewer(n)}
}

// Most returns the largest n for which [Windows.CheckContext] finds enough
// chains; it may be less than 1.
func (w *Windows) Most() int { return w.Len() - 1 - w.neighbours() }

// fewer is the advice for too few chains: only what would read the file rightly.
func (w *Windows) fewer(n int) string {
	var ways []string
	if most := w.Most(); most > 0 {
		ways = append(ways, fmt.Sprintf("a smaller `n`, %d at most", most))
	}
	if w.Positions > 1 {
		ways = append(ways, "a smaller `d`")
	}
	if w.Stride > 1 && w.overlapping() > n+2*w.Positions {
		ways = append(ways, "`stride` 1, with which chains overlap")
	}
	return "give " + strings.Join(append(ways, "a longer file"), ", or ")
}

// overlapping returns how many chains there are with stride 1.
func (w *Windows) overlapping() int {
	chains := 0
	for _, q := range w.Sequences.List {
		chains += max(0, len(q.States)-w.Window+1)
	}
	return chains
}

// neighbours returns how many chains at most share a state with a given one.
func (w *Windows) neighbours() int { return 2 * (w.Positions / w.Stride) }

// Share reports whether chains i and j have a state of the file in common.
func (w *Windows) Share(i, j int) bool {
	si, oi := w.Place(i)
	sj, oj := w.Place(j)
	return si == sj && max(oi-oj, oj-oi) <= w.Positions
}

// StartCounts returns how many chains begin in each state, length S.
func (w *Windows) StartCounts() []int {
	counts := make([]int, len(w.Sequences.Labels))
	for i := range w.Len() {
		counts[w.Chain(i)[0]]++
	}
	return counts
}

// StartLaw returns the law of a chain's first state that the chains have: the
// frequency of each state among their first, as exact fractions. There must be
// a chain. A state in which no chain begins has probability 0.
func (w *Windows) StartLaw() markov.Start {
	law := make([]*big.Rat, len(w.Sequences.Labels))
	for state, n := range w.StartCounts() {
		law[state] = big.NewRat(int64(n), int64(w.Len()))
	}
	start, err := markov.IIDStartOf(law)
	if err != nil {
		panic(err) // counts divided by their sum are a law
	}
	return start
}
