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
	if o.Classes == nil && o.Separator != "characters" && headedTable(data) {
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

// headedTable reports whether a text that is not named as a table is one: its
// first line is "sep=;", or every line has as many cells, and one of the first
// line's is the name of a column of names or times that occurs nowhere else.
func headedTable(data string) bool {
	const enough = 200 // lines looked at
	var head []string
	var separator string
	seen, rows := map[string]bool{}, 0
	cellsOf := func(text string) []string {
		if separator == " " {
			return strings.Fields(text)
		}
		return strings.Split(text, separator)
	}
	for line := range lines(data) {
		text := strings.TrimSpace(line.text)
		if text == "" || commentAt(text, 0) {
			continue
		}
		if head == nil {
			if separatorLine(text) != 0 {
				return true
			}
			for _, separator = range []string{"\t", ";", "|", ",", " "} {
				if strings.Contains(text, separator) {
					break
				}
			}
			if head = cellsOf(text); len(head) < 2 {
				return false
			}
			continue
		}
		cells := cellsOf(text)
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
