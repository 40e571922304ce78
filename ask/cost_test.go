package ask_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"markovicl/ask"
)

func mustParse(t *testing.T, text string) ask.Question {
	t.Helper()
	q, err := ask.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// A larger question costs more, in memory and in time, and one that is too large is
// refused with the number.
func TestCostGrows(t *testing.T) {
	cost := func(text string) ask.Cost {
		t.Helper()
		c, err := ask.CostOf(mustParse(t, text), ask.Env{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, pair := range [][2]string{
		{`{"command":"optimum","d":3}`, `{"command":"optimum","d":12}`},
		{`{"command":"recover","d":3}`, `{"command":"recover","d":7}`},
		{`{"command":"recover","d":3}`, `{"command":"recover","d":3,"level":1}`},
		{`{"command":"optimum","d":20}`, `{"command":"recover","d":20}`},
		{`{"command":"optimum","d":12,"states":2}`, `{"command":"optimum","d":12,"states":3,"embedding":"onehot"}`},
		{`{"command":"train","batch":100000}`, `{"command":"train","batch":100000,"d":9,"layers":6}`},
	} {
		if a, b := cost(pair[0]), cost(pair[1]); a.Seconds >= b.Seconds || a.Bytes >= b.Bytes {
			t.Errorf("%s costs %+v, %s costs %+v", pair[0], a, pair[1], b)
		}
	}
	// The matrix H alone, 8 bytes a number, is below the estimate: d (d+1)(d+2)/2 parameters.
	if c := cost(`{"command":"optimum","d":60}`); c.Bytes < 8*113460.*113460. {
		t.Errorf("%+v is less than the matrix", c)
	} else if err := c.FitsIn(8e9); err == nil || !strings.Contains(err.Error(), "TB") {
		t.Errorf("error %v", err)
	}
	if err := cost(`{"command":"optimum","d":3}`).FitsIn(1e8); err != nil {
		t.Error(err)
	}
	if _, err := ask.CostOf(mustParse(t, `{"command":"optimum","d":0}`), ask.Env{}); err == nil {
		t.Error("a task without positions has a cost")
	}
}

// A question names files in fields of its own, in its task, and in the file of its task.
func TestFilesOf(t *testing.T) {
	files := map[string]string{"task.yaml": "prior: kernels:inner.json\n", "inner.json": `[[["1/2","1/2"],["1/4","3/4"]]]`}
	open := func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader([]byte(files[name]))), nil
	}
	for text, want := range map[string][]string{
		`{"command":"optimum","d":2}`:                                       nil,
		`{"command":"optimum","prior":"kernels:inner.json"}`:                {"inner.json"},
		`{"command":"recover","task":"task.yaml"}`:                          {"inner.json", "task.yaml"},
		`{"command":"recover","x":"x.csv"}`:                                 {"x.csv"},
		`{"command":"recover","verify":"c.npz"}`:                            {"c.npz"},
		`{"command":"predict","file":"a.fa","params":"p.npz"}`:              {"a.fa", "p.npz"},
		`{"command":"train","config":"c.yaml"}`:                             {"c.yaml"},
		`{"command":"hardness","inside":"a.csv","outside":"b.csv"}`:         {"a.csv", "b.csv"},
		`{"command":"score","params":"p.npz","prior":"kernels:inner.json"}`: {"inner.json", "p.npz"},
	} {
		got, err := ask.FilesOf(mustParse(t, text), ask.Env{Open: open})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s names %q (%v), want %q", text, got, err, want)
		}
	}
}

// Words is the other direction of CommandLine.
func TestWords(t *testing.T) {
	for _, text := range []string{
		`{"command":"optimum","d":2,"n":[1,10,"inf"],"exact":true,"prior":"beta:2,5"}`,
		`{"command":"train","dense":false,"bias":true,"lr":-0.5}`,
		`{"command":"predict","file":"-odd.fa","evaluate":true}`,
		`{"command":"recover","time-limit":"30s","level":1}`,
	} {
		q := mustParse(t, text)
		line := strings.Fields(ask.CommandLine(q))[2:]
		words, err := ask.Words(q.Command(), line)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var b strings.Builder
		b.WriteString(`{"command":"` + q.Command() + `"`)
		for _, w := range words {
			b.WriteString(`,"` + w.Field + `":["` + strings.Join(w.Words, `","`) + `"]`)
		}
		if again := mustParse(t, b.String()+"}"); !bytes.Equal(ask.Canonical(q), ask.Canonical(again)) {
			t.Errorf("%s became %s", ask.Canonical(q), ask.Canonical(again))
		}
	}
	for _, line := range [][]string{{"--nonsense"}, {"--d"}, {"word"}, {"--no-d"}} {
		if words, err := ask.Words("optimum", line); err == nil {
			t.Errorf("%q is %v", line, words)
		}
	}
}
