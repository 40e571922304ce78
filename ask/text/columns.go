package text

import (
	"bytes"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Screen is a writer that knows how many characters fit into one of its lines, such as
// that of a terminal; 0 is no limit.
type Screen interface {
	io.Writer
	Width() int
}

// widthOf returns the characters that fit into a line of a writer, 0 for no limit.
func widthOf(w io.Writer) int {
	if s, ok := w.(Screen); ok {
		return s.Width()
	}
	return 0
}

// WidthOf returns how wide lines written to w may be, at most so wide.
func WidthOf(w io.Writer, most int) int {
	if width := widthOf(w); width > 0 {
		return min(most, width)
	}
	return most
}

// Columns lines up columns that are separated by tabs; Flush writes them. Those that do
// not fit beside each other on a [Screen] are set below each other in parts, each with the
// first column again, as statistics programs do, and a cell that is too wide even so is
// broken into lines.
type Columns struct {
	w     io.Writer
	lines bytes.Buffer
}

// NewColumns returns columns to be written to w.
func NewColumns(w io.Writer) *Columns { return &Columns{w: w} }

// Write implements io.Writer; nothing is written before Flush.
func (c *Columns) Write(data []byte) (int, error) { return c.lines.Write(data) }

// Flush writes the columns.
func (c *Columns) Flush() error {
	all := c.lines.String()
	c.lines.Reset()
	aligned := align(all)
	width := widthOf(c.w)
	if width == 0 || widest(aligned) <= width {
		_, err := io.WriteString(c.w, aligned)
		return err
	}
	var out strings.Builder
	var group []string // lines with columns that belong together
	flush := func() {
		if len(group) > 0 {
			out.WriteString(parts(group, width))
			group = nil
		}
	}
	for line := range strings.Lines(all) {
		if line = strings.TrimSuffix(line, "\n"); strings.Contains(line, "\t") {
			group = append(group, line)
			continue
		}
		flush()
		out.WriteString(line + "\n")
	}
	flush()
	_, err := io.WriteString(c.w, out.String())
	return err
}

func align(lines string) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	io.WriteString(w, lines) // a strings.Builder takes everything
	w.Flush()
	return out.String()
}

func widest(lines string) int {
	most := 0
	for line := range strings.Lines(lines) {
		most = max(most, utf8.RuneCountInString(strings.TrimRight(line, " \n")))
	}
	return most
}

// parts sets lines of columns below each other, so that they fit.
func parts(lines []string, width int) string {
	rows := make([][]string, len(lines))
	columns := 0
	for i, line := range lines {
		rows[i] = strings.Split(line, "\t")
		columns = max(columns, len(rows[i]))
	}
	cell := func(i, j int) string {
		if j < len(rows[i]) {
			return rows[i][j]
		}
		return ""
	}
	size := make([]int, columns)
	for j := range size {
		for i := range rows {
			size[j] = max(size[j], utf8.RuneCountInString(cell(i, j)))
		}
	}
	// A column without a head, such as one of standard errors, stays with that before it.
	attached := func(j int) bool { return j > 1 && j < columns && cell(0, j) == "" && cell(0, 0) != "" }
	var out strings.Builder
	for from := 1; from < columns; {
		to, used := from, size[0]
		for to < columns {
			end, more := to+1, 2+size[to]
			for ; attached(end); end++ {
				more += 2 + size[end]
			}
			if used+more > width && to > from {
				break
			}
			to, used = end, used+more
		}
		if from > 1 {
			out.WriteByte('\n')
		}
		var part strings.Builder
		for i := range rows {
			cells := []string{cell(i, 0)}
			for j := from; j < to; j++ {
				cells = append(cells, cell(i, j))
			}
			if used <= width || len(cells) > 2 {
				part.WriteString(strings.Join(cells, "\t") + "\n")
				continue
			}
			for k, line := range broken(cells[1], max(12, width-size[0]-2)) {
				if k > 0 {
					cells[0] = ""
				}
				part.WriteString(cells[0] + "\t" + line + "\n")
			}
		}
		text := align(part.String())
		for line := range strings.Lines(text) {
			out.WriteString(strings.TrimRight(line, " \n") + "\n")
		}
		from = to
	}
	return out.String()
}

// broken breaks a text into lines, words that are wider than a line too.
func broken(text string, width int) (lines []string) {
	for line := range strings.SplitSeq(Wrap(text, width), "\n") {
		runes := []rune(line)
		for len(runes) > width {
			lines, runes = append(lines, string(runes[:width])), runes[width:]
		}
		lines = append(lines, string(runes))
	}
	return lines
}

// Fit breaks lines of text that are wider than so many characters; 0 is no limit.
func Fit(text string, width int) string {
	if width == 0 {
		return text
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapped(line, width))
	}
	return strings.Join(lines, "\n")
}

// wrapped breaks a line of text that is too wide; what follows stands below the value
// where the line is a name and its value, else is indented.
func wrapped(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	trimmed := strings.TrimLeft(line, " ")
	lead := len(line) - len(trimmed)
	first, hang := line[:lead], lead+2
	if gap := strings.Index(trimmed, "  "); gap > 0 {
		value := strings.TrimLeft(trimmed[gap:], " ")
		at := len(line) - len(value)
		if begin := utf8.RuneCountInString(line[:at]); begin <= width/2 {
			first, hang, trimmed = line[:at], begin, value
		}
	}
	lines := strings.Split(Wrap(trimmed, max(12, width-hang)), "\n")
	if room := width - utf8.RuneCountInString(first); room > width-hang { // the first line has more
		words := strings.Fields(trimmed)
		lines = strings.Split(Wrap(trimmed, room), "\n")
		rest := words[len(strings.Fields(lines[0])):]
		lines = lines[:1]
		if len(rest) > 0 {
			lines = append(lines, strings.Split(Wrap(strings.Join(rest, " "), max(12, width-hang)), "\n")...)
		}
	}
	return first + strings.Join(lines, "\n"+strings.Repeat(" ", hang))
}

// Paragraphs is a writer that breaks lines of text which are too wide for its screen.
// Call Flush at the end.
type Paragraphs struct {
	w    io.Writer
	line []byte
}

// NewParagraphs returns a writer to w.
func NewParagraphs(w io.Writer) *Paragraphs { return &Paragraphs{w: w} }

// Width implements Screen.
func (p *Paragraphs) Width() int { return widthOf(p.w) }

// Write implements io.Writer.
func (p *Paragraphs) Write(data []byte) (int, error) {
	if p.Width() == 0 {
		return p.w.Write(data)
	}
	rest := data
	for {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			p.line = append(p.line, rest...)
			return len(data), nil
		}
		p.line = append(p.line, rest[:end]...)
		rest = rest[end+1:]
		if err := p.Flush(); err != nil {
			return 0, err
		}
		if _, err := p.w.Write([]byte{'\n'}); err != nil {
			return 0, err
		}
	}
}

// Flush writes the begin of a line that has no end yet.
func (p *Paragraphs) Flush() error {
	if len(p.line) == 0 {
		return nil
	}
	_, err := io.WriteString(p.w, wrapped(string(p.line), p.Width()))
	p.line = p.line[:0]
	return err
}
