package explorer

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"markovicl/ask"
)

// Question is what a client sends.
type Question struct {
	Text  []byte            // JSON, see package ask
	Files map[string][]byte // that came with it, by name
	File  string            // of the answer, wanted too; or ""
}

// Asker answers one question with the bytes of --json, and those of the file that is
// wanted, nil if none is. An answer with an error beside it is true but unfinished. It
// returns soon after ctx ends.
type Asker func(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, _ *ask.Error)

// Ask answers questions by package ask.
func Ask(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
	return ask.ExchangeBoth(ctx, q.Text, q.Files, q.File, progress)
}

// Cache keeps answers by question: those that are finished, of questions without files.
type Cache interface {
	Get(question []byte) (answer []byte, ok bool)
	Put(question, answer []byte)
}

// Options of a handler. The zero value answers on loopback addresses, with the limits
// named below.
type Options struct {
	Ask   Asker // Ask if nil
	Cache Cache // nil: every question is worked on

	Remote bool     // also answer requests that do not come to a loopback address
	Hosts  []string // names under which this server may be asked then, beside its addresses

	MaxBody int64         // bytes of a question with its files, by default 16 MiB
	MaxTime time.Duration // of one question, by default two minutes
	Memory  float64       // bytes that one question may need, as estimated, by default 1 GiB
	Work    int           // questions worked on at once, by default 2
	Waiting int           // questions that may wait, by default 64
	Client  int           // questions of one client at once, by default 16
}

// withDefaults fills in the limits that are not given.
func (o Options) withDefaults() Options {
	if o.Ask == nil {
		o.Ask = Ask
	}
	if o.MaxBody == 0 {
		o.MaxBody = 16 << 20
	}
	if o.MaxTime == 0 {
		o.MaxTime = 2 * time.Minute
	}
	if o.Memory == 0 {
		o.Memory = 1 << 30
	}
	if o.Work == 0 {
		o.Work = 2
	}
	if o.Waiting == 0 {
		o.Waiting = 64
	}
	if o.Client == 0 {
		o.Client = 16
	}
	return o
}

