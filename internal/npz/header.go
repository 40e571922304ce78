package npz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const magic = "\x93NUMPY"

// Headers of arrays of numbers have some 100 bytes; NumPy itself refuses long ones.
const maxHeader = 1 << 16

// maxDims is the largest number of dimensions of an array, as in NumPy 2.
const maxDims = 64

// header is what an NPY file says of its array.
type header struct {
	length  int    // bytes before the numbers
	typ     string // as written, such as "<f8"
	kind    byte   // 'f', 'i' or 'u'
	size    int    // bytes of a number
	big     bool   // big-endian
	fortran bool
	shape   []int
	numbers int // the product of the shape
}

func (h *header) String() string {
	return fmt.Sprintf("an array of type %s and shape %s", h.typ, Shape(h.shape))
}

// Shape writes a shape as numpy and PyTorch do: [2, 3].
func Shape(shape []int) string {
	sizes := make([]string, len(shape))
	for i, size := range shape {
		sizes[i] = strconv.Itoa(size)
	}
	return "[" + strings.Join(sizes, ", ") + "]"
}

func readHeader(r io.Reader) (*header, error) {
	var start [12]byte // magic, version, the length in two or four bytes
	if _, err := io.ReadFull(r, start[:10]); err != nil {
		return nil, fmt.Errorf("this is no NPY array: %w", short(err))
	}
	if string(start[:6]) != magic {
		return nil, errors.New("this is no NPY array: it does not begin as one")
	}
	begin, length := 10, int(binary.LittleEndian.Uint16(start[8:]))
	switch version := start[6]; version {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, start[10:]); err != nil {
			return nil, fmt.Errorf("this is no NPY array: %w", short(err))
		}
		begin = 12
		if long := binary.LittleEndian.Uint32(start[8:]); long > maxHeader {
			return nil, fmt.Errorf("the NPY header has %d bytes; the most is %d", long, maxHeader)
		} else {
			length = int(long)
		}
	default:
		return nil, fmt.Errorf("NPY version %d is not known; versions 1 to 3 are", version)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fmt.Errorf("the NPY header is cut off: %w", short(err))
	}
	h := &header{length: begin + length}
	p := parser{rest: string(text)}
	if err := p.header(h); err != nil {
		return nil, fmt.Errorf("the NPY header %q: %w", strings.TrimSpace(string(text)), err)
	}
	return h, nil
}

// A parser reads the one Python dictionary that NPY headers are, with its keys in any
// order.
type parser struct{ rest string }

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// token skips a token if it comes next.
func (p *parser) token(text string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, text)
	p.rest = rest
	return ok
}

func (p *parser) text() (string, bool) {
	for _, quote := range []string{"'", `"`} {
		if p.token(quote) {
			text, rest, ok := strings.Cut(p.rest, quote)
			p.rest = rest
			return text, ok
		}
	}
	return "", false
}

func (p *parser) header(h *header) error {
	if !p.token("{") {
		return errors.New("it is no dictionary")
	}
	seen := map[string]bool{}
	for !p.token("}") {
		key, ok := p.text()
		if !ok || !p.token(":") {
			return errors.New("it is no dictionary")
		}
		if seen[key] {
			return fmt.Errorf("it has %s twice", key)
		}
		seen[key] = true
		var err error
		switch key {
		case "descr":
			err = p.typ(h)
		case "fortran_order":
			h.fortran = p.token("True")
			if !h.fortran && !p.token("False") {
				err = errors.New("fortran_order is neither True nor False")
			}
		case "shape":
			err = p.shape(h)
		default:
			err = fmt.Errorf("the key %s is not one of descr, fortran_order and shape", key)
		}
		if err != nil {
			return err
		}
		if !p.token(",") {
			if !p.token("}") {
				return errors.New("it is no dictionary")
			}
			break
		}
	}
	if p.space(); p.rest != "" {
		return errors.New("something follows its dictionary")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return fmt.Errorf("it lacks %s", key)
		}
	}
	return nil
}

func (p *parser) typ(h *header) error {
	text, ok := p.text()
	if !ok {
		return errors.New("the type is no plain one; write an array of numbers, np.asarray(x, dtype=float)")
	}
	h.typ = text
	if order, rest := text[:min(1, len(text))], text[min(1, len(text)):]; strings.Contains("<>|", order) && len(rest) == 2 {
		h.kind, h.size, h.big = rest[0], int(rest[1]-'0'), order == ">"
		switch rest {
		case "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8":
			if order != "|" || h.size == 1 {
				return nil
			}
		}
	}
	return fmt.Errorf("the type %q is none of f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8; write np.asarray(x, dtype=float)", text)
}

func (p *parser) shape(h *header) error {
	if !p.token("(") {
		return errors.New("the shape is no tuple")
	}
	h.numbers = 1
	empty := false
	for !p.token(")") {
		p.space()
		end := strings.IndexFunc(p.rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 1 {
			return errors.New("the shape is no tuple of sizes")
		}
		size, err := strconv.Atoi(p.rest[:end])
		if err != nil || size > MaxNumbers {
			return fmt.Errorf("the size %s is above %d", p.rest[:end], MaxNumbers)
		}
		p.rest = p.rest[end:]
		p.token("L") // of Python 2
		h.shape = append(h.shape, size)
		if len(h.shape) > maxDims {
			return fmt.Errorf("there are more than %d dimensions", maxDims)
		}
		switch {
		case size == 0:
			empty = true
		case h.numbers > MaxNumbers/size:
			return fmt.Errorf("an array of shape %s .. has more than %d numbers", Shape(h.shape), MaxNumbers)
		default:
			h.numbers *= size
		}
		if !p.token(",") {
			if !p.token(")") {
				return errors.New("the shape is no tuple of sizes")
			}
			break
		}
	}
	if empty {
		h.numbers = 0
	}
	return nil
}

// formatHeader returns the header of an array, padded to the multiple of 64 bytes
// that the format asks for.
func formatHeader(typ string, shape []int, numbers int) ([]byte, error) {
	product := 1
	var sizes []string
	for _, size := range shape {
		product *= size
		sizes = append(sizes, strconv.Itoa(size))
	}
	if product != numbers || len(shape) > maxDims {
		return nil, fmt.Errorf("%d numbers do not have the shape %s", numbers, Shape(shape))
	}
	list := strings.Join(sizes, ", ")
	if len(sizes) == 1 {
		list += ","
	}
	const prefix = 10 // magic, version, length
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", typ, list)
	text += strings.Repeat(" ", 63-(prefix+len(text))%64) + "\n"
	out := append([]byte(magic+"\x01\x00"), byte(len(text)), byte(len(text)>>8))
	return append(out, text...), nil
}
