package report

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// level is one subscript or superscript.
const level = `[_^]\{[^{}]*\}|[_^]\*|[_^][\pL\p{Nd}]{1,3}\b`

// pattern returns a function that compiles a regular expression when it is first asked
// for: few runs of the program write a report.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

var (
	// A single letter, perhaps with a mark, and up to three characters or a
	// group in braces below or above it: X_xy, w_0, X^{-1}, but not the column
	// standard_error.
	script = pattern(`(^|[^\pL\p{Nd}_])(\pL[\pM*'′]?)((?:` + level + `)+)`)
	part   = pattern(level)
	code   = pattern("`([^`]+)`")

	// Words of formulas as they are written in plain text.
	power      = pattern(`\b(\d+(?:\.\d+)?)e([-+−]?)0*(\d+)\b`)                    // 1.5e-16
	transposed = pattern(`(^|[^\pL])([Xuwgxyha]{1,2})(?:'|&#39;)([^\pL]|[A-Z]|$)`) // X'HX, uu'
	numbered   = pattern(`\b([gc])([0-2])\b`)                                      // g1
	column     = pattern(`\b([a-z]{2,}\d*)((?:_[a-z0-9]+)+)\b`)                    // smallest_n
	operators  = strings.NewReplacer(" - ", " − ", " (x) ", " ⊗ ", "f~", "f̃", "&lt;=", "≤", "&gt;=", "≥")
	product    = pattern(`&lt;([\pL][^&;]*?, [^&;]*?)&gt;`) // <w, x>
	negative   = pattern(`(^|[ (=;])-([\pL\d&∇⟨])`)
)

// prose turns the text of an item into HTML: formulas as they are printed, names of
// columns as their heads are, and code between backticks.
func prose(s string) template.HTML {
	s = html.EscapeString(s)
	var out strings.Builder
	end := 0
	for _, at := range code().FindAllStringSubmatchIndex(s, -1) {
		out.WriteString(formulas(s[end:at[0]]))
		out.WriteString("<code>" + s[at[2]:at[3]] + "</code>")
		end = at[1]
	}
	out.WriteString(formulas(s[end:]))
	return template.HTML(out.String())
}

func formulas(s string) string {
	s = product().ReplaceAllString(s, "⟨$1⟩")
	s = negative().ReplaceAllString(operators.Replace(s), "$1−$2")
	s = power().ReplaceAllStringFunc(s, func(match string) string {
		m := power().FindStringSubmatch(match)
		mantissa := m[1] + "·"
		if m[1] == "1" {
			mantissa = ""
		}
		return mantissa + "10<sup>" + strings.NewReplacer("-", "−", "+", "").Replace(m[2]) + m[3] + "</sup>"
	})
	s = transposed().ReplaceAllString(s, "$1$2′$3")
	s = script().ReplaceAllStringFunc(s, func(match string) string {
		m := script().FindStringSubmatch(match)
		return m[1] + "<i>" + m[2] + "</i>" + part().ReplaceAllStringFunc(m[3], func(script string) string {
			tag := "sub"
			if script[0] == '^' {
				tag = "sup"
			}
			return "<" + tag + ">" + strings.ReplaceAll(strings.Trim(script[1:], "{}"), "-", "−") + "</" + tag + ">"
		})
	})
	s = numbered().ReplaceAllString(s, "<i>$1</i><sub>$2</sub>")
	return column().ReplaceAllStringFunc(s, func(name string) string { return "<em>" + strings.ReplaceAll(name, "_", " ") + "</em>" })
}

// sentences is a text in sentences: its parts between semicolons, outside of brackets,
// each with a capital letter and a full stop.
func sentences(s string) string {
	var out []string
	depth, begin := 0, 0
	add := func(part string) {
		part = strings.TrimSuffix(strings.TrimSpace(part), ".")
		if part == "" {
			return
		}
		if word, _, _ := strings.Cut(part, " "); ordinary(word) {
			part = strings.ToUpper(part[:1]) + part[1:]
		}
		out = append(out, part+".")
	}
	for i, r := range s {
		switch r {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ';':
			if depth == 0 {
				add(s[begin:i])
				begin = i + 1
			}
		}
	}
	add(s[begin:])
	return strings.Join(out, " ")
}

// ordinary reports whether a word is one of a language, which may have a capital letter: a
// symbol or the name of a thing may not.
func ordinary(word string) bool {
	word = strings.TrimRight(word, ",:")
	for _, r := range word {
		if !unicode.IsLower(r) || r > unicode.MaxASCII {
			return false
		}
	}
	return len(word) > 1 || word == "a"
}

// number is a number as it is printed: with the sign of minus and powers of ten.
func number(digits string, exponent int) template.HTML {
	if exponent == 0 {
		return template.HTML(html.EscapeString(digits))
	}
	return template.HTML(fmt.Sprintf("%s·10<sup>%s</sup>", html.EscapeString(digits), strings.ReplaceAll(fmt.Sprint(exponent), "-", "−")))
}
