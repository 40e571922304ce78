package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/markov"
)

// A field that says what leaving it out means leaves no trace in the canonical text, and
// its task and settings are the same: for every command, one field at a time and all at once.
func TestCanonicalMeans(t *testing.T) {
	resolve := func(q Question) any {
		var settled []any
		for _, part := range parts(q) {
			switch part := part.(type) {
			case *Task:
				tasks, err := part.tasks(Env{})
				if err != nil {
					t.Fatal(err)
				}
				text, err := json.Marshal(tasks[0])
				if err != nil {
					t.Fatal(err)
				}
				settled = append(settled, string(text))
			case *TrainSettings:
				config, err := part.config(Env{})
				if err != nil {
					t.Fatal(err)
				}
				settled = append(settled, config)
			}
		}
		return settled
	}
	tried := 0
	for _, command := range Commands() {
		plain, all := fresh(t, command), fresh(t, command)
		canonical, want := Canonical(plain), resolve(plain)
		for i, f := range fieldsOf(plain) {
			means, ok := f.tag.Lookup("means")
			if !ok {
				continue
			}
			tried++
			one := fresh(t, command)
			for _, q := range []Question{one, all} {
				if err := fieldsOf(q)[i].set([]string{means}); err != nil {
					t.Fatal(err)
				}
			}
			if slices.ContainsFunc(given(one), func(g field) bool { return g.name == f.name && g.words() != means }) {
				t.Errorf("%s of %s: %q is not how the value is written", f.name, command, means)
			}
			for name, q := range map[string]Question{f.name: one, "all so far": all} {
				if got := Canonical(q); !bytes.Equal(got, canonical) {
					t.Errorf("%s, %s: %s", command, name, got)
				}
				if d := cmp.Diff(resolve(q), want); d != "" {
					t.Errorf("%s, %s: means something else: %s", command, name, d)
				}
			}
		}
	}
	if tried < 60 {
		t.Errorf("%d fields tried", tried)
	}
}

func fresh(t *testing.T, command string) Question {
	t.Helper()
	q, err := New(command)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// parts returns the parts of a question that questions share.
func parts(q Question) []any {
	switch q := q.(type) {
	case *Optimum:
		return []any{&q.Task}
	case *Recover:
		return []any{&q.Task}
	case *Landscape:
		return []any{&q.Task}
	case *Prompt:
		return []any{&q.Task}
	case *Predict:
		return []any{&q.Task}
	case *Score:
		return []any{&q.Task}
	case *Trace:
		return []any{&q.Task}
	case *Attention:
		return []any{&q.Task}
	case *Train:
		return []any{&q.Task, &q.TrainSettings}
	}
	return nil
}

// Beside a file, another kind of task or model, or a value to go through, a field stays in
// the canonical text: there its absence may mean something else.
func TestCanonicalUnsettled(t *testing.T) {
	for _, c := range []struct{ kept, alone string }{
		{`{"command":"optimum","d":2,"task":"t.yaml"}`, `{"command":"optimum","d":2}`},
		{`{"command":"optimum","n":10,"prior":"kernels:k.json"}`, `{"command":"optimum","n":10,"prior":"uniform"}`},
		{`{"command":"optimum","order":2,"d":2}`, `{"command":"optimum","order":1,"d":2}`},
		{`{"command":"optimum","family":"regression","d":2}`, `{"command":"optimum","family":"markov","d":2}`},
		{`{"command":"optimum","start":"uniform","sweep-p":"0:1:0.5"}`, `{"command":"optimum","start":"uniform"}`},
		{`{"command":"optimum","start":"uniform","p":"0.5"}`, `{"command":"optimum","start":"uniform"}`},
		{`{"command":"optimum","states":2,"form":"f.npz"}`, `{"command":"optimum","states":2}`},
		{`{"command":"recover","states":2,"x":"x.npy"}`, `{"command":"recover","states":2}`},
		{`{"command":"recover","d":2,"verify":"c.npz"}`, `{"command":"recover","d":2}`},
		{`{"command":"predict","d":2,"file":"a.fa"}`, `{"command":"predict","d":2}`},
		{`{"command":"train","d":2,"init":"p.safetensors"}`, `{"command":"train","d":2}`},
		{`{"command":"train","batch":1000,"model":"gpt2-tiny"}`, `{"command":"train","batch":1000}`},
		{`{"command":"train","steps":1000,"config":"c.yaml"}`, `{"command":"train","steps":1000}`},
		{`{"command":"train","fresh":true,"fixed":true}`, `{"command":"train","fresh":true}`},
		{`{"command":"score","d":2,"params":"p.safetensors"}`, `{"command":"score","d":2}`},
		{`{"command":"trace","d":2,"params":"p.safetensors"}`, `{"command":"trace","d":2}`},
	} {
		q := parse(t, c.kept)
		if again := parse(t, string(Canonical(q))); !cmp.Equal(again, q) {
			t.Errorf("%s became %s", c.kept, Canonical(q))
		}
		alone := parse(t, c.alone)
		if plain := fresh(t, alone.Command()); !bytes.Equal(Canonical(alone), Canonical(plain)) {
			t.Errorf("%s became %s", c.alone, Canonical(alone))
		}
	}
}

// Questions of one canonical text have one answer.
func TestCanonicalAnswers(t *testing.T) {
	for _, pair := range [][2]string{
		{`{"command":"optimum","exact":true}`, `{"command":"optimum","exact":true,"d":2,"n":"10","states":2,"prior":"uniform","start":"uniform","embedding":"index","bias":false,"order":1,"family":"markov"}`},
		{`{"command":"optimum","states":3,"d":1}`, `{"command":"optimum","states":3,"d":1,"prior":"uniform","start":"uniform"}`},
		{`{"command":"prompt","seed":3}`, `{"command":"prompt","seed":3,"n":10,"d":2,"start":"uniform"}`},
		{`{"command":"train","steps":3,"eval-prompts":50}`, `{"command":"train","steps":3,"eval-prompts":50,"layers":1,"lr":0.01,"fresh":true,"dense":false,"beta2":0.95}`},
	} {
		var answers [2][]byte
		for i, text := range pair {
			q := parse(t, text)
			answer, err := Ask(context.Background(), q, Env{})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := Encode(&out, answer); err != nil {
				t.Fatal(err)
			}
			answers[i] = out.Bytes()
		}
		if a, b := Canonical(parse(t, pair[0])), Canonical(parse(t, pair[1])); !bytes.Equal(a, b) {
			t.Errorf("%s and %s", a, b)
		}
		if !bytes.Equal(answers[0], answers[1]) {
			t.Errorf("%s and %s have two answers:\n%s\n%s", pair[0], pair[1], answers[0], answers[1])
		}
	}
	if markov.DefaultContext != "10" {
		t.Error("the tag of n is out of date")
	}
}
