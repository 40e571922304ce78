package explorer

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// A thousand malformed questions, two hundred at once, bodies that are too large,
// questions that cannot fit, and clients that send slowly or go away: each gets an
// answer that says what is wrong, others are still answered, and no memory stays.
func TestAbuse(t *testing.T) {
	logTo = io.Discard
	server := httptest.NewServer(NewHandler(Options{MaxBody: 1 << 20, MaxTime: 2 * time.Second, Waiting: 400, Client: 1000}))
	defer server.Close()
	ask := func(body string) (int, string) {
		r, err := http.Post(server.URL+"/ask", "application/json", strings.NewReader(body))
		if err != nil {
			return 0, err.Error()
		}
		defer r.Body.Close()
		data, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(data)
	}
	good := `{"command":"optimum","d":1,"n":5}`
	if status, answer := ask(good); status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	before := heap()

	random := rand.New(rand.NewPCG(1, 1))
	for i := range 1000 {
		body := spoil(random, good)
		if status, answer := ask(body); status != 200 && status != 400 && status != 413 && status != 503 {
			t.Errorf("malformed question %d, %q: %d %s", i, body, status, answer)
		}
	}

	var wait sync.WaitGroup
	var mu sync.Mutex
	statuses := map[string]int{}
	for i := range 200 {
		wait.Go(func() {
			body, kind := good, "good"
			switch i % 4 {
			case 1:
				body, kind = fmt.Sprintf(`{"command":"optimum","d":2,"n":%d}`, i), "fresh"
			case 2:
				body, kind = `{"command":"optimum","d":30}`, "huge"
			case 3:
				body, kind = strings.Repeat(" ", 1<<20)+good, "long"
			}
			status, _ := ask(body)
			mu.Lock()
			statuses[fmt.Sprint(kind, " ", status)]++
			mu.Unlock()
		})
	}
	// Slow ones, and one that goes away in the middle.
	for i := range 20 {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /ask HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", server.Listener.Addr())
		if i%2 == 0 {
			c.Close()
		} else {
			defer c.Close()
		}
	}
	wait.Wait()
	want := map[string]int{"good 200": 50, "fresh 200": 50, "huge 413": 50, "long 413": 50}
	for kind, n := range want {
		if statuses[kind] != n {
			t.Errorf("answers %v, want %v", statuses, want)
			break
		}
	}
	fifty := bytes.NewReader(make([]byte, 50<<20))
	if r, err := http.Post(server.URL+"/ask", "application/json", fifty); err == nil {
		if r.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("50 MB: %d", r.StatusCode)
		}
		r.Body.Close()
	} // else the server closed the connection rather than read on
	if status, answer := ask(good); status != 200 {
		t.Errorf("after all that: %d %s", status, answer)
	}
	http.DefaultClient.CloseIdleConnections()
	after := heap()
	for end := time.Now().Add(10 * time.Second); after > before+32<<20 && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		after = heap()
	}
	if after > before+32<<20 {
		t.Errorf("memory grew from %d to %d MB", before>>20, after>>20)
	}
}

// spoil changes, takes away and puts in some bytes of a question.
func spoil(random *rand.Rand, question string) string {
	body := []byte(question)
	for range 1 + random.IntN(6) {
		switch at := random.IntN(len(body)); random.IntN(3) {
		case 0:
			body[at] = byte(random.IntN(256))
		case 1:
			body = append(body[:at], body[min(len(body), at+1+random.IntN(5)):]...)
		default:
			body = append(body[:at:at], append([]byte(`"d":-1,{[`)[:1+random.IntN(8)], body[at:]...)...)
		}
		if len(body) == 0 {
			body = []byte("{")
		}
	}
	return string(body)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
