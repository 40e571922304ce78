package report

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

// level is one subscript or superscript.
const level = `[_^]\{[^{}]*\}|[_^]\*|[_^][\pL\p{Nd}]{1,3}\b`

var (
	// A single letter, perhaps with a mark, and up to three characters or a
	// group in braces below or above it: X_xy, w_0, X^{-1}, but not the column
	// standard_error.
	script = regexp.MustCompile(`(^|[^\pL\p{Nd}_])(\pL[\pM*'′]?)((?:` + level + `)+)`)
	part   = regexp.MustCompile(level)
	code   = regexp.MustCompile("`([^`]+)`")
)

// prose turns the text of an item into HTML: subscripts and superscripts of
// symbols, and code between backticks.
func prose(s string) template.HTML {
	s = html.EscapeString(s)
	var out strings.Builder
	end := 0
	for _, at := range code.FindAllStringSubmatchIndex(s, -1) {
		out.WriteString(formulas(s[end:at[0]]))
		out.WriteString("<code>" + s[at[2]:at[3]] + "</code>")
		end = at[1]
	}
	out.WriteString(formulas(s[end:]))
	return template.HTML(out.String())
}

func formulas(s string) string {
	return script.ReplaceAllStringFunc(s, func(match string) string {
		m := script.FindStringSubmatch(match)
		return m[1] + "<i>" + m[2] + "</i>" + part.ReplaceAllStringFunc(m[3], func(script string) string {
			tag := "sub"
			if script[0] == '^' {
				tag = "sup"
			}
			return "<" + tag + ">" + strings.ReplaceAll(strings.Trim(script[1:], "{}"), "-", "−") + "</" + tag + ">"
		})
	})
}