// NewHandler returns the handler of the page and its questions:
//
//	GET  /       the page
//	GET  /mode   {"mode":"server"}, by which the page knows that it can ask; see WriteSite
//	POST /ask    a question: application/json, or multipart/form-data with a part
//	             "question" and files; answered with application/json, or as
//	             events "progress", "answer" and "problem" to a client that accepts
//	             text/event-stream. /ask?file=NAME answers with that file of the
//	             answer, such as certificate.npz; in events it comes as "file", in
//	             base64, before the answer
//
// 400 is a bad question, 403 a request of another site, 413 one that is too large, or needs too
// much memory,
// 415 one of another type, 429 too many at once from one client, 503 a busy server
// or a question that takes too long; each comes with {"error": {..}}.
func NewHandler(options Options) http.Handler {
	h := &handler{Options: options.withDefaults()}
	h.gate = newGate(h.Work, h.Waiting, h.Client)
	hosts := loopbackHost
	if h.Remote {
		hosts = numericHost(h.Hosts)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(Page()))
	mux.HandleFunc("GET /mode", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"mode":"server"}`+"\n")
	})
	mux.HandleFunc("POST /ask", h.ask)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := sameOrigin(r, hosts); why != "" {
			newProblem(http.StatusForbidden, ask.Input, "%s", why).write(w)
			return
		}
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Content-Security-Policy", ContentSecurityPolicy)
		mux.ServeHTTP(w, r)
	})
}

// ContentSecurityPolicy keeps the page from loading or telling anything
// elsewhere. Its plots set styles of their own.
const ContentSecurityPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"worker-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

type handler struct {
	Options
	gate *gate
}

// problem is an error with the HTTP status that says what kind it is.
type problem struct {
	status int
	*ask.Error
}

func newProblem(status int, kind ask.Kind, format string, args ...any) *problem {
	return &problem{status, &ask.Error{Kind: kind, Message: fmt.Sprintf(format, args...)}}
}

func (p *problem) json() []byte {
	data, err := json.Marshal(p.Error)
	if err != nil {
		panic(err) // strings always marshal
	}
	return append(data, '\n')
}

func (p *problem) write(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	if p.status == http.StatusTooManyRequests || p.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "2")
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(p.json())
}

func (h *handler) ask(w http.ResponseWriter, r *http.Request) {
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		client = r.RemoteAddr
	}
	leave, err := h.gate.admit(client)
	switch {
	case errors.Is(err, errMany):
		newProblem(http.StatusTooManyRequests, ask.Failed, "%v", err).write(w)
		return
	case err != nil:
		newProblem(http.StatusServiceUnavailable, ask.Failed, "%v", err).write(w)
		return
	}
	defer leave()
	q, bad := h.read(w, r)
	if bad != nil {
		bad.write(w)
		return
	}
	q.File = r.URL.Query().Get("file")
	out := &answerWriter{w: w, events: accepts(r, "text/event-stream"), wanted: q.File != ""}
	kept := h.Cache != nil && len(q.Files) == 0
	if kept && q.File == "" { // which waits for nobody else's work
		if answer, ok := h.Cache.Get(q.Text); ok {
			out.start()
			out.end(answer, nil, nil)
			return
		}
	}
	if err := ask.Fits(q.Text, q.Files, h.Memory); err != nil {
		newProblem(http.StatusRequestEntityTooLarge, ask.Failed, "%v here; ask it on the command line of a machine that has it", err).write(w)
		return
	}
	end, err := h.gate.start(r.Context())
	if err != nil {
		return // the client has gone
	}
	defer end()
	out.start()
	answer, file, finished, bad := h.work(r.Context(), q, out.progress)
	if kept && finished {
		h.Cache.Put(q.Text, answer)
	}
	if r.Context().Err() != nil {
		return
	}
	out.end(answer, file, bad)
}

// read takes a question and its files from a request, within the limits.
func (h *handler) read(w http.ResponseWriter, r *http.Request) (q Question, bad *problem) {
	// A client that sends slowly must not hold its place for good.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	body := http.MaxBytesReader(w, r.Body, h.MaxBody)
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/json":
		if q.Text, err = io.ReadAll(body); err == nil {
			return q, nil
		}
	case err == nil && kind == "multipart/form-data":
		if q.Text, q.Files, err = readParts(multipart.NewReader(body, params["boundary"])); err == nil {
			return q, nil
		}
	default:
		return q, newProblem(http.StatusUnsupportedMediaType, ask.Input, "send the question as application/json, or as multipart/form-data with its files")
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return q, newProblem(http.StatusRequestEntityTooLarge, ask.Input, "a question with its files may have %d bytes at most; use the command line for larger ones", h.MaxBody)
	}
	return q, newProblem(http.StatusBadRequest, ask.Input, "the question did not arrive whole: %v", err)
}

// bodyTime is how long a client may take to send its question.
const bodyTime = time.Minute

func readParts(reader *multipart.Reader) (question []byte, files map[string][]byte, err error) {
	files = map[string][]byte{}
	const most = 16 // files of one question
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, err
		}
		switch name := part.FileName(); {
		case part.FormName() == "question":
			question = data
		case name == "":
			return nil, nil, fmt.Errorf("the part %s is neither the question nor a file", quoted(part.FormName()))
		case len(files) == most:
			return nil, nil, fmt.Errorf("more than %d files", most)
		case files[name] != nil:
			return nil, nil, fmt.Errorf("two files are called %s", quoted(name))
		default:
			files[name] = data
		}
	}
	if question == nil {
		return nil, nil, errors.New("there is no part called question")
	}
	return question, files, nil
}

// work answers a question. An answer that is not finished may be better another time.
func (h *handler) work(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, finished bool, bad *problem) {
	ctx, cancel := context.WithTimeout(ctx, h.MaxTime)
	defer cancel()
	defer func() {
		// A bug in one answer must not take the others down; it is told as such.
		if v := recover(); v != nil {
			answer, file, finished, bad = nil, nil, false, newProblem(http.StatusInternalServerError, ask.Failed, "this question hit a bug: %v", v)
			fmt.Fprintf(logTo, "explorer: %s: %v\n%s", q.Text, v, debug.Stack())
		}
	}()
	answer, file, err := h.Ask(ctx, q, progress)
	switch {
	case answer != nil:
		return answer, file, err == nil, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, nil, false, newProblem(http.StatusServiceUnavailable, ask.Interrupted, "the question took longer than the %v that this server gives; ask it on the command line", h.MaxTime)
	case err.Kind == ask.Input:
		return nil, nil, false, &problem{http.StatusBadRequest, err}
	default:
		return nil, nil, false, &problem{http.StatusInternalServerError, err}
	}
}

// accepts reports whether a request asks for this media type by name.
func accepts(r *http.Request, kind string) bool {
	for field := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		if name, _, err := mime.ParseMediaType(field); err == nil && name == kind {
			return true
		}
	}
	return false
}

// answerWriter writes an answer, as it is or as events with progress before it.
type answerWriter struct {
	w      http.ResponseWriter
	events bool
	wanted bool // a file of the answer: beside it in events, in its place otherwise
	mu     sync.Mutex
	last   time.Time
	ended  bool
}

// start begins a stream of events, if that is what was asked for.
func (a *answerWriter) start() {
	if !a.events {
		return
	}
	header := a.w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	a.w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(a.w).Flush()
}

// progress may be called from any goroutine and as often as it likes.
func (a *answerWriter) progress(p ask.Progress) {
	const pause = 100 * time.Millisecond
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.events || a.ended || time.Since(a.last) < pause {
		return
	}
	a.last = time.Now()
	if data, err := json.Marshal(p.Event()); err == nil {
		a.event("progress", data)
	}
}

func (a *answerWriter) event(name string, data []byte) {
	_ = http.NewResponseController(a.w).SetWriteDeadline(time.Now().Add(time.Minute))
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", name)
	for line := range bytes.SplitSeq(bytes.TrimSuffix(data, []byte("\n")), []byte("\n")) {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	b.WriteByte('\n')
	_, _ = a.w.Write(b.Bytes())
	_ = http.NewResponseController(a.w).Flush()
}

func (a *answerWriter) end(answer, file []byte, bad *problem) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	switch {
	case a.events && bad != nil:
		a.event("problem", bad.json())
	case a.events:
		if a.wanted {
			a.event("file", base64.StdEncoding.AppendEncode(nil, file))
		}
		a.event("answer", answer)
	case bad != nil:
		bad.write(a.w)
	default:
		kind := "application/json"
		if a.wanted {
			kind, answer = "application/octet-stream", file
		}
		a.w.Header().Set("Content-Type", kind)
		a.w.Header().Set("Cache-Control", "no-store")
		_, _ = a.w.Write(answer)
	}
}
