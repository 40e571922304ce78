package schema

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"markovicl/ask"
)

// TestEveryCommandHasOne asks for the schema of every command that there is.
func TestEveryCommandHasOne(t *testing.T) {
	for _, command := range ask.Commands() {
		if _, err := Of(command); err != nil {
			t.Error(err)
		}
	}
	if _, err := Of("optima"); err == nil {
		t.Error("a command that does not exist has a schema")
	}
}

// files are the files that the questions of the test name.
var files = map[string]string{
	"yes.csv": "1, 3, 1, 2, 2, 0\n0, 1/2, 3, 1, 6, 0\n",
	"no.csv":  "1, 0, 0, 1, 0, -1\n0, 1, 0, 0, 0, 0\n",
	"two.csv": "0,0\n1,1\n", "other.csv": "5,5\n",
	"mid.csv": "0,0\n", "around.csv": "1,0\n-1,1\n-1,-1\n",
	"x.csv": "1,0,2\n", "m.json": `{"heads":[{"b":[1,1],"A":[[1],[1]]}]}`,
	"chain.txt": strings.Repeat("0110100\n1010011\n0001101\n", 8),
}

// TestAnswersConform holds real answers against the schemas of their commands.
func TestAnswersConform(t *testing.T) {
	env := ask.Env{Open: func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(files[name])), nil
	}}
	for _, text := range []string{
		`{"command":"optimum","d":1}`,
		`{"command":"optimum","d":1,"n":[5,"inf"],"exact":true}`,
		`{"command":"optimum","d":2,"bias":true}`,
		`{"command":"optimum","d":1,"states":3,"start":"stationary"}`,
		`{"command":"recover","d":1}`,
		`{"command":"recover","d":2,"n":[5,10],"proof":true}`,
		`{"command":"recover","d":2,"heads":2}`,
		`{"command":"recover","d":2,"bias":true}`,
		`{"command":"recover","x":"yes.csv"}`,
		`{"command":"recover","x":"no.csv"}`,
		`{"command":"recover","x":"yes.csv","proof":true}`,
		`{"command":"recover","x":"no.csv","proof":true}`,
		`{"command":"landscape","d":2,"points":5,"at":"1,0,1"}`,
		`{"command":"landscape","d":1,"points":5}`,
		`{"command":"prompt"}`,
		`{"command":"hardness","inside":"two.csv","outside":"other.csv"}`,
		`{"command":"hardness","inside":"mid.csv","outside":"around.csv"}`,
		`{"command":"hardness","matrix":"two.csv","weights":"two.csv","lambda":"1000"}`,
		`{"command":"train","d":1,"steps":5,"batch":10,"seeds":2,"eval-prompts":100}`,
		`{"command":"train","d":1,"steps":5,"population":true,"eval-prompts":0}`,
		`{"command":"predict","simulate":true,"evaluate":true,"prompts":20}`,
		`{"command":"predict","simulate":true,"steps":3}`,
		`{"command":"predict","file":"chain.txt","d":2,"n":3,"prior":"fit","evaluate":true,"prompts":20,"fit":true,"fit-prompts":50}`,
		`{"command":"predict","file":"chain.txt","d":2,"n":3,"query":"01"}`,
		`{"command":"score","x":"x.csv","d":1,"prompts":100}`,
		`{"command":"score","params":"m.json","d":1,"n":"inf"}`,
		`{"command":"trace","random":2,"prompts":1}`,
		`{"command":"trace","random":2,"prompts":3,"pareto":true,"samples":16,"rounds":1}`,
	} {
		q, err := ask.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		answer, err := ask.Ask(context.Background(), q, env)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var out bytes.Buffer
		if err := ask.Encode(&out, answer); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err := conforms(schemaOf(t, q.Command()), decode(t, out.Bytes()), "answer"); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestConforms shows that the check of the test above rejects what is wrong.
func TestConforms(t *testing.T) {
	answer := func(change string) error {
		return conforms(schemaOf(t, "recover"), decode(t, []byte(`{"realisable":true,"q":1,"D":2,"decision":null`+change+`}`)), "answer")
	}
	if err := answer(""); err != nil {
		t.Error(err)
	}
	for _, change := range []string{`,"other":1`, `,"q":"1"`, `,"D":null`, `,"decision":{}`} {
		if answer(change) == nil {
			t.Errorf("an answer with %s conforms", change)
		}
	}
}

func schemaOf(t *testing.T, command string) map[string]any {
	t.Helper()
	s, err := Of(command)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, data).(map[string]any)
}

func decode(t *testing.T, data []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// conforms checks a value against as much of JSON Schema as the schemas of this package use.
func conforms(schema any, v any, place string) error {
	s, ok := schema.(map[string]any)
	if !ok {
		if schema == true {
			return nil
		}
		return fmt.Errorf("%s: not allowed", place)
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		choices, ok := s[key].([]any)
		if !ok {
			continue
		}
		var errs []string
		for _, choice := range choices {
			if err := conforms(choice, v, place); err != nil {
				errs = append(errs, err.Error())
			}
		}
		if len(errs) == len(choices) {
			return fmt.Errorf("%s: no choice fits: %s", place, strings.Join(errs, "; "))
		}
	}
	kind := map[bool]string{true: "null"}[v == nil]
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		properties, _ := s["properties"].(map[string]any)
		for name, inner := range v {
			property, ok := properties[name]
			if !ok {
				if property, ok = s["additionalProperties"]; !ok {
					continue
				}
			}
			if err := conforms(property, inner, place+"."+name); err != nil {
				return err
			}
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				return fmt.Errorf("%s: %s is missing", place, name)
			}
		}
	case []any:
		kind = "array"
		for i, inner := range v {
			items, ok := s["items"]
			if !ok {
				break
			}
			if err := conforms(items, inner, fmt.Sprintf("%s[%d]", place, i)); err != nil {
				return err
			}
		}
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
	}
	want, ok := s["type"].(string)
	if !ok || slices.Contains([]string{kind, map[string]string{"number": "integer"}[kind]}, want) {
		return nil
	}
	return fmt.Errorf("%s: a %s, want a %s", place, kind, want)
}
