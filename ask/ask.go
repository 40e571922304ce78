// Package ask answers whole questions: it is the door through which the command
// line, a browser, a sweep over a grid and other languages enter the library, and
// the one place where the JSON of answers is defined.
//
// A [Question] is a command and its flags by their names:
//
//	{"command":"optimum","d":2,"n":10,"prior":"beta:2,5"}
//
// [Parse] reads it, [Ask] answers it, and [Encode] writes the answer as the
// command line's --json prints it:
//
//	q, err := ask.Parse([]byte(`{"command":"optimum","d":2,"n":10}`))
//	answer, err := ask.Ask(ctx, q, ask.Env{})
//	err = ask.Encode(os.Stdout, answer)
//
// Values are written as on the command line, as JSON strings, or as JSON numbers,
// booleans and arrays: "n" may be 10, "10", "inf", [1, 10, "inf"], "1,10,inf" or
// "1..100". What is left out has its default; a field that a command does not
// have is an error. In Go a Question is a pointer to the struct of its command,
// [New] makes one with its defaults, and the answer's type belongs to it (command,
// question, answer):
//
//	optimum    Optimum     Results[OptimumAnswer]
//	recover    Recover     Results[RecoverAnswer], or to verify a file VerifyAnswer,
//	                       or for a point X PointAnswer, ExactPointAnswer
//	landscape  Landscape   LandscapeAnswer
//	hardness   Hardness    HardnessAnswer
//	train      Train       TrainAnswer
//	prompt     Prompt      PromptAnswer
//	predict    Predict     PredictionAnswer, or to compare predictors EvaluationAnswer
//	trace      Trace       TraceAnswer
//	attention  Attention   AttentionAnswer
//	score      Score       ScoreAnswer
//	reproduce  Reproduce   ReproduceAnswer
//
// A question is data and says everything that the answer depends on, seeds
// included, but for the content of files. [Canonical] is its shortest text, the
// same for every way of writing it, from which hashes and permanent links are
// made; [CommandLine] is the command that gives the same answer.
//
// An answer is a plain struct; its JSON has only finite numbers, no times, and for
// one build and machine the same bytes whenever the question is asked. Several
// values of n give {"results": [..]}, each entry a full single answer. Some
// answers come with files, see [Attached].
//
// [Env] is what a question may use of the world. Its zero value is a safe one:
// no file is read, none is written, nobody is told of progress.
//
// An error is an *[Error] that says whose fault it was and names the field. There
// may be an answer beside it: bounds that are true but did not meet, for example.
//
// To add a command: a file with its question, its answer and its method ask, a line
// in the table of question.go, the type of the answer in package ask/schema, and how it
// reads on a terminal in package ask/text.
// What all tasks share is [Task], in task.go. Nothing here draws,
// prints, or knows a network; the package compiles for GOOS=js GOARCH=wasm.
package ask

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"

	"markovicl/markov"
	"markovicl/train"
)

// Question is a pointer to one of the question types of this package.
type Question interface {
	// Command returns the name of the command that the question is put to.
	Command() string

	ask(ctx context.Context, env Env) (Answer, error)
}

// Answer is a struct, or a [Results] of structs, whose JSON is the contract.
type Answer any

// Results are the answers to one question for several tasks. As JSON, a single one is
// written as it is and several as {"results": [..]}.
type Results[T any] []T

// MarshalJSON implements json.Marshaler.
func (r Results[T]) MarshalJSON() ([]byte, error) {
	if len(r) == 1 {
		return compact(r[0])
	}
	return compact(struct {
		Results []T `json:"results"`
	}{r})
}

// Attached is implemented by answers that come with files, such as a certificate.
// They are made when they are asked for.
type Attached interface {
	Files() ([]File, error)
}

// File is a file that belongs to an answer.
type File struct {
	Name string // such as "certificate.npz", without a folder
	Data []byte
}

// Env is what a question may use of the world.
type Env struct {
	// Open opens a file that the question names. It is the only way to a file: nil
	// refuses all of them.
	Open func(name string) (io.ReadCloser, error)

	// Refuse, if not nil, is shown every task of recover before the work on it. Its error
	// ends the question: a caller may know that it can do nothing with the answer.
	Refuse func(markov.Task) error

	// Checkpoints is where training keeps its checkpoints; nil keeps none. With Resume it
	// goes on from those that are there.
	Checkpoints train.Checkpoints
	Resume      bool

	// Reproduce answers questions of this type; nil refuses them.
	Reproduce func(context.Context, *Reproduce) (*ReproduceAnswer, error)

	// Progress, if not nil, is told how far the work has come. It may be called from
	// several goroutines.
	Progress func(Progress)
}

