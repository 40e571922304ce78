package chainfile

import (
	"fmt"
	"io"

	"markovicl/markov"
)

// Counts are the transitions of all sequences of a file, none of them over a
// cut or from one sequence to the next.
type Counts struct {
	Labels  []string // [S] name of each state
	Ordered bool     // as in Sequences

	Sequences int64   // runs of states
	One       []int64 // [S] how often each state occurs
	First     []int64 // [S] how often each state begins a sequence
	Two       []int64 // [S*S] row-major: how often b follows a

	three   [][]int64 // [S*S] rows of S: how often c follows a, b; nil where a, b is never followed
	reading string
	report  func(name func(string) string) Report
}

// Symbols returns the number of states in all sequences.
func (c *Counts) Symbols() int64 {
	var n int64
	for _, k := range c.One {
		n += k
	}
	return n
}

// Pair returns how often b follows a.
func (c *Counts) Pair(a, b markov.State) int64 { return c.Two[int(a)*len(c.Labels)+int(b)] }

// Triple returns how often c follows a and b.
func (c *Counts) Triple(a, b, next markov.State) int64 {
	row := c.three[int(a)*len(c.Labels)+int(b)]
	if row == nil {
		return 0
	}
	return row[next]
}

// Report returns the report on the file, as [Sequences.Report].
func (c *Counts) Report(name func(option string) string) Report { return c.report(name) }

// String says in one line what was read, and how.
func (c *Counts) String() string { return c.reading }

// Counts counts the transitions of the sequences.
func (s *Sequences) Counts() *Counts {
	t := newTally()
	for _, q := range s.List {
		t.cut()
		for _, state := range q.States {
			t.add(int(state))
		}
	}
	to := make([]int, len(s.Labels))
	for i := range to {
		to[i] = i
	}
	c := t.counts(to, s.Labels)
	c.Ordered, c.report, c.reading = s.Ordered, s.Report, s.String()
	return c
}

// tally counts symbols by number, 0..255, and what stood in the two places
// before each. Only triples are counted in the long run: pairs and single
// symbols are their sums, but for the beginnings of sequences.
type tally struct {
	three  [][]int64 // [1<<16] rows of 256, nil until needed, by the two symbols before
	second []int64   // [1<<16] pairs at the beginning of a sequence
	first  [256]int64
	before int // the two symbols before, or one, or none
	have   int // how many of them there are
}

func newTally() *tally {
	return &tally{three: make([][]int64, 1<<16), second: make([]int64, 1<<16)}
}

// cut begins a sequence.
func (t *tally) cut() { t.have = 0 }

func (t *tally) add(symbol int) {
	if t.have == 2 {
		row := t.three[t.before]
		if row == nil {
			row = make([]int64, 256)
			t.three[t.before] = row
		}
		row[symbol]++
		t.before = t.before<<8&0xffff | symbol
		return
	}
	t.begin(symbol)
}

// begin adds one of the first two symbols of a sequence.
func (t *tally) begin(symbol int) {
	if t.have == 0 {
		t.first[symbol]++
		t.before = symbol
	} else {
		t.before = t.before<<8 | symbol
		t.second[t.before]++
	}
	t.have++
}

// counts sums up what was tallied as the states to[symbol]. Symbols for which
// that is negative are no states: sequences are cut there.
func (t *tally) counts(to []int, labels []string) *Counts {
	S := len(labels)
	c := &Counts{Labels: labels, One: make([]int64, S), First: make([]int64, S), Two: make([]int64, S*S), three: make([][]int64, S*S)}
	pair := func(a, b int, n int64) {
		switch {
		case b >= len(to) || to[b] < 0:
			return
		case a >= len(to) || to[a] < 0:
			c.First[to[b]] += n
		default:
			c.Two[to[a]*S+to[b]] += n
		}
		c.One[to[b]] += n
	}
	for a := range len(to) {
		if n := t.first[a]; n > 0 && to[a] >= 0 {
			c.First[to[a]] += n
			c.One[to[a]] += n
		}
		for b := range len(to) {
			if n := t.second[a<<8|b]; n > 0 {
				pair(a, b, n)
			}
			for next, n := range t.three[a<<8|b] {
				if n == 0 {
					continue
				}
				pair(b, next, n)
				if to[a] >= 0 && to[b] >= 0 && to[next] >= 0 {
					row := &c.three[to[a]*S+to[b]]
					if *row == nil {
						*row = make([]int64, S)
					}
					(*row)[to[next]] += n
				}
			}
		}
	}
	for _, n := range c.First {
		c.Sequences += n
	}
	return c
}

// Count reads a chain file as [Read] does and counts its transitions. A text or
// a FASTA file whose reader can go back to its beginning is read in blocks, so
// that it may be larger than the memory; others are read whole.
func Count(r io.Reader, name string, opts Options) (*Counts, error) {
	if file, ok := r.(io.ReadSeeker); ok {
		c, err := countStream(file, name, opts, blockSize)
		if err != errWhole {
			return c, err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, &Error{File: name, Detail: err.Error(), Err: err}
		}
	}
	s, err := Read(r, name, opts)
	if err != nil {
		return nil, err
	}
	return s.Counts(), nil
}

// errWhole says that a file must be read whole: to name the place of what is
// wrong with it, or because its layout is not known before its end.
var errWhole = fmt.Errorf("chainfile: the file must be read whole")
