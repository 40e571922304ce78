package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func parse(t *testing.T, text string) Question {
	t.Helper()
	q, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return q
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, canonical, line string }{
		{`{"command":"optimum"}`, `{"command":"optimum"}`, "markovicl optimum"},
		{`{"d":2, "command":"optimum", "n":10, "prior":"beta:2,5"}`,
			`{"command":"optimum","prior":"beta:2,5"}`, "markovicl optimum --d 2 --n 10 --prior beta:2,5"},
		{`{"command":"optimum","n":"10","d":"2"}`, `{"command":"optimum"}`, "markovicl optimum --d 2 --n 10"},
		{`{"command":"optimum","n":"100","d":"3"}`, `{"command":"optimum","d":3,"n":100}`, "markovicl optimum --d 3 --n 100"},
		{`{"command":"optimum","d":2,"order":3}`, `{"command":"optimum","d":2,"order":3}`, "markovicl optimum --d 2 --order 3"},
		{`{"command":"optimum","d":2,"task":"a.yaml"}`, `{"command":"optimum","d":2,"task":"a.yaml"}`, "markovicl optimum --task a.yaml --d 2"},
		{`{"command":"optimum","n":[1,"10","inf"]}`, `{"command":"optimum","n":"1,10,inf"}`, "markovicl optimum --n 1,10,inf"},
		{`{"command":"optimum","n":"1,10,inf"}`, `{"command":"optimum","n":"1,10,inf"}`, "markovicl optimum --n 1,10,inf"},
		{`{"command":"optimum","n":"1..3"}`, `{"command":"optimum","n":"1..3"}`, "markovicl optimum --n 1..3"},
		{`{"command":"optimum","p":0.10}`, `{"command":"optimum","p":"0.10"}`, "markovicl optimum --p 0.10"},
		{`{"command":"optimum","p":-1}`, `{"command":"optimum","p":"-1"}`, "markovicl optimum --p=-1"},
		{`{"command":"optimum","seed":18446744073709551615}`, `{"command":"optimum","seed":18446744073709551615}`, "markovicl optimum --seed 18446744073709551615"},
		{`{"command":"optimum","seed":1,"exact":false}`, `{"command":"optimum"}`, "markovicl optimum"},
		{`{"command":"optimum","bias":true,"exact":"true"}`, `{"bias":true,"command":"optimum","exact":true}`, "markovicl optimum --bias --exact"},
		{`{"command":"optimum","bias":false}`, `{"command":"optimum"}`, "markovicl optimum --no-bias"},
		{`{"command":"optimum","bias":false,"form":"a.npz"}`, `{"bias":false,"command":"optimum","form":"a.npz"}`, "markovicl optimum --no-bias --form a.npz"},
		{`{"command":"recover","time-limit":"90s","x":"a b's.csv"}`,
			`{"command":"recover","time-limit":"1m30s","x":"a b's.csv"}`, `markovicl recover --x 'a b'\''s.csv' --time-limit 1m30s`},
	} {
		q := parse(t, c.text)
		if got := string(Canonical(q)); got != c.canonical {
			t.Errorf("%s: canonical %s, want %s", c.text, got, c.canonical)
		}
		if got := CommandLine(q); got != c.line {
			t.Errorf("%s: command line %s, want %s", c.text, got, c.line)
		}
		if again := string(Canonical(parse(t, c.canonical))); again != c.canonical {
			t.Errorf("%s: the canonical text is another question: %s", c.text, again)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ text, field, message string }{
		{``, "", "EOF"},
		{`[1]`, "", "this begins with ["},
		{`{"command":"optimum"`, "", "EOF"},
		{`{"command":"optimum"} {}`, "", "more behind it"},
		{`{"d":2}`, "command", "needs a `command`"},
		{`{"command":"optima"}`, "command", `no command "optima"`},
		{`{"command":"optimum","q":2}`, "q", `optimum has no field "q"; its fields are task, states, d,`},
		{`{"command":"optimum","heads":2}`, "heads", `no field "heads"`},
		{`{"command":"optimum","d":2,"d":3}`, "d", "given twice"},
		{`{"command":"optimum","d":2.5}`, "d", `want a whole number, got "2.5"`},
		{`{"command":"optimum","d":[1,2]}`, "d", "want one value, got 2"},
		{`{"command":"optimum","prior":""}`, "prior", "has an empty value"},
		{`{"command":"recover","time-limit":"0s"}`, "time-limit", "has an empty value, or 0"},
		{`{"command":"optimum","d":null}`, "d", "null is no value"},
		{`{"command":"optimum","d":{}}`, "d", "an object is no value"},
		{`{"command":"optimum","n":[[1]]}`, "n", "a list in a list"},
		{`{"command":"optimum","exact":1}`, "exact", `want true or false, got "1"`},
		{`{"command":"optimum","seed":-1}`, "seed", "want a whole number >= 0"},
		{`{"command":"recover","time-limit":30}`, "time-limit", "write 30s"},
	} {
		_, err := Parse([]byte(c.text))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Kind != Input || e.Field != c.field || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s: got %#v, want the field %q and %q", c.text, err, c.field, c.message)
		}
	}
}

