package ask

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"reflect"
)

// Exchange is for callers that speak JSON, such as a server or a browser: it
// answers a question with the bytes that the command line's --json prints. Files
// that the question names are taken from files, by name, and from nowhere else.
// Where file is not "", the answer's file of that name (see [Attached]) is returned
// instead, for example certificate.npz.
//
// An answer that came with an error, such as bounds that did not meet in time, is
// returned beside it: the answer is what --json prints, and true, but another run may
// come further.
func Exchange(ctx context.Context, question []byte, files map[string][]byte, file string, progress func(Progress)) ([]byte, *Error) {
	answer, data, bad := ExchangeBoth(ctx, question, files, file, progress)
	if file != "" {
		return data, bad
	}
	return answer, bad
}

// ExchangeBoth does as Exchange does, and returns the file beside the answer, so that who
// wants both asks once. Without the name of a file there is none.
func ExchangeBoth(ctx context.Context, question []byte, files map[string][]byte, file string, progress func(Progress)) (answer, data []byte, _ *Error) {
	q, err := Parse(question)
	if err != nil {
		return nil, nil, classify(ctx, err).(*Error)
	}
	found, unfinished := Ask(ctx, q, Env{Progress: progress, Open: opener(files)})
	var beside *Error
	if unfinished != nil {
		beside = classify(ctx, unfinished).(*Error)
		if IsNone(found) {
			return nil, nil, beside
		}
	}
	if file != "" {
		if data, err = fileOf(found, file); err != nil {
			return nil, nil, classify(ctx, err).(*Error)
		}
	}
	var reply bytes.Buffer
	if err := Encode(&reply, found); err != nil {
		return nil, nil, classify(ctx, err).(*Error)
	}
	return reply.Bytes(), data, beside
}

// opener opens the files that came with a question.
func opener(files map[string][]byte) func(name string) (io.ReadCloser, error) {
	return func(name string) (io.ReadCloser, error) {
		data, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s: this file did not come with the question", name)
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	}
}

// Fits returns an error if a question, with its files as Exchange takes them, needs more
// than so many bytes of memory by estimate. What is wrong with a question in another way
// Exchange tells.
func Fits(question []byte, files map[string][]byte, bytes float64) error {
	q, err := Parse(question)
	if err != nil {
		return nil
	}
	cost, err := CostOf(q, Env{Open: opener(files)})
	if err != nil {
		return nil
	}
	return cost.FitsIn(bytes)
}

// IsNone reports whether there is no answer, which may be a nil slice or pointer.
func IsNone(answer Answer) bool {
	v := reflect.ValueOf(answer)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// fileOf returns a file that comes with an answer.
func fileOf(answer Answer, name string) ([]byte, error) {
	attached, ok := answer.(Attached)
	if !ok { // answers are values, and their methods those of pointers
		pointer := reflect.New(reflect.TypeOf(answer))
		pointer.Elem().Set(reflect.ValueOf(answer))
		if attached, ok = pointer.Interface().(Attached); !ok {
			return nil, inputf("", "no files come with this answer")
		}
	}
	files, err := attached.Files()
	if err != nil {
		return nil, err
	}
	names := ""
	for _, f := range files {
		if f.Name == name {
			return f.Data, nil
		}
		names += " " + f.Name
	}
	if names == "" {
		names = " none"
	}
	return nil, inputf("", "no file %q comes with this answer; there are:%s", name, names)
}

// Files returns the files of a single answer; several answers have none.
func (r Results[T]) Files() ([]File, error) {
	if len(r) != 1 {
		return nil, nil
	}
	if attached, ok := any(&r[0]).(Attached); ok {
		return attached.Files()
	}
	return nil, nil
}

// ProgressEvent is Progress as JSON.
type ProgressEvent struct {
	Stage string   `json:"stage"`
	Done  int64    `json:"done"`
	Total int64    `json:"total"`
	Upper *float64 `json:"upper,omitempty"` // bounds of a search
	Lower *float64 `json:"lower,omitempty"`
	Note  string   `json:"note,omitempty"`
}

// Event returns what a caller that speaks JSON is told.
func (p Progress) Event() ProgressEvent {
	e := ProgressEvent{Stage: p.Stage, Done: p.Done, Total: p.Total, Note: p.Note}
	if p.Bounds != nil {
		// An infinite bound is none yet.
		for _, b := range []struct {
			to *(*float64)
			x  float64
		}{{&e.Upper, p.Bounds.Upper}, {&e.Lower, p.Bounds.Lower}} {
			if !math.IsInf(b.x, 0) && !math.IsNaN(b.x) {
				*b.to = &b.x
			}
		}
	}
	return e
}
