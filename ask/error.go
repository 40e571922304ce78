package ask

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"markovicl/chainfile"
	"markovicl/markov"
)

// Kind says whose fault an error was.
type Kind string

// The kinds of errors.
const (
	Input       Kind = "input"       // what was given cannot be right
	Interrupted Kind = "interrupted" // the context ended before the answer was complete
	Failed      Kind = "failed"      // the work could not be done
)

// Error is the error of a question. As JSON it is
//
//	{"error":{"kind":"input","field":"d","message":".."}}
//
// Messages speak of fields and values. A field of the question is set in
// backquotes, so that a program can put its own name for it there: the command
// line writes `d` as --d.
type Error struct {
	Kind    Kind
	Field   string // of the question, if it is one field's fault
	Message string
	Err     error // the cause, or nil
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// MarshalJSON implements json.Marshaler.
func (e *Error) MarshalJSON() ([]byte, error) {
	type object struct {
		Kind    Kind   `json:"kind"`
		Field   string `json:"field,omitempty"`
		Message string `json:"message"`
	}
	return json.Marshal(struct {
		Error object `json:"error"`
	}{object{e.Kind, e.Field, e.Message}})
}

// inputf is an error that lies in a field of the question.
func inputf(field, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: Input, Field: field, Message: plain(err.Error()), Err: errors.Unwrap(err)}
}

// input says that an error of the library lies in what was given: in the field
// that the error names, else in field, which may be "".
func input(field string, err error) error {
	if err == nil {
		return nil
	}
	var own *Error
	if errors.As(err, &own) {
		return err
	}
	var named *markov.FieldError
	if errors.As(err, &named) {
		field = named.Field
	}
	var option *chainfile.OptionError
	if errors.As(err, &option) {
		field = option.Option
	}
	return &Error{Kind: Input, Field: field, Message: plain(err.Error()), Err: err}
}

// inputUnlessEnded blames the input for an error, unless the context has ended.
func inputUnlessEnded(ctx context.Context, field string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return input(field, err)
}

// classify makes an *Error of any error. One that holds an *Error among others, or
// says more about it, has its kind and field.
func classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(*Error); ok {
		return err
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return &Error{Kind: own.Kind, Field: own.Field, Message: plain(err.Error()), Err: err}
	}
	if ctx.Err() != nil {
		return &Error{Kind: Interrupted, Message: "interrupted before there was an answer", Err: err}
	}
	if _, ok := errors.AsType[*markov.FieldError](err); ok {
		return input("", err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: Failed, Message: "the time limit ended before there was an answer", Err: err}
	}
	return &Error{Kind: Failed, Message: plain(err.Error()), Err: err}
}
