package text_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"markovicl/ask"
	"markovicl/ask/text"
	"markovicl/landscape"
)

// What a terminal shows of the optimum of one task.
func ExampleWrite() {
	q, err := ask.Parse([]byte(`{"command":"optimum","d":1,"n":10,"exact":true}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := ask.Ask(context.Background(), q, ask.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := text.Write(os.Stdout, q, answer); err != nil {
		fmt.Println(err)
	}
	// Output:
	// task: states 2, d 1, n 10, prior uniform, start bernoulli:0.5, embedding index
	// enlarged parameters: 3, moments by dirichlet-counts at 4 types of chains
	//
	// n   loss            rank    condition  residual  predicting 0  realisable
	// 10  0.353801169591  3 of 3  37.27      1.2e-17   0.50000000    yes
	//
	// predicting 0: the loss of always predicting 0
	// realisable: is there a one-layer LSA (b, A) that attains the loss?
	// Yes: b = [0.0701754386 0.03362826039], A = [[1] [12.52079729]]
	// Exactly: loss = 121/342, X = [4/57 52/57 8/19]
	// X_xy^2 - 4 X_xx X_yy = 2320/3249, which must be >= 0 for a transformer (Theorem 3.3).
	// X = [0.0701754386 0.9122807018 0.4210526316]
}

func TestFlags(t *testing.T) {
	for message, want := range map[string]string{
		"leave out `p` and `time-limit`":      "leave out --p and --time-limit",
		"'`' is no letter, nor is `X Y` or `": "'`' is no letter, nor is `X Y` or `",
	} {
		if got := text.Flags(message); got != want {
			t.Errorf("%q becomes %q, want %q", message, got, want)
		}
	}
}

// broken takes some bytes and then fails.
type broken struct{ left int }

var errFull = errors.New("no space left")

func (b *broken) Write(data []byte) (int, error) {
	if b.left -= len(data); b.left < 0 {
		return 0, errFull
	}
	return len(data), nil
}

// TestWriteErrors writes where there is no room: the error comes back, wherever it happens.
func TestWriteErrors(t *testing.T) {
	q, err := ask.Parse([]byte(`{"command":"recover","d":1,"n":[5,10]}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := ask.Ask(context.Background(), q, ask.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := text.Write(io.Discard, q, answer); err != nil {
		t.Fatal(err)
	}
	for room := 0; room < 400; room += 57 {
		if err := text.Write(&broken{room}, q, answer); !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: got %v", room, err)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ paragraph, want string }{
		{"", ""}, {"a  b\nc", "a b c"}, {"aa bb cc", "aa bb\ncc"}, {"aaaaaaaa b", "aaaaaaaa\nb"}, {"≤≤ ≤≤ x", "≤≤ ≤≤\nx"},
	} {
		if got := text.Wrap(c.paragraph, 5); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.paragraph, got, c.want)
		}
	}
}

// TestStopped shows, of an answer without a certificate, what ended the search; every
// reason has its words.
func TestStopped(t *testing.T) {
	for _, stop := range landscape.Stops() {
		if stop == landscape.StopCertified {
			continue
		}
		answer := ask.Results[ask.RecoverAnswer]{{
			Stopped: stop, Starts: 24, Evaluations: 7, Boxes: 50,
			Parameters: ask.Transformer{Heads: make([]ask.Head, 2)},
		}}
		var out strings.Builder
		if err := text.Write(&out, &ask.Recover{}, answer); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`(?m)^stopped            \w[^(]+ \(24 random starts, 7 evaluations of certificates, 50 boxes\)$`).MatchString(out.String()) {
			t.Errorf("%s: %s", stop, &out)
		}
	}
}
