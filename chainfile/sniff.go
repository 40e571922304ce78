package chainfile

import (
	"encoding/json"
	"slices"
	"strings"
)

// format decides the format of a file. Options come first, then the name, then
// the contents.
func (o Options) format(name, data string) Format {
	if o.Format != FormatAuto {
		return o.Format
	}
	ext := extension(name)
	switch ext {
	case ".json", ".jsonl", ".ndjson":
		return FormatJSON
	case ".fastq", ".fq":
		return FormatFASTQ
	}
	if o.Classes == nil && looksLikeJSON(data) {
		return FormatJSON
	}
	if o.Column != "" || o.Columns != "" || o.ID != "" || o.Time != "" {
		return FormatCSV
	}
	switch ext {
	case ".csv", ".tsv", ".tab", ".psv":
		return FormatCSV
	}
	for line := range lines(data) {
		text := strings.TrimSpace(line.text)
		if text == "" || o.Classes == nil && (commentAt(text, 0) || text[0] == ';') {
			continue
		}
		if text[0] == '>' {
			return FormatFASTA
		}
		if o.Classes == nil && text[0] == '@' && looksLikeFASTQ(data[line.start:]) {
			return FormatFASTQ
		}
		break
	}
	if o.Classes == nil && o.Separator != "characters" && (headedTable(data) || labelledRows(data, o.Alphabet)) {
		return FormatCSV
	}
	return FormatText
}

// looksLikeFASTQ reports whether a text begins with a record of FASTQ.
func looksLikeFASTQ(data string) bool {
	letters := 0
	for line := range lines(data) {
		switch {
		case line.number == 1:
		case strings.HasPrefix(line.text, "+"):
			return letters > 0
		case strings.ContainsAny(line.text, "@ \t"):
			return false
		default:
			letters += len(line.text)
		}
	}
	return false
}

// looksLikeJSON reports whether a text is a value of JSON that begins with a
// bracket, or has one in its first line.
func looksLikeJSON(data string) bool {
	text := strings.TrimLeft(data, " \t\r\n")
	if text == "" || text[0] != '{' && text[0] != '[' {
		return false
	}
	var first json.RawMessage
	if json.NewDecoder(strings.NewReader(text)).Decode(&first) != nil {
		return false
	}
	return first[0] == '{' || len(strings.Trim(string(first), "[] ")) > 0
}

// cellsOf cuts the lines of a text at whatever separates the cells of the first
// one that is cut.
func cellsOf() func(text string) []string {
	separator := ""
	return func(text string) []string {
		if separator == "" {
			for _, separator = range []string{"\t", ";", "|", ",", " "} {
				if strings.Contains(text, separator) {
					break
				}
			}
		}
		if separator == " " {
			return strings.Fields(text)
		}
		return strings.Split(text, separator)
	}
}

// labelledRows reports whether a text that is not named as a table is one without
// a header that says so: every line has as many cells, and the first of each is a
// date or a name, which comes nowhere else while the other cells come again. So
// is a text under a header that is a cell short. Only the beginning is looked at.
func labelledRows(data string, alphabet []string) bool {
	const enough = 1 << 11 // bytes, no more than a block of a text that is streamed
	if len(data) > enough {
		data = data[:enough]
		data = data[:strings.LastIndexByte(data, '\n')+1]
	}
	cut := cellsOf()
	var rows [][]string
	for line := range lines(data) {
		text := strings.TrimSpace(line.text)
		if text == "" || commentAt(text, 0) {
			continue
		}
		cells := cut(text)
		for i, cell := range cells {
			cells[i] = bare(cell)
		}
		rows = append(rows, cells)
	}
	var head []string
	if len(rows) > 1 && len(rows[0]) > 1 && len(rows[0]) == len(rows[1])-1 {
		head, rows = rows[0], rows[1:]
	}
	if len(rows) < 2 || head == nil && len(rows) < 3 || len(rows[0]) < 2 {
		return false
	}
	var names []string
	others, count := map[string]bool{}, 0
	for _, row := range rows {
		if len(row) != len(rows[0]) || slices.Contains(alphabet, row[0]) {
			return false
		}
		names = append(names, row[0])
		for _, cell := range row[1:] {
			others[cell] = true
			count++
		}
	}
	if slices.ContainsFunc(head, func(cell string) bool { return others[cell] || slices.Contains(names, cell) }) ||
		slices.ContainsFunc(names, func(name string) bool { return name == "" || others[name] }) {
		return false
	}
	if head == nil && dated(names) {
		return true
	}
	slices.Sort(names)
	return len(slices.Compact(names)) == len(rows) && 2*len(others) <= count
}

// headedTable reports whether a text that is not named as a table is one: its
// first line is "sep=;", or every line has as many cells, and one of the first
// line's is the name of a column of names or times that occurs nowhere else.
func headedTable(data string) bool {
	const enough = 200 // lines looked at
	var head []string
	seen, rows := map[string]bool{}, 0
	cut := cellsOf()
	for line := range lines(data) {
		text := strings.TrimSpace(line.text)
		if text == "" || commentAt(text, 0) {
			continue
		}
		if head == nil {
			if separatorLine(text) != 0 {
				return true
			}
			if head = cut(text); len(head) < 2 {
				return false
			}
			continue
		}
		cells := cut(text)
		if len(cells) != len(head) && len(cells) != len(head)+1 {
			return false
		}
		for _, cell := range cells {
			seen[bare(cell)] = true
		}
		if rows++; rows == enough {
			break
		}
	}
	return rows > 0 && slices.ContainsFunc(head, func(cell string) bool {
		h := bare(cell)
		return !seen[h] && len(h) > 1 && (isIDName(h) || isTimeName(h))
	}) && !slices.ContainsFunc(head, func(cell string) bool { return seen[bare(cell)] })
}

// bare is a cell without blanks and quotes around it.
func bare(cell string) string { return strings.Trim(strings.TrimSpace(cell), `"`) }

// separatorLine returns the separator that a line "sep=;" of Excel names, or 0.
func separatorLine(text string) rune {
	text = strings.Trim(text, `"`)
	rest, ok := strings.CutPrefix(strings.ToLower(text), "sep=")
	if r := []rune(rest); ok && len(r) == 1 {
		return r[0]
	}
	return 0
}
