package chainfile

import (
	"slices"
	"strings"
	"unicode"
)

// Words in headers of columns. Each header is compared in lower case with its
// words run together (sessionId, session_id and "Session ID" are sessionid).
var (
	idNames = words(`id ids uid uuid guid key name names session user customer client visitor subject subj patient person
		participant respondent animal individual case trajectory traj track trace sequence seq chain sample record row index
		household device account member student pupil employee player vehicle episode unit entity caseconceptname nr no number rownames`)
	idEndings = words(`id uid uuid guid key name nr no number num`)
	idWords   = words(`session user customer client visitor subject patient person participant respondent animal case trajectory
		sequence chain device account member student employee player`)

	timeNames = words(`time times timestamp ts t date datetime dates when step steps tick frame epoch day days hour hours minute
		minutes second seconds week weeks month months quarter year years age period wave visit position pos order timetimestamp
		clock millis ms seqno visitnumber timepoint occasion`)
	timeEndings = words(`time timestamp date datetime step day hour week month year at`)

	stateNames = words(`state states status page event activity stage regime weather label class category symbol value action phase
		mode behaviour behavior location place url node conceptname zustand screen mood condition sky outcome`)

	beginNames = words(`start begin from onset starttime startdate begintime begindate timestart datestart startage`)
	endNames   = words(`end stop to offset finish endtime enddate stoptime stopdate timeend dateend endage until`)
)

func words(text string) []string { return strings.Fields(text) }

// plain returns a header in lower case without what stands between its words,
// and its last word and first word.
func plain(header string) (joined, first, last string) {
	var parts []string
	var part strings.Builder
	flush := func() {
		if part.Len() > 0 {
			parts = append(parts, part.String())
			part.Reset()
		}
	}
	lower := false // the character before is a lower-case letter
	for _, r := range header {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(r) && lower {
			flush()
		}
		lower = unicode.IsLower(r)
		part.WriteRune(unicode.ToLower(r))
	}
	flush()
	if len(parts) == 0 {
		return "", "", ""
	}
	return strings.Join(parts, ""), parts[0], parts[len(parts)-1]
}

// isIDName reports whether a header names a column of names.
func isIDName(header string) bool {
	joined, first, last := plain(header)
	if joined == "" {
		return false
	}
	if slices.Contains(idNames, joined) {
		return true
	}
	stem := strings.TrimSuffix(joined, "id")
	return joined != first && (slices.Contains(idEndings, last) || slices.Contains(idWords, last) && !isTimeName(first)) ||
		stem != joined && slices.Contains(idNames, stem)
}

// isTimeName reports whether a header names a column of times or steps.
func isTimeName(header string) bool {
	joined, first, last := plain(header)
	return slices.Contains(timeNames, joined) || joined != first && slices.Contains(timeEndings, last)
}

// isStateName reports whether a header names a column of states.
func isStateName(header string) bool {
	joined, first, last := plain(header)
	return slices.Contains(stateNames, joined) || joined != first && slices.Contains(stateNames, last)
}

// spellColumns returns the columns of a header of spells (start, end, state), if
// it is one.
func spellColumns(header []string) (begin, end string, ok bool) {
	for _, h := range header {
		joined, _, _ := plain(h)
		if slices.Contains(beginNames, joined) {
			begin = h
		}
		if slices.Contains(endNames, joined) {
			end = h
		}
	}
	return begin, end, begin != "" && end != ""
}
