package ask

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestExchange(t *testing.T) {
	question := []byte(`{"command":"recover","d":1,"n":5}`)
	q, err := Parse(question)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := Ask(t.Context(), q, Env{})
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := Encode(&want, answer); err != nil {
		t.Fatal(err)
	}
	var told []ProgressEvent
	got, bad := Exchange(t.Context(), question, nil, "", func(p Progress) { told = append(told, p.Event()) })
	if bad != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("Exchange gives %s, %v, want %s", got, bad, want.Bytes())
	}
	if _, err := json.Marshal(told); err != nil || len(told) == 0 {
		t.Errorf("%d events of progress, %v", len(told), err)
	}

	certificate, bad := Exchange(t.Context(), question, nil, "certificate.npz", nil)
	if bad != nil || !bytes.HasPrefix(certificate, []byte("PK")) {
		t.Fatalf("no certificate: %v", bad)
	}
	verified, bad := Exchange(t.Context(), []byte(`{"command":"recover","verify":"mine.npz"}`), map[string][]byte{"mine.npz": certificate}, "", nil)
	if bad != nil || !json.Valid(verified) {
		t.Errorf("the certificate is not verified: %s, %v", verified, bad)
	}

	training := []byte(`{"command":"train","d":1,"steps":3,"batch":10,"seeds":1,"eval-prompts":10}`)
	trained, bad := Exchange(t.Context(), training, nil, "params.safetensors", nil)
	if bad != nil || len(trained) == 0 {
		t.Errorf("no parameters come with what was trained: %v", bad)
	}
	both, data, bad := ExchangeBoth(t.Context(), question, nil, "certificate.npz", nil)
	if bad != nil || !bytes.Equal(both, want.Bytes()) || !bytes.Equal(data, certificate) {
		t.Errorf("the answer with its file is %s and %d bytes, %v, want the answer and the file of separate questions", both, len(data), bad)
	}

	for question, field := range map[string]string{
		`{`:                            "",
		`{"command":"optimum","d":0}`:  "d",
		`{"command":"optimum","dd":2}`: "dd",
		`{"command":"recover","verify":"/etc/hostname"}`: "verify",
	} {
		_, bad := Exchange(t.Context(), []byte(question), nil, "", nil)
		if bad == nil || bad.Kind != Input || bad.Field != field {
			t.Errorf("%s: %+v, want a fault of the field %q", question, bad, field)
		}
	}
	if _, bad := Exchange(t.Context(), question, nil, "other", nil); bad == nil || !strings.Contains(bad.Message, "certificate.npz") {
		t.Errorf("a file that does not come with the answer: %v", bad)
	}
}

func TestProgressEvent(t *testing.T) {
	e := Progress{Stage: "search", Bounds: &Bounds{Upper: math.Inf(1), Lower: 0.5}}.Event()
	if e.Upper != nil || e.Lower == nil || *e.Lower != 0.5 {
		t.Errorf("event %+v", e)
	}
}

// Bounds that did not meet are an answer, and the error beside it says that they may
// meet another time.
func TestExchangeUnfinished(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	question := []byte(`{"command":"recover","d":4}`)
	answer, bad := Exchange(ctx, question, nil, "", nil)
	if bad == nil || bad.Kind != Interrupted {
		t.Errorf("an interrupted search has no error beside it: %s, %v", answer, bad)
	}
	limited := []byte(`{"command":"recover","d":5,"time-limit":"1ms"}`)
	answer, bad = Exchange(t.Context(), limited, nil, "", nil)
	if bad == nil || bad.Kind != Failed || len(answer) > 0 && !json.Valid(answer) {
		t.Errorf("a search that ran out of time: %s, %v", answer, bad)
	}
}