func TestAskErrors(t *testing.T) {
	files := Env{Open: func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(map[string]string{"task.yaml": "d: 0", "x.csv": "1,2,y"}[name])), nil
	}}
	for _, c := range []struct {
		text, field, message string
		env                  Env
	}{
		{`{"command":"optimum","d":0}`, "d", "d must be from 1 to 1000, got 0", Env{}},
		{`{"command":"optimum","d":1001}`, "d", "d must be from 1 to 1000", Env{}},
		{`{"command":"optimum","states":1}`, "states", "states must be from 2", Env{}},
		{`{"command":"optimum","n":0}`, "n", "n must be a whole number", Env{}},
		{`{"command":"optimum","n":"5..1"}`, "n", "not a range", Env{}},
		{`{"command":"optimum","n":"1,,2"}`, "n", "empty value", Env{}},
		{`{"command":"optimum","prior":"beta:0,1"}`, "prior", "must be > 0", Env{}},
		{`{"command":"optimum","start":"nowhere"}`, "start", "nowhere", Env{}},
		{`{"command":"optimum","p":0.5,"start":"uniform"}`, "p", "say the same thing", Env{}},
		{`{"command":"optimum","embedding":"x"}`, "embedding", "x", Env{}},
		{`{"command":"optimum","exact":true,"start":"stationary"}`, "exact", "not rational", Env{}},
		{`{"command":"optimum","task":"task.yaml"}`, "task", "no files can be read here", Env{}},
		{`{"command":"optimum","task":"task.yaml"}`, "task", "task.yaml: task file: d must be", files},
		{`{"command":"recover","x":"x.csv"}`, "x", "x.csv: line 1, column 3", files},
		{`{"command":"recover","x":"x.csv","level":1}`, "level", "has no effect", files},
		{`{"command":"recover","heads":0}`, "heads", "at least 1", Env{}},
		{`{"command":"recover","starts":0}`, "starts", "at least 1", Env{}},
		{`{"command":"recover","verify":"c","x":"x"}`, "verify", "one at a time", Env{}},
	} {
		answer, err := Ask(context.Background(), parse(t, c.text), c.env)
		e, ok := errors.AsType[*Error](err)
		if answer != nil || !ok || e.Kind != Input || e.Field != c.field || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s: got %#v, want the field %q and %q", c.text, err, c.field, c.message)
		}
	}
}

func TestAskInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Ask(ctx, parse(t, `{"command":"optimum"}`), Env{})
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Interrupted {
		t.Errorf("got %#v, want an interruption", err)
	}
}

// TestAskTimeLimit asks for more than fits the time: the bounds are an answer, and
// there is an error beside it.
func TestAskTimeLimit(t *testing.T) {
	answer, err := Ask(context.Background(), parse(t, `{"command":"recover","d":2,"bias":true,"starts":1000000000,"time-limit":"1s"}`), Env{})
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Failed {
		t.Errorf("got the error %#v, want one of the kind failed", err)
	}
	r := answer.(Results[RecoverAnswer])[0]
	if r.Certified || r.Status != "interrupted" || r.LowerBound != nil && !(*r.LowerBound <= r.Loss) {
		t.Errorf("got certified %v, status %s, %v <= loss <= %v", r.Certified, r.Status, r.LowerBound, r.Loss)
	}
	// Before the moments are known there is no answer.
	answer, err = Ask(context.Background(), parse(t, `{"command":"recover","d":4,"time-limit":"1ns"}`), Env{})
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Failed || answer != nil {
		t.Errorf("got the error %#v, want one of the kind failed, and the answer %v", err, answer)
	}
}

// TestVerifyWhatRecoverProves passes a certificate on without a disk.
func TestVerifyWhatRecoverProves(t *testing.T) {
	answer, err := Ask(context.Background(), parse(t, `{"command":"recover","d":2}`), Env{})
	if err != nil {
		t.Fatal(err)
	}
	r := answer.(Results[RecoverAnswer])[0]
	files, err := r.Files()
	if err != nil || len(files) != 1 {
		t.Fatalf("got %d files, %v; want one", len(files), err)
	}
	env := Env{Open: func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(files[0].Data)), nil
	}}
	answer, err = Ask(context.Background(), parse(t, `{"command":"recover","verify":"c.npz"}`), env)
	if err != nil {
		t.Fatal(err)
	}
	if v := answer.(VerifyAnswer); !v.Valid || v.LowerBound != *r.LowerBound || v.Task == nil || v.Task.String() != r.Task.String() {
		t.Errorf("got %+v, want the bound %v of %v", v, r.LowerBound, r.Task)
	}
	_, err = Ask(context.Background(), parse(t, `{"command":"recover","verify":"c.npz","d":2,"n":11}`), env)
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Failed {
		t.Errorf("a certificate of another task: got %v, want it rejected", err)
	}
}

