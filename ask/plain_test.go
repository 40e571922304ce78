package ask

import "testing"

func TestPlain(t *testing.T) {
	for message, want := range map[string]string{
		"layer 0: b: json: cannot unmarshal string into Go value of type []float64":              "layer 0: b: want a list of numbers, got a text",
		"t.yaml: [1:4] cannot unmarshal []interface {} into Go struct field .D of type int\n> d": "t.yaml: [1:4] want a whole number, got a list\n> d",
		"json: cannot unmarshal number 1.5 into Go struct field Spec.seeds of type int":          "want a whole number, got a number",
		"json: cannot unmarshal object into Go value of type markov.Spec":                        "want a value of another form, got an object",
		"landscape: H is 0":       "H is 0",
		"no floor: landscape: H":  "no floor: H",
		"the landscape: a figure": "the landscape: a figure",
		"`n` is not a number":     "`n` is not a number",
	} {
		if got := plain(message); got != want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
	}
}
