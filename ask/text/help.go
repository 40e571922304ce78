package text

import (
	"regexp"
	"strings"
	"sync"
)

var entry = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^( +)((?:-\w, +)?(?:--|\[?<)\S+(?: \.\.\.)?|[a-z]+(?: <\S+)*(?: \[flags\])?)  +(\S.*)$|^( +)(\[?<\S+) (\S.*)$`)
})

// Help sets the help of a command, in which every entry is one line, for a narrow screen:
// what a flag means stands below the flag. Examples stay as they are, to be copied.
func Help(help string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, " \n")
		if m := entry().FindStringSubmatch(line); m != nil {
			name, meaning := m[2]+m[5], m[3]+m[6]
			out.WriteString("  " + name + "\n      " + strings.ReplaceAll(Wrap(meaning, width-6), "\n", "\n      ") + "\n")
			continue
		}
		if strings.HasPrefix(line, "    ") {
			out.WriteString(line + "\n")
			continue
		}
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		out.WriteString(indent + strings.ReplaceAll(Wrap(line, width-len(indent)), "\n", "\n"+indent) + "\n")
	}
	return out.String()
}