// Progress is how far the work has come.
type Progress struct {
	Stage       string  // what is being done
	Done, Total int64   // of this stage; Total is 0 where it is not known
	Bounds      *Bounds // of a search for the best transformer, so far
	Note        string  // a few words more, such as the last loss of training
}

// Bounds enclose the loss of the best transformer.
type Bounds struct{ Upper, Lower float64 }

func (e Env) progress(stage string, done, total int) {
	if e.Progress != nil {
		e.Progress(Progress{Stage: stage, Done: int64(done), Total: int64(total)})
	}
}

// bounds returns what reports the bounds of a search, or nil.
func (e Env) bounds(stage string) func(upper, lower float64) {
	if e.Progress == nil {
		return nil
	}
	return func(upper, lower float64) {
		e.Progress(Progress{Stage: stage, Bounds: &Bounds{upper, lower}})
	}
}

// largestFile bounds what is read of a file at once.
const largestFile = 1 << 30

// read returns the content of a file that the field names.
func (e Env) read(field, name string) ([]byte, error) {
	file, err := e.open(field, name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file, field, name)
}

func readAll(file io.Reader, field, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		return nil, &Error{Kind: Input, Field: field, Message: err.Error(), Err: err}
	}
	if len(data) > largestFile {
		return nil, inputf(field, "%s is larger than %d bytes", name, largestFile)
	}
	return data, nil
}

// readAt returns a file that the field names for reading where one will, which fails once
// ctx has ended, and its size in bytes. A file on a disk is not read before.
func (e Env) readAt(ctx context.Context, field, name string) (file readerAtCloser, size int64, err error) {
	opened, err := e.open(field, name)
	if err != nil {
		return nil, 0, err
	}
	if onDisk, ok := opened.(interface {
		io.ReaderAt
		Stat() (fs.FileInfo, error)
	}); ok {
		if info, err := onDisk.Stat(); err == nil && info.Mode().IsRegular() {
			return endingReaderAt{ctx, onDisk, opened}, info.Size(), nil
		}
	}
	data, err := readAll(opened, field, name)
	if err != nil {
		opened.Close()
		return nil, 0, err
	}
	return endingReaderAt{ctx, bytes.NewReader(data), opened}, int64(len(data)), nil
}

type readerAtCloser interface {
	io.ReaderAt
	io.Closer
}

// endingReaderAt reads until ctx ends.
type endingReaderAt struct {
	ctx context.Context
	io.ReaderAt
	io.Closer
}

func (r endingReaderAt) ReadAt(p []byte, off int64) (n int, err error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, off)
}

// called returns the name of a file with the ending of its format: standard input, which is
// "-", has that which its content shows.
func called(name string, data []byte) string {
	if name != "-" {
		return name
	}
	ending := ".csv"
	switch text := bytes.TrimLeft(data[:min(len(data), 100)], " \t\r\n"); {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		ending = ".npz"
	case bytes.HasPrefix(data, []byte("\x93NUMPY")):
		ending = ".npy"
	case bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("[")):
		ending = ".json"
	case len(data) > 8 && data[8] == '{': // behind the length of the header
		ending = ".safetensors"
	}
	return "standard input" + ending
}

func (e Env) open(field, name string) (io.ReadCloser, error) {
	if e.Open == nil {
		return nil, inputf(field, "%s: no files can be read here", name)
	}
	file, err := e.Open(name)
	if err != nil {
		return nil, &Error{Kind: Input, Field: field, Message: err.Error(), Err: err}
	}
	return file, nil
}

// Ask answers a question. An error is an *Error. If there is an answer beside
// the error, it is true but not all that was asked for.
func Ask(ctx context.Context, q Question, env Env) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return nil, classify(ctx, err)
	}
	answer, err := q.ask(ctx, env)
	return answer, classify(ctx, err)
}

// Encode writes an answer, or an error, as the command line does with --json: one JSON
// object, indented, arrays of numbers on one line. A NaN or an infinite number is
// an error: it is a bug, never an answer.
func Encode(w io.Writer, answer Answer) error {
	data, err := compact(answer)
	if err != nil {
		return fmt.Errorf("the answer cannot be written as JSON: %w", err)
	}
	_, err = w.Write(indent(data))
	return err
}
