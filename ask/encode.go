package ask

import (
	"bytes"
	"encoding/json"
)

// compact returns v as JSON without white space.
func compact(v any) ([]byte, error) { return json.Marshal(v) }

// indent sets compact JSON on lines, two blanks a level, but an array of numbers
// and nulls on one line. It ends with a line feed.
func indent(data []byte) []byte {
	p := printer{in: data}
	p.value(0)
	p.out.WriteByte('\n')
	return p.out.Bytes()
}

// printer goes through compact and valid JSON once.
type printer struct {
	in  []byte
	at  int
	out bytes.Buffer
}

func (p *printer) value(depth int) {
	switch p.in[p.at] {
	case '{':
		p.list('}', depth, func() {
			p.token()
			p.at++ // the colon
			p.out.WriteString(": ")
			p.value(depth + 1)
		})
	case '[':
		if end := flatEnd(p.in[p.at:]); end > 0 {
			p.out.Write(bytes.ReplaceAll(p.in[p.at:p.at+end], []byte(","), []byte(", ")))
			p.at += end
			return
		}
		p.list(']', depth, func() { p.value(depth + 1) })
	default:
		p.token()
	}
}

// list prints an object or an array, one entry a line.
func (p *printer) list(closing byte, depth int, entry func()) {
	p.out.WriteByte(p.in[p.at])
	p.at++
	empty := p.in[p.at] == closing
	for p.in[p.at] != closing {
		if p.in[p.at] == ',' {
			p.out.WriteByte(',')
			p.at++
		}
		p.line(depth + 1)
		entry()
	}
	if !empty {
		p.line(depth)
	}
	p.out.WriteByte(closing)
	p.at++
}

func (p *printer) line(depth int) {
	p.out.WriteByte('\n')
	for range depth {
		p.out.WriteString("  ")
	}
}

// token prints a string, a number, true, false or null as it is.
func (p *printer) token() {
	start := p.at
	if p.in[p.at] == '"' {
		for p.at++; p.in[p.at] != '"'; p.at++ {
			if p.in[p.at] == '\\' {
				p.at++
			}
		}
		p.at++
	} else {
		for p.at < len(p.in) && bytes.IndexByte([]byte(",]}"), p.in[p.at]) < 0 {
			p.at++
		}
	}
	p.out.Write(p.in[start:p.at])
}

// flatEnd returns the length of the array that data begins with if it holds
// only numbers and nulls, at least one of them; else 0.
func flatEnd(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch c := data[i]; {
		case c == ']' && i > 1:
			return i + 1
		case bytes.IndexByte([]byte(`"[]{}tf`), c) >= 0:
			return 0
		}
	}
	return 0
}
