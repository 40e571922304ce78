package ask

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"markovicl/internal/contexttest"
)

// A check that is interrupted, while its file is being read or later, is no fault of the file,
// which a disk or a stream has.
func TestInterruptedVerify(t *testing.T) {
	answer := mustAsk(t, Env{}, `{"command":"recover","d":2}`)
	files, err := answer.(Results[RecoverAnswer])[0].Files()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "c.npz")
	if err := os.WriteFile(path, files[0].Data, 0o666); err != nil {
		t.Fatal(err)
	}
	q := parse(t, `{"command":"recover","verify":"c.npz"}`)
	for name, open := range map[string]func(string) (io.ReadCloser, error){
		"a disk":   func(string) (io.ReadCloser, error) { return os.Open(path) },
		"a stream": func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files[0].Data)), nil },
	} {
		interrupted := 0
		for looks := 0; ; looks++ {
			answer, err := Ask(contexttest.EndingAfter(t.Context(), looks), q, Env{Open: open})
			if err == nil {
				if v := answer.(VerifyAnswer); !v.Valid {
					t.Errorf("%s: %+v", name, v)
				}
				break
			}
			interrupted++
			if e, ok := errors.AsType[*Error](err); !ok || e.Kind != Interrupted {
				t.Errorf("%s, interrupted at look %d: %#v", name, looks, err)
			}
		}
		if interrupted < 10 {
			t.Errorf("%s: %d looks at the context", name, interrupted)
		}
	}
}
