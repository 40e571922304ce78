package landscape

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"markovicl/markov"
	"markovicl/moment"
)

// minimise returns the enlarged optimum of a task.
func minimise(t testing.TB, task markov.Task) *Optimum {
	t.Helper()
	m, err := moment.Of(t.Context(), task, moment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := Minimise(t.Context(), m.At(task.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func newTask(t testing.TB, spec markov.Spec) markov.Task {
	t.Helper()
	task, err := markov.NewTask(spec)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// flagTask makes a task from the words of a command line.
func flagTask(t testing.TB, words []string) markov.Task {
	t.Helper()
	var spec markov.Spec
	for len(words) > 0 {
		flag := words[0]
		words = words[1:]
		if flag == "--bias" {
			spec.Bias = true
			continue
		}
		value := words[0]
		words = words[1:]
		switch flag {
		case "--d":
			spec.D, _ = strconv.Atoi(value)
		case "--states":
			spec.States, _ = strconv.Atoi(value)
		case "--n":
			spec.N = value
		case "--p":
			spec.P = value
		case "--prior":
			spec.Prior.Text = value
		case "--start":
			spec.Start = value
		case "--embedding":
			spec.Embedding = value
		default:
			t.Fatalf("flag %s", flag)
		}
	}
	return newTask(t, spec)
}

// The numbers of an independent program, which enumerated all chains.
func TestReference(t *testing.T) {
	for _, name := range []string{"optimum_binary.json", "optimum_general.json"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Cases []struct {
				Flags      []string
				Loss       float64
				LabelPower float64 `json:"label_power"`
				Dimension  int
				Rank       int
				Unique     bool
				XFirst     float64 `json:"x_first"`
				XLast      float64 `json:"x_last"`
				XNorm      float64 `json:"x_norm"`
				LambdaMax  float64 `json:"lambda_max"`
			}
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		for _, want := range file.Cases {
			t.Run(strings.Join(want.Flags, " "), func(t *testing.T) {
				task := flagTask(t, want.Flags)
				o := minimise(t, task)
				close := func(name string, got, want float64) {
					if !(math.Abs(got-want) <= 1e-9*(1+math.Abs(want))) {
						t.Errorf("%s = %.15g, want %.15g", name, got, want)
					}
				}
				if o.Dimension != want.Dimension || o.Rank != want.Rank || o.Unique != want.Unique {
					t.Errorf("dimension %d, rank %d, unique %v; want %d, %d, %v", o.Dimension, o.Rank, o.Unique, want.Dimension, want.Rank, want.Unique)
				}
				close("loss", o.Loss, want.Loss)
				close("x_first", o.X[0], want.XFirst)
				close("x_last", o.X[len(o.X)-1], want.XLast)
				close("x_norm", floats.Norm(o.X, 2), want.XNorm)
				close("lambda_max", o.LambdaMax, want.LambdaMax)
			})
		}
	}
}
