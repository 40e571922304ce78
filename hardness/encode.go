package hardness

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// number is what files may contain: a decimal with an optional exponent, or a
// fraction of integers.
var number = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|\d+/\d+)$`)
})

// parseNumber reads a number exactly: 0.1 is 1/10. Exponents are limited to
// those of float64, so that a short text cannot ask for a number of a million
// digits.
func parseNumber(s string) (*big.Rat, error) {
	if !number().MatchString(s) {
		return nil, fmt.Errorf("%q is not a number (write a decimal such as -1.5e3 or a fraction such as 1/3)", s)
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		if e, err := strconv.Atoi(s[i+1:]); err != nil || e < -324 || e > 308 {
			return nil, fmt.Errorf("the exponent of %q is outside -324..308", s)
		}
	}
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("%q has denominator 0", s)
	}
	return x, nil
}

// String writes the domain as it stands in JSON: "free", "=v", ">=l", "<=u" or
// "[l,u]".
func (d Domain) String() string {
	switch {
	case d.Value() != nil:
		return "=" + d.Lower.RatString()
	case d.Lower != nil && d.Upper != nil:
		return "[" + d.Lower.RatString() + "," + d.Upper.RatString() + "]"
	case d.Lower != nil:
		return ">=" + d.Lower.RatString()
	case d.Upper != nil:
		return "<=" + d.Upper.RatString()
	}
	return "free"
}

// MarshalText implements encoding.TextMarshaler; see String.
func (d Domain) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; see String.
func (d *Domain) UnmarshalText(text []byte) (err error) {
	s := string(text)
	*d = Domain{}
	switch {
	case s == "free":
	case strings.HasPrefix(s, "="):
		d.Lower, err = parseNumber(s[1:])
		d.Upper = d.Lower
	case strings.HasPrefix(s, ">="):
		d.Lower, err = parseNumber(s[2:])
	case strings.HasPrefix(s, "<="):
		d.Upper, err = parseNumber(s[2:])
	case strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") && strings.Contains(s, ","):
		l, u, _ := strings.Cut(s[1:len(s)-1], ",")
		if d.Lower, err = parseNumber(l); err == nil {
			d.Upper, err = parseNumber(u)
		}
	default:
		err = fmt.Errorf(`domain %q is none of "free", "=v", ">=l", "<=u", "[l,u]"`, s)
	}
	return err
}

// The JSON of a program; numbers are strings because they are exact.
type programJSON struct {
	Sizes
	B         []Domain   `json:"b"`
	A         [][]Domain `json:"A"` // d+1 rows of d
	Objective *rowJSON   `json:"objective,omitempty"`
	Rows      []rowJSON  `json:"rows"`
}

type rowJSON struct {
	Label  string     `json:"label,omitempty"`
	Column int        `json:"column"`
	Terms  []termJSON `json:"terms"`
	Lower  string     `json:"lower,omitempty"`
	Upper  string     `json:"upper,omitempty"`
}

type termJSON struct {
	I    int    `json:"i"`
	K    int    `json:"k"`
	Coef string `json:"coef"`
}

func encodeForm(f Form) rowJSON {
	r := rowJSON{Column: f.Column, Terms: make([]termJSON, len(f.Terms))}
	for i, t := range f.Terms {
		r.Terms[i] = termJSON{t.I, t.K, t.Coef.RatString()}
	}
	return r
}

func (r rowJSON) form() (Form, error) {
	f := Form{Column: r.Column, Terms: make([]Term, len(r.Terms))}
	for i, t := range r.Terms {
		c, err := parseNumber(t.Coef)
		if err != nil {
			return f, fmt.Errorf("term %d: %w", i, err)
		}
		f.Terms[i] = Term{t.I, t.K, c}
	}
	return f, nil
}

// MarshalJSON writes the instance with its sizes, domains as in Domain.String
// and D^(r) as lists of non-zero entries, everything exact.
func (p *BilinearProgram) MarshalJSON() ([]byte, error) {
	w := programJSON{Sizes: p.Size(), B: p.B, A: make([][]Domain, p.Dim+1), Rows: make([]rowJSON, len(p.Rows))}
	for k := range w.A {
		w.A[k] = p.A[k*p.Dim : (k+1)*p.Dim]
	}
	if len(p.Objective.Terms) > 0 {
		o := encodeForm(p.Objective)
		w.Objective = &o
	}
	for i, r := range p.Rows {
		w.Rows[i] = encodeForm(r.Form)
		w.Rows[i].Label = r.Label
		if r.Lower != nil {
			w.Rows[i].Lower = r.Lower.RatString()
		}
		if r.Upper != nil {
			w.Rows[i].Upper = r.Upper.RatString()
		}
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON writes and validates it. Of the sizes
// only d is read, the others follow.
func (p *BilinearProgram) UnmarshalJSON(data []byte) error {
	var w programJSON
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("bilinear program: %w", err)
	}
	q := BilinearProgram{Dim: w.D, B: w.B, Rows: make([]Row, len(w.Rows))}
	for k, row := range w.A {
		if len(row) != w.D {
			return fmt.Errorf("bilinear program: row %d of A has %d entries, d = %d", k, len(row), w.D)
		}
		q.A = append(q.A, row...)
	}
	var err error
	if w.Objective != nil {
		if q.Objective, err = w.Objective.form(); err != nil {
			return fmt.Errorf("bilinear program, objective: %w", err)
		}
	}
	for i, r := range w.Rows {
		row := Row{Label: r.Label}
		if row.Form, err = r.form(); err == nil && r.Lower != "" {
			row.Lower, err = parseNumber(r.Lower)
		}
		if err == nil && r.Upper != "" {
			row.Upper, err = parseNumber(r.Upper)
		}
		if err != nil {
			return fmt.Errorf("bilinear program, row %d: %w", i, err)
		}
		q.Rows[i] = row
	}
	if err := q.Validate(); err != nil {
		return err
	}
	*p = q
	return nil
}
