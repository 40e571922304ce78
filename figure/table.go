package figure

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Table is a table of results as data. A cell is a string, a bool, a number, or nil
// where there is no value; numbers are finite, and an infinite n is "inf".
type Table struct {
	Name    string   `json:"name"` // file name without extension
	Caption string   `json:"caption"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// Check says what is wrong with the form of a table.
func (t *Table) Check() error {
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d has %d cells for %d columns", i, len(row), len(t.Columns))
		}
		for j, cell := range row {
			if _, err := exactly(cell); err != nil {
				return fmt.Errorf("row %d, column %s: %w", i, t.Columns[j], err)
			}
		}
	}
	return nil
}

// TableFormats are the names of the formats that a table is written in: CSV with all
// digits, and for texts a pipe table of Markdown and a tabular of LaTeX with the rules of
// package booktabs, both with the digits that a person reads.
var TableFormats = []string{"csv", "markdown", "latex"}

// Write writes the table in one of the TableFormats.
func (t *Table) Write(w io.Writer, format string) error {
	switch format {
	case "csv":
		return t.WriteCSV(w)
	case "markdown":
		return t.writeMarkdown(w)
	case "latex":
		return t.writeLaTeX(w)
	}
	return fmt.Errorf("tables are written as %s, not as %q", strings.Join(TableFormats, ", "), format)
}

// WriteCSV writes the table with a header. Floats have all their digits.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.Columns); err != nil {
		return err
	}
	record := make([]string, len(t.Columns))
	for i, row := range t.Rows {
		for j, cell := range row {
			var err error
			if record[j], err = exactly(cell); err != nil {
				return fmt.Errorf("table %s, row %d, column %s: %w", t.Name, i, t.Columns[j], err)
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// exactly writes a number as JSON does, where a float64 and an int of the same
// value look the same: a table that was read back from JSON, where all numbers
// are float64, gives the same CSV.
func exactly(cell any) (string, error) {
	switch x := cell.(type) {
	case nil:
		return "", nil
	case string:
		return x, nil
	case bool, float64, int, int64, uint64:
		text, err := json.Marshal(x)
		return string(text), err
	}
	return "", fmt.Errorf("a cell cannot be of type %T", cell)
}

func (t *Table) writeMarkdown(w io.Writer) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("table %s: %w", t.Name, err)
	}
	escape := strings.NewReplacer("|", `\|`, "\n", " ", "*", `\*`, "_", `\_`, "<", "&lt;").Replace
	var b strings.Builder
	line := func(cell func(j int) string) {
		for j := range t.Columns {
			b.WriteString("| " + cell(j) + " ")
		}
		b.WriteString("|\n")
	}
	line(func(j int) string { return escape(t.header(j)) })
	line(func(j int) string {
		if t.Numeric(j) {
			return "--:"
		}
		return "---"
	})
	columns := t.readable()
	for i, row := range t.Rows {
		line(func(j int) string {
			digits, exponent := columns[j][i].Digits, columns[j][i].Exponent
			if exponent != 0 {
				digits = fmt.Sprintf("%s·10<sup>%s</sup>", digits, minus(strconv.Itoa(exponent)))
			} else if _, isText := row[j].(string); isText {
				digits = escape(digits)
			}
			return digits
		})
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t *Table) writeLaTeX(w io.Writer) error {
	if err := t.Check(); err != nil {
		return fmt.Errorf("table %s: %w", t.Name, err)
	}
	var b strings.Builder
	if t.Caption != "" {
		fmt.Fprintf(&b, "%% %s\n", strings.ReplaceAll(t.Caption, "\n", " "))
	}
	b.WriteString("% \\usepackage{booktabs}\n\\begin{tabular}{")
	for j := range t.Columns {
		if t.Numeric(j) {
			b.WriteByte('r')
		} else {
			b.WriteByte('l')
		}
	}
	b.WriteString("}\n\\toprule\n")
	line := func(cell func(j int) string) {
		for j := range t.Columns {
			if j > 0 {
				b.WriteString(" & ")
			}
			b.WriteString(cell(j))
		}
		b.WriteString(" \\\\\n")
	}
	line(func(j int) string { return LaTeX(t.header(j)) })
	b.WriteString("\\midrule\n")
	columns := t.readable()
	for i := range t.Rows {
		line(func(j int) string {
			digits, exponent := columns[j][i].Digits, columns[j][i].Exponent
			if exponent != 0 {
				return fmt.Sprintf("$%s \\cdot 10^{%d}$", strings.ReplaceAll(digits, "−", "-"), exponent)
			}
			return LaTeX(digits)
		})
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// header is the name of a column as a reader would write it.
func (t *Table) header(j int) string { return strings.ReplaceAll(t.Columns[j], "_", " ") }

// Numeric reports whether a column holds numbers, which stand at its right.
func (t *Table) Numeric(j int) bool {
	numbers := 0
	for _, row := range t.Rows {
		switch x := row[j].(type) {
		case nil:
		case bool:
			return false
		case string:
			if x != "inf" {
				return false
			}
		default:
			numbers++
		}
	}
	return numbers > 0
}

func (t *Table) readable() [][]Number {
	columns := make([][]Number, len(t.Columns))
	for j := range columns {
		columns[j] = t.Readable(j)
	}
	return columns
}

// Number is a cell as a person reads it: its digits, with the sign of minus, and a power of
// ten that goes with them, 0 for none.
type Number struct {
	Digits   string
	Exponent int
}

// IsError reports whether a column holds the standard errors of the one before it.
func (t *Table) IsError(j int) bool {
	return j > 0 && j < len(t.Columns) && (t.Columns[j] == "standard_error" || strings.HasSuffix(t.Columns[j], "_se"))
}

// ErrorDecimals is to how many decimals a number is written that has a standard error,
// which then has two digits.
func ErrorDecimals(se float64) int { return max(0, min(12, 1-int(math.Floor(math.Log10(se))))) }

// Readable returns the cells of a column as a person reads them: numbers to as many digits
// as their standard errors have two of; others to six digits, and with equally many
// decimals where they are of one size.
func (t *Table) Readable(j int) []Number {
	cells := make([]Number, len(t.Rows))
	if errors := j + 1; t.IsError(j) || t.IsError(errors) {
		if t.IsError(j) {
			errors = j
		}
		for i, row := range t.Rows {
			cells[i].Digits, cells[i].Exponent = ForReaders(row[j])
			x, ok := row[j].(float64)
			se, has := row[errors].(float64)
			mean, _ := row[errors-1].(float64)
			switch {
			case !ok || !has || se <= 0:
			case se > 1e-12*math.Abs(mean):
				cells[i] = Number{minus(strconv.FormatFloat(x, 'f', ErrorDecimals(se), 64)), 0}
			case j == errors: // the rounding of equal values
				cells[i] = Number{"0", 0}
			}
		}
		return cells
	}
	decimals, small, large := 0, math.Inf(1), 0.0
	for i, row := range t.Rows {
		cells[i].Digits, cells[i].Exponent = ForReaders(row[j])
		if x, ok := row[j].(float64); ok && x != 0 {
			small, large = min(small, math.Abs(x)), max(large, math.Abs(x))
			if _, fraction, found := strings.Cut(cells[i].Digits, "."); found && cells[i].Exponent == 0 {
				decimals = max(decimals, len(fraction))
			}
		}
	}
	if decimals == 0 || large > 20*small {
		return cells
	}
	for i, row := range t.Rows {
		if x, ok := row[j].(float64); ok {
			cells[i] = Number{minus(strconv.FormatFloat(x, 'f', decimals, 64)), 0}
		}
	}
	return cells
}

// readDigits is to how many digits a person reads a number, and roundingDigits one that
// is so small that it mostly is the rounding of another.
const readDigits, roundingDigits = 6, 2

// ForReaders writes a cell with the digits that a person reads: its digits, with the
// sign of minus, and a power of ten that goes with them, 0 for none.
func ForReaders(cell any) (digits string, exponent int) {
	switch x := cell.(type) {
	case nil:
		return "–", 0
	case string:
		if x == "inf" {
			return "∞", 0
		}
		return x, 0
	case bool:
		if x {
			return "yes", 0
		}
		return "no", 0
	case float64:
		if math.Abs(x) < 1e-12 {
			return Rounded(x, roundingDigits)
		}
		return Rounded(x, readDigits)
	}
	return minus(fmt.Sprint(cell)), 0
}

// Rounded writes a number to so many significant digits, without zeros at its end, and
// with a power of ten where it would have many zeros.
func Rounded(x float64, digits int) (mantissa string, exponent int) {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 { // also counts
		return minus(strconv.FormatFloat(x, 'f', 0, 64)), 0
	}
	text := strconv.FormatFloat(x, 'e', digits-1, 64)
	mantissa, power, _ := strings.Cut(text, "e")
	exponent, err := strconv.Atoi(power)
	if err != nil { // NaN or infinite, which a table has not
		return minus(text), 0
	}
	if exponent >= -4 && exponent < digits+3 {
		text = strconv.FormatFloat(x, 'f', max(0, digits-1-exponent), 64)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return minus(text), 0
	}
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	return minus(mantissa), exponent
}

// minus gives a number the sign of minus.
func minus(text string) string { return strings.ReplaceAll(text, "-", "−") }

// LaTeX writes text for LaTeX: what it would take for a command, and letters that it
// does not have.
func LaTeX(text string) string { return inLaTeX.Replace(text) }

var inLaTeX = strings.NewReplacer(
	`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `%`, `\%`, `#`, `\#`, `_`, `\_`, `~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`,
	`<`, `$<$`, `>`, `$>$`, `|`, `$|$`, `"`, `''`,
	`−`, `$-$`, `±`, `$\pm$`, `·`, `$\cdot$`, `×`, `$\times$`, `∞`, `$\infty$`, `≤`, `$\leq$`, `≥`, `$\geq$`, `≠`, `$\neq$`, `≈`, `$\approx$`,
	`¹`, `$^1$`, `²`, `$^2$`, `³`, `$^3$`, `⁻`, `$^-$`, `–`, `--`, `√`, `$\surd$`, `∇`, `$\nabla$`, `⊗`, `$\otimes$`,
	`α`, `$\alpha$`, `β`, `$\beta$`, `γ`, `$\gamma$`, `θ`, `$\theta$`, `λ`, `$\lambda$`, `π`, `$\pi$`, `ρ`, `$\rho$`, `σ`, `$\sigma$`, `ψ`, `$\psi$`, `Σ`, `$\Sigma$`,
)