func TestProgress(t *testing.T) {
	var last Progress
	bounds := 0
	env := Env{Progress: func(p Progress) {
		last = p
		if p.Bounds != nil && p.Bounds.Lower <= p.Bounds.Upper {
			bounds++
		}
	}}
	if _, err := Ask(context.Background(), parse(t, `{"command":"optimum","d":1,"n":"1..3","sweep-p":"0.2:0.4:0.1"}`), env); err != nil {
		t.Fatal(err)
	}
	if want := (Progress{Stage: "optimum", Done: 9, Total: 9}); last != want {
		t.Errorf("at the end: got %+v, want %+v", last, want)
	}
	if _, err := Ask(context.Background(), parse(t, `{"command":"recover","d":2}`), env); err != nil {
		t.Fatal(err)
	}
	if bounds == 0 {
		t.Error("a search reports no bounds")
	}
}

// TestEncode holds the layout against package json's: the same tokens, and the
// layout of MarshalIndent but for arrays of numbers.
func TestEncode(t *testing.T) {
	var out bytes.Buffer
	value := map[string]any{
		"a": []float64{1, -2.5e-300, 3}, "b": []any{nil, 1.5}, "c": [][]int{{1}, {}, {2, 3}}, "d": "run [ 1, 2 ].txt",
		"e": map[string]any{}, "f": []string{"[1,2]", `"\`}, "g": []any{true, 1},
	}
	if err := Encode(&out, value); err != nil {
		t.Fatal(err)
	}
	const want = `{
  "a": [1, -2.5e-300, 3],
  "b": [null, 1.5],
  "c": [
    [1],
    [],
    [2, 3]
  ],
  "d": "run [ 1, 2 ].txt",
  "e": {},
  "f": [
    "[1,2]",
    "\"\\"
  ],
  "g": [
    true,
    1
  ]
}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	if err := Encode(io.Discard, math.NaN()); err == nil {
		t.Error("NaN was written")
	}
	leaf := rapid.OneOf(rapid.Float64().AsAny(), rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil))
	tree := leaf
	for range 3 {
		tree = rapid.OneOf(leaf, rapid.SliceOfN(tree, 0, 4).AsAny(), rapid.MapOfN(rapid.String(), tree, 0, 4).AsAny())
	}
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.Marshal(tree.Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		var compacted bytes.Buffer
		if err := json.Compact(&compacted, indent(data)); err != nil || !bytes.Equal(compacted.Bytes(), data) {
			t.Fatalf("%s becomes %s (%v)", data, compacted.Bytes(), err)
		}
	})
}

// TestStandsAlone holds the package to what a browser can carry: no drawing, no
// command line, no network, no database, nothing that Go cannot compile to
// WebAssembly.
func TestStandsAlone(t *testing.T) {
	list := exec.Command("go", "list", "-deps", ".")
	list.Env = append(list.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := list.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for dep := range strings.Lines(string(out)) {
		for _, unwanted := range []string{
			"github.com/alecthomas/kong", "gonum.org/v1/plot", "database/sql", "net/http", "github.com/vbauerster", "golang.org/x/image",
			"markovicl/report", "markovicl/cmd",
		} {
			if dep = strings.TrimSpace(dep); dep == unwanted || strings.HasPrefix(dep, unwanted+"/") {
				t.Errorf("ask depends on %s", dep)
			}
		}
	}
	build := exec.Command("go", "build", "-o", "/dev/null", ".")
	build.Env = list.Env
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("GOOS=js GOARCH=wasm go build: %v\n%s", err, out)
	}
}

// FuzzParse looks for questions that are accepted and do not survive their own
// canonical text.
func FuzzParse(f *testing.F) {
	f.Add(`{"command":"optimum","d":2,"n":[1,"inf"],"prior":"beta:2,5","bias":true}`)
	f.Add(`{"command":"recover","starts":"3","time-limit":"1h2m","verify":"-"}`)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse([]byte(text))
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("%q: an error of type %T", text, err)
			}
			return
		}
		canonical := Canonical(q)
		again, err := Parse(canonical)
		if err != nil || !bytes.Equal(Canonical(again), canonical) {
			t.Fatalf("%q: %s is read as %s (%v)", text, canonical, Canonical(again), err)
		}
	})
}

// TestErrorsKeepAll joins errors: nothing that was said is lost, and the kind is that of
// the *Error among them.
func TestErrorsKeepAll(t *testing.T) {
	err := classify(context.Background(), errors.Join(errors.New("one failed"), &Error{Kind: Interrupted, Field: "d", Message: "two was cut"}))
	if e, ok := err.(*Error); !ok || e.Kind != Interrupted || e.Field != "d" || e.Message != "one failed\ntwo was cut" {
		t.Errorf("got %#v", err)
	}
}
