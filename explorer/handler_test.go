package explorer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"markovicl/ask"
)

// echo answers a question with itself; some questions do more.
func echo(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
	switch string(q.Text) {
	case `"bad"`:
		return nil, nil, &ask.Error{Kind: ask.Input, Field: "d", Message: "d must be at least 1"}
	case `"wait"`:
		<-ctx.Done()
		return nil, nil, &ask.Error{Kind: ask.Interrupted, Message: ctx.Err().Error()}
	case `"panic"`:
		panic("a bug")
	case `"progress"`:
		progress(ask.Progress{Stage: "search", Done: 1, Total: 2})
	}
	answer = slices.Clone(q.Text)
	for name, data := range q.Files {
		answer = fmt.Appendf(answer, "%s=%s", name, data)
	}
	if q.File != "" {
		file = []byte("the file " + q.File)
	}
	return append(answer, '\n'), file, nil
}

func post(t *testing.T, h http.Handler, body, kind string, change func(r *http.Request)) *http.Response {
	t.Helper()
	r := httptest.NewRequest("POST", "http://127.0.0.1:8017/ask", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAsk(t *testing.T) {
	h := NewHandler(Options{Ask: echo, MaxBody: 1000, MaxTime: 50 * time.Millisecond})
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, c := range []struct {
		name, body, kind string
		change           func(*http.Request)
		status           int
		want             string
	}{
		{"an answer", `{"command":"optimum"}`, "application/json", nil, 200, "{\"command\":\"optimum\"}\n"},
		{"a bad question", `"bad"`, "application/json; charset=utf-8", nil, 400, `"field":"d"`},
		{"too large", strings.Repeat("x", 1001), "application/json", nil, 413, "1000 bytes"},
		{"another type", "x", "text/plain", nil, 415, "application/json"},
		{"no type", "x", "", nil, 415, "application/json"},
		{"too long", `"wait"`, "application/json", nil, 503, "command line"},
		{"a bug", `"panic"`, "application/json", nil, 500, "a bug"},
		{"another host", `1`, "application/json", func(r *http.Request) { r.Host = "evil.example:8017" }, 403, "evil.example"},
		{"another origin", `1`, "application/json", header("Origin", "http://evil.example"), 403, "other sites"},
		{"no origin of its own", `1`, "application/json", header("Origin", "null"), 403, "other sites"},
		{"another port", `1`, "application/json", header("Origin", "http://127.0.0.1:80"), 403, "other sites"},
		{"another site", `1`, "application/json", header("Sec-Fetch-Site", "cross-site"), 403, "other sites"},
		{"its own page", `1`, "application/json", header("Origin", "http://127.0.0.1:8017"), 200, "1\n"},
		{"localhost", `1`, "application/json", func(r *http.Request) { r.Host = "localhost:8017" }, 200, "1\n"},
		{"IPv6", `1`, "application/json", func(r *http.Request) { r.Host = "[::1]:8017" }, 200, "1\n"},
		{"a broken form", "--x\r\n", "multipart/form-data; boundary=x", nil, 400, "whole"},
		{"no boundary", "--x\r\n", "multipart/form-data", nil, 400, "whole"},
	} {
		logTo = io.Discard
		r := post(t, h, c.body, c.kind, c.change)
		got := text(t, r)
		if r.StatusCode != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d %q, want %d with %q", c.name, r.StatusCode, got, c.status, c.want)
		}
		if c.status != 200 && !json.Valid([]byte(got)) {
			t.Errorf("%s: %q is not JSON", c.name, got)
		}
	}
}

func TestFiles(t *testing.T) {
	h := NewHandler(Options{Ask: echo})
	form := func(parts ...[3]string) (string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for _, p := range parts {
			head := textproto.MIMEHeader{}
			head.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q; filename=%q`, p[0], p[1]))
			if p[1] == "" {
				head.Set("Content-Disposition", fmt.Sprintf(`form-data; name=%q`, p[0]))
			}
			part, _ := w.CreatePart(head)
			io.WriteString(part, p[2])
		}
		w.Close()
		return b.String(), w.FormDataContentType()
	}
	for _, c := range []struct {
		parts  [][3]string
		status int
		want   string
	}{
		{[][3]string{{"question", "", "Q"}, {"file", "a.txt", "data"}}, 200, "Qa.txt=data\n"},
		{[][3]string{{"file", "a.txt", "data"}}, 400, "question"},
		{[][3]string{{"question", "", "Q"}, {"other", "", "x"}}, 400, "other"},
		{[][3]string{{"question", "", "Q"}, {"file", "a", "1"}, {"file", "a", "2"}}, 400, "two files"},
	} {
		body, kind := form(c.parts...)
		r := post(t, h, body, kind, nil)
		if got := text(t, r); r.StatusCode != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%v: %d %q, want %d with %q", c.parts, r.StatusCode, got, c.status, c.want)
		}
	}
}

func TestEvents(t *testing.T) {
	h := NewHandler(Options{Ask: echo})
	const progress = "event: progress\ndata: {\"stage\":\"search\",\"done\":1,\"total\":2}\n\n"
	for _, c := range []struct{ question, query, want string }{
		{`"progress"`, "", progress + "event: answer\ndata: \"progress\"\n\n"},
		{`"progress"`, "file=a.npz", progress + "event: file\ndata: dGhlIGZpbGUgYS5ucHo=\n\nevent: answer\ndata: \"progress\"\n\n"}, // "the file a.npz" in base64
		{`"bad"`, "", "event: problem\ndata: {\"error\":{\"kind\":\"input\",\"field\":\"d\",\"message\":\"d must be at least 1\"}}\n\n"},
	} {
		r := post(t, h, c.question, "application/json", func(r *http.Request) { r.Header.Set("Accept", "text/event-stream"); r.URL.RawQuery = c.query })
		if got := text(t, r); got != c.want || r.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s %s: %q, want %q", c.question, c.query, got, c.want)
		}
	}
}

// cacheMap is a cache in memory.
type cacheMap struct{ sync.Map }

func (c *cacheMap) Get(q []byte) ([]byte, bool) {
	v, ok := c.Load(string(q))
	if !ok {
		return nil, false
	}
	return v.([]byte), true
}
func (c *cacheMap) Put(q, a []byte) { c.Store(string(q), a) }

func TestCache(t *testing.T) {
	var asked atomic.Int64
	h := NewHandler(Options{Cache: &cacheMap{}, Ask: func(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		asked.Add(1)
		return echo(ctx, q, progress)
	}})
	for range 3 {
		if got := text(t, post(t, h, `{"d":1}`, "application/json", nil)); got != "{\"d\":1}\n" {
			t.Fatalf("answer %q", got)
		}
		text(t, post(t, h, `"bad"`, "application/json", nil))
	}
	if asked.Load() != 1+3 {
		t.Errorf("asked %d times, want once for the answer and three times for the problem", asked.Load())
	}
	for range 2 { // a file is not kept, and the answer that it came with is
		file := post(t, h, `{"d":2}`, "application/json", func(r *http.Request) { r.URL.RawQuery = "file=a.npz" })
		if got := text(t, file); got != "the file a.npz" || file.Header.Get("Content-Type") != "application/octet-stream" {
			t.Fatalf("the file is %q", got)
		}
		if got := text(t, post(t, h, `{"d":2}`, "application/json", nil)); got != "{\"d\":2}\n" {
			t.Fatalf("answer %q", got)
		}
	}
	if asked.Load() != 4+2 {
		t.Errorf("asked %d times, want once more for each file", asked.Load())
	}
}

// Many clients at once: some are sent away, nobody hangs, and all places are free
// afterwards. Slow senders hold no place to work in.
func TestCrowd(t *testing.T) {
	var inside, most atomic.Int64
	release := make(chan struct{})
	h := NewHandler(Options{Work: 2, Waiting: 10, Client: 100, Ask: func(_ context.Context, q Question, _ func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		n := inside.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		inside.Add(-1)
		return q.Text, nil, nil
	}})
	server := httptest.NewServer(h)
	defer server.Close()
	slow, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprintf(slow, "POST /ask HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", server.Listener.Addr())
	var wait sync.WaitGroup
	statuses := make([]int, 50)
	for i := range statuses {
		wait.Go(func() {
			r, err := http.Post(server.URL+"/ask", "application/json", strings.NewReader("1"))
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, r.Body)
			r.Body.Close()
			statuses[i] = r.StatusCode
		})
	}
	for inside.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // let the others queue or be sent away
	close(release)
	wait.Wait()
	count := map[int]int{}
	for _, s := range statuses {
		count[s]++
	}
	if most.Load() > 2 || count[200] == 0 || count[200]+count[503] != len(statuses) || count[503] == 0 {
		t.Errorf("%d at once; statuses %v", most.Load(), count)
	}
	r, err := http.Post(server.URL+"/ask", "application/json", strings.NewReader("1"))
	if err != nil || r.StatusCode != 200 {
		t.Errorf("after the crowd: %v %v", r, err)
	}
}

// The real thing: the bytes of --json, an error of a field, and a file that comes
// with an answer.
func TestRealQuestions(t *testing.T) {
	h := NewHandler(Options{})
	question := `{"command":"recover","d":1,"n":5}`
	want, bad := ask.Exchange(t.Context(), []byte(question), nil, "", nil)
	if bad != nil {
		t.Fatal(bad)
	}
	if got := text(t, post(t, h, question, "application/json", nil)); got != string(want) {
		t.Errorf("answer %s, want %s", got, want)
	}
	r := post(t, h, `{"command":"optimum","d":-1}`, "application/json", nil)
	if got := text(t, r); r.StatusCode != 400 || !strings.Contains(got, `"field":"d"`) {
		t.Errorf("d = -1: %d %s", r.StatusCode, got)
	}
	r = post(t, h, question, "application/json", func(r *http.Request) { r.URL.RawQuery = "file=certificate.npz" })
	if got := text(t, r); r.StatusCode != 200 || !strings.HasPrefix(got, "PK") || r.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the certificate: %d %.20q", r.StatusCode, got)
	}
	r = post(t, h, `{"command":"recover","verify":"/etc/hostname"}`, "application/json", nil)
	if got := text(t, r); r.StatusCode != 400 || !strings.Contains(got, "did not come with the question") {
		t.Errorf("a path of the server: %d %s", r.StatusCode, got)
	}
}

func TestOneClient(t *testing.T) {
	g := newGate(1, 100, 3)
	for range 3 {
		if _, err := g.admit("a"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.admit("a"); err != errMany {
		t.Errorf("a fourth question of one client: %v", err)
	}
	leave, err := g.admit("b")
	if err != nil {
		t.Errorf("another client: %v", err)
	}
	leave()
	if len(g.clients) != 1 {
		t.Errorf("%d clients are remembered, want 1", len(g.clients))
	}
}

// Closing the connection cancels the work.
func TestGone(t *testing.T) {
	started, ended := make(chan struct{}), make(chan struct{})
	h := NewHandler(Options{Ask: func(ctx context.Context, _ Question, _ func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return nil, nil, &ask.Error{Kind: ask.Interrupted}
	}})
	server := httptest.NewServer(h)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/ask", strings.NewReader("1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	go func() {
		<-started
		cancel()
	}()
	if _, err := http.DefaultClient.Do(r); err == nil {
		t.Error("there was an answer")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the work went on")
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan string, 1)
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, "127.0.0.1:0", Options{Ask: echo}, func(url string) { ready <- url }) }()
	url := <-ready
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := bufio.NewReader(r.Body).ReadString('>')
	r.Body.Close()
	if r.StatusCode != 200 || !strings.Contains(strings.ToLower(page), "<!doctype html>") || r.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("the page: %d %q", r.StatusCode, page)
	}
	address := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/")
	if err := Serve(ctx, address, Options{Ask: echo}, func(string) { t.Error("ready although the port is taken") }); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a port that is taken: %v", err)
	}
	for _, other := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80"} {
		if err := Serve(ctx, other, Options{Ask: echo}, nil); err == nil || !strings.Contains(err.Error(), "other machines") {
			t.Errorf("%s: %v", other, err)
		}
	}
	// A question that is being worked on when the server stops.
	asked := make(chan error, 1)
	go func() {
		r, err := http.Post(url+"ask", "application/json", strings.NewReader(`"progress"`))
		if err == nil {
			r.Body.Close()
		}
		asked <- err
	}()
	if err := <-asked; err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("after the end: %v", err)
	}
}

// Nothing that is sent makes the handler fail, hang or answer anything but JSON
// with a status that fits.
func FuzzAsk(f *testing.F) {
	f.Add(`{"command":"optimum","d":2}`, "application/json")
	f.Add("--x\r\nContent-Disposition: form-data; name=question\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x")
	f.Add("", "")
	h := NewHandler(Options{Ask: func(_ context.Context, q Question, _ func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		if !json.Valid(q.Text) {
			return nil, nil, &ask.Error{Kind: ask.Input, Message: "the question is not JSON"}
		}
		return q.Text, nil, nil
	}})
	f.Fuzz(func(t *testing.T, body, kind string) {
		r := httptest.NewRequest("POST", "http://localhost/ask", strings.NewReader(body))
		r.Header["Content-Type"] = []string{kind}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if s := w.Code; s != 200 && s != 400 && s != 413 && s != 415 {
			t.Errorf("status %d", s)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q is not JSON", w.Body)
		}
	})
}
