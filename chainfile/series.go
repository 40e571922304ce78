package chainfile

import (
	"slices"
	"strings"
)

func (t *table) walk(begin func(string), symbol func(string, int, int) error) error {
	if t.column < 0 {
		return t.walkRows(begin, symbol)
	}
	for _, rows := range t.order {
		begin(t.name(rows[0]))
		for k, row := range rows {
			if k > 0 && !t.grouped && t.time < 0 && t.breaks[row] {
				begin(t.name(row))
			}
			at := min(t.column, len(t.row(row))-1) // a ragged row may have no such cell
			if err := symbol(t.cell(row, t.column), t.lines[row], t.rows[row]+at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *table) walkRows(begin func(string), symbol func(string, int, int) error) error {
	for i := t.first; i < t.count(); i++ {
		begin(t.name(i))
		cells := t.row(i)
		columns := t.states
		if t.states == nil { // all, and those of rows longer than the first
			for k := range cells {
				if !slices.Contains(t.id, k) && k != t.time && k != t.rowNames {
					columns = append(columns, k)
				}
			}
		}
		for len(columns) > 0 && t.cell(i, columns[len(columns)-1]) == "" {
			columns = columns[:len(columns)-1]
		}
		for _, k := range columns {
			if err := symbol(t.cell(i, k), t.lines[i], t.rows[i]+min(k, len(cells)-1)); err != nil {
				return err
			}
		}
	}
	return nil
}

// name returns the name of a row's trajectory.
func (t *table) name(row int) string {
	if t.column >= 0 && !t.grouped {
		return ""
	}
	var parts []string
	for _, column := range t.id {
		parts = append(parts, t.cell(row, column))
	}
	return strings.Join(parts, "/")
}
