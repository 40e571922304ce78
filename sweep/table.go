package sweep

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"markovicl/ask"
	"markovicl/internal/atomicfile"
	"markovicl/internal/each"
	"markovicl/store"
)

// record is a row of the table with where it is from.
type record struct {
	row
	point    []string
	result   int // of several results of one question, from 1; 0 where there is one
	seed     string
	question string
	version  string
}

// source gives the records of a sweep, in the order of its grid, as often as asked.
type source interface {
	grid() *Grid
	records(yield func(record) error) error
}

func (f *folder) grid() *Grid { return f.header.Grid }

// shelf is a folder with what is known of its questions: the source of its table.
type shelf struct {
	*folder
	book *book
}

// together is how many answers are read and flattened at the same time.
const together = 256

func (s shelf) records(yield func(record) error) error {
	var some []int
	for i, state := range s.book.state {
		if state == answered {
			some = append(some, i)
		}
		if len(some) == together || i == len(s.book.state)-1 {
			if err := s.yieldSome(some, yield); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	return nil
}

// yieldSome yields the records of some questions in their order.
func (s shelf) yieldSome(some []int, yield func(record) error) error {
	records := make([][]record, len(some))
	err := each.Do(context.Background(), len(some), each.Settings{}, func(int) func(int) error {
		return func(k int) error {
			i := some[k]
			answer, err := s.answers.Get(s.book.keys[i].key())
			var corrupt *store.CorruptError
			if errors.Is(err, store.ErrNone) || errors.As(err, &corrupt) {
				s.book.state[i] = open
			}
			if err != nil {
				return err
			}
			records[k], err = recordsOf(s.header.Grid, i, answer, s.header.Version)
			return err
		}
	})
	if err != nil {
		return err
	}
	for _, list := range records {
		for _, r := range list {
			if err := yield(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordsOf returns the records of the answer to question i.
func recordsOf(g *Grid, i int, answer []byte, version string) ([]record, error) {
	q, err := g.Question(i)
	if err != nil {
		return nil, err
	}
	rows, err := flatten(answer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.describe(i), err)
	}
	seed, _ := ask.Value(q, "seed")
	question := string(ask.Canonical(q))
	records := make([]record, len(rows))
	for k, r := range rows {
		records[k] = record{row: r, point: g.Point(i), seed: seed, question: question, version: version}
		if len(rows) > 1 {
			records[k].result = k + 1
		}
	}
	return records, nil
}

// column is a column of the table that is a scalar of the answers.
type column struct {
	name  string
	field string // the name in the answer
	kinds [4]bool
}

// layout is what the first pass over the answers finds out: the columns, and the shapes
// of the arrays.
type layout struct {
	names   []string // of the swept flags
	several bool     // some question has several results
	seed    bool     // there is a column of seeds
	columns []column
	index   map[string]int // of columns by field
	arrays  map[string]*arrayLayout
	order   []string // of arrays
	rows    int
}

func layoutOf(src source) (*layout, error) {
	l := &layout{names: src.grid().Names(), index: map[string]int{}, arrays: map[string]*arrayLayout{}}
	taken := map[string]bool{"result": true, "seed": true, "question": true, "version": true}
	for _, name := range l.names {
		taken[name] = true
	}
	err := src.records(func(r record) error {
		l.rows++
		l.several = l.several || r.result > 0
		l.seed = l.seed || r.seed != "" && !slices.Contains(l.names, "seed")
		for _, c := range r.cells {
			k, ok := l.index[c.name]
			if !ok {
				k = len(l.columns)
				name := c.name
				if taken[name] {
					name = "answer." + name
				}
				l.index[c.name] = k
				l.columns = append(l.columns, column{name: name, field: c.name})
			}
			l.columns[k].kinds[c.kind] = true
		}
		for _, a := range r.arrays {
			if l.arrays[a.name] == nil {
				l.arrays[a.name] = &arrayLayout{shape: a.shape}
				l.order = append(l.order, a.name)
			}
			l.arrays[a.name].see(a)
		}
		return nil
	})
	return l, err
}

// head returns the names of the columns.
func (l *layout) head() []string {
	names := slices.Clone(l.names)
	if l.several {
		names = append(names, "result")
	}
	for _, c := range l.columns {
		names = append(names, c.name)
	}
	if l.seed {
		names = append(names, "seed")
	}
	return append(names, "question", "version")
}

// texts returns a record as the texts of a row.
func (l *layout) texts(r record) []string {
	texts := slices.Clone(r.point)
	if l.several {
		texts = append(texts, strconv.Itoa(max(1, r.result)))
	}
	cells := make([]string, len(l.columns))
	for _, c := range r.cells {
		cells[l.index[c.name]] = c.text
	}
	texts = append(texts, cells...)
	if l.seed {
		texts = append(texts, r.seed)
	}
	return append(texts, r.question, r.version)
}

// export writes the tables of what is answered, and of what has failed, to the folder out.
func (f *folder) export(b *book, out string) error {
	if err := writeTables(shelf{f, b}, out); err != nil {
		return err
	}
	return writeFailures(out, f.header.Grid, func(yield func(i int, e *failureEntry) error) error {
		return f.eachFailure(b, yield)
	})
}

func writeTables(src source, out string) error {
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	l, err := layoutOf(src)
	if err != nil {
		return err
	}
	arrays, err := newArrayWriter(l, out)
	if err != nil {
		return err
	}
	defer arrays.close()
	// One pass over the answers makes all three files; results.csv is the last to appear.
	err = atomicfile.WriteTo(filepath.Join(out, resultsTable), func(w io.Writer) error {
		return atomicfile.WriteTo(filepath.Join(out, parquetTable), func(parquetFile io.Writer) error {
			buffer := bufio.NewWriter(w)
			table := csv.NewWriter(buffer)
			columns := newParquetWriter(l, parquetFile)
			if err := table.Write(l.head()); err != nil {
				return err
			}
			err := src.records(func(r record) error {
				texts := l.texts(r)
				return errors.Join(table.Write(texts), columns.add(texts, r.answer), arrays.add(&r.row))
			})
			if err != nil {
				return err
			}
			table.Flush()
			err = errors.Join(table.Error(), buffer.Flush(), columns.out.Close())
			if err != nil {
				return err
			}
			return arrays.write(filepath.Join(out, arraysFile))
		})
	})
	return err
}

// writeFailures writes failed.csv, or removes it where nothing has failed.
func writeFailures(out string, g *Grid, failures func(yield func(i int, e *failureEntry) error) error) error {
	path := filepath.Join(out, failedTable)
	some := errors.New("there are failures")
	err := failures(func(int, *failureEntry) error { return some })
	if err == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	if err != some {
		return err
	}
	return atomicfile.WriteTo(path, func(w io.Writer) error {
		table := csv.NewWriter(w)
		if err := table.Write(append(g.Names(), "kind", "message", "command")); err != nil {
			return err
		}
		err := failures(func(i int, e *failureEntry) error {
			q, err := g.Question(i)
			if err != nil {
				return err
			}
			return table.Write(append(g.Point(i), string(e.Kind), e.Message, ask.CommandLine(q)))
		})
		table.Flush()
		return errors.Join(err, table.Error())
	})
}
