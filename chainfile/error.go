package chainfile

import (
	"errors"
	"fmt"
	"regexp"
)

// The causes of an [Error]; ask for them with [errors.Is]. Bad quotes in a CSV
// file have the causes of package encoding/csv, bad JSON those of encoding/json.
var (
	ErrEmpty         = errors.New("no symbols")
	ErrUnknownSymbol = errors.New("unknown symbol")
	ErrNotText       = errors.New("not text")
	ErrRagged        = errors.New("rows of unequal length")
	ErrNoColumn      = errors.New("no such column")
	ErrColumns       = errors.New("columns that are no states")
	ErrTime          = errors.New("not a time")
	ErrSeparator     = errors.New("another separator")
	ErrSpells        = errors.New("spells instead of states")
	ErrJSON          = errors.New("JSON of another kind")
	ErrQualities     = errors.New("damaged FASTQ")
	ErrManyStates    = errors.New("too many states")
	ErrMerge         = errors.New("a state to merge that does not occur")
	ErrShort         = errors.New("too short for a chain")
	ErrFewChains     = errors.New("too few chains")
)

// Error says what is wrong with a chain file, where, and what to do about it.
// [Read], [Count] and the methods of [Sequences] and [Windows] return it as
// *Error.
type Error struct {
	File   string
	Line   int    // from 1; 0 where the whole file is at fault
	Column int    // in characters, from 1; 0 where the whole line is at fault
	Detail string // what is wrong, a clause
	Remedy string // what to do, a clause in which options stand between back quotes: `skip-unknown`; may be empty
	Err    error  // the cause, one of the values above or of another package
}

// Error returns "FILE, line L, column C: DETAIL; REMEDY".
func (e *Error) Error() string { return e.Say(quoted) }

// Say returns the same with options named as the caller's users know them:
// name is given an option of [Options], such as skip-unknown.
func (e *Error) Say(name func(option string) string) string {
	place := e.File
	if e.Line > 0 {
		place += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Column > 0 {
		place += fmt.Sprintf(", column %d", e.Column)
	}
	return place + ": " + join(e.Detail, e.Remedy, name)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

var optionName = regexp.MustCompile("`[a-z-]+`")

// join puts a remedy behind what is wrong. Only the remedy is searched for
// options: the other part may quote the file.
func join(detail, remedy string, name func(string) string) string {
	if remedy == "" {
		return detail
	}
	return detail + "; " + optionName.ReplaceAllStringFunc(remedy, func(quoted string) string {
		return name(quoted[1 : len(quoted)-1])
	})
}

func quoted(option string) string { return "`" + option + "`" }

// OptionError says that the options contradict each other or cannot be read,
// whatever the file is.
type OptionError struct {
	Option string // as in the remedies of [Error]: skip-unknown
	Detail string
}

// Error returns "OPTION: DETAIL".
func (e *OptionError) Error() string { return e.Option + ": " + e.Detail }
