package ask

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Files of training and the answers of recover say what task they are for: with
// another one there is a note that names what differs, with the same one, in
// whatever words, there is none.
func TestParametersOfAnotherTask(t *testing.T) {
	dir := t.TempDir()
	env := Env{Open: func(name string) (io.ReadCloser, error) { return os.Open(name) }}
	keep := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	askText := func(question string) Answer {
		t.Helper()
		answer, err := Ask(context.Background(), parse(t, question), env)
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		return answer
	}
	train := func(question string) {
		t.Helper()
		answer := askText(question).(TrainAnswer)
		files, err := answer.Files()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			keep(f.Name, f.Data)
		}
	}
	train(`{"command":"train","d":2,"n":["7"],"steps":2,"batch":8,"eval-prompts":0}`)
	var text strings.Builder
	if err := Encode(&text, askText(`{"command":"recover","d":2,"n":["7"]}`)); err != nil {
		t.Fatal(err)
	}
	keep("recovered.json", []byte(text.String()))
	for _, name := range []string{"params.safetensors", "params.npz", "seed-1.safetensors", "recovered.json"} {
		path := filepath.Join(dir, name)
		for _, c := range []struct{ task, want string }{
			{`"d":2,"n":["7"]`, ""},
			{`"n":["7"],"p":"1/2","prior":"beta:1,1"`, ""},
			{`"n":["9"]`, "n 7, here 9"},
			{`"n":["7"],"prior":"beta:2,5","embedding":"sign"`, "embedding index, here sign; prior uniform, here beta:2,5"},
		} {
			want := c.want
			if want != "" {
				want = path + " was made for another task: " + want
			}
			for _, command := range []string{`"trace","prompts":2`, `"score","prompts":2`, `"predict","simulate":true`, `"predict","simulate":true,"evaluate":true,"prompts":2`} {
				answer := askText(`{"command":` + command + `,` + c.task + `,"params":"` + path + `"}`)
				var notes []string
				switch answer := answer.(type) {
				case TraceAnswer:
					notes = answer.Notes
				case ScoreAnswer:
					notes = answer.Notes
				case PredictionAnswer:
					notes = answer.Notes
				case EvaluationAnswer:
					notes = answer.Notes
				}
				var got string
				for _, note := range notes {
					if strings.Contains(note, "another task") {
						got += note
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s with %s: (-want +got)\n%s", name, command, c.task, diff)
				}
			}
		}
	}
}
