package explorer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"markovicl/ask"
	"markovicl/explorer/build/bundle"
)

// The embedded page is what its sources build.
func TestBuilt(t *testing.T) {
	files, err := bundle.Page("page")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		kept, err := os.ReadFile(filepath.Join("dist", name))
		if err != nil || string(kept) != string(data) {
			t.Errorf("dist/%s is not what the sources build; run go generate ./explorer (%v)", name, err)
		}
	}
}

// site is the page as static files, built once for all tests, and compressed in haste.
var site = sync.OnceValues(func() (http.Handler, error) {
	folder, err := os.MkdirTemp("", "markovicl-site-")
	if err != nil {
		return nil, err
	}
	atEnd(func() { os.RemoveAll(folder) })
	return policed(http.FileServer(http.Dir(folder))), writeSite(context.Background(), folder, false, gzip.BestSpeed)
})

// staticFiles serves the page as static files.
func staticFiles(t *testing.T) http.Handler {
	t.Helper()
	files, err := site()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// laboratory is one server for the tests that need no other: a question that several
// of them ask is answered once.
var laboratory = sync.OnceValue(func() *httptest.Server {
	count := func(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		if bytes.Contains(q.Text, []byte(`"command":"train"`)) {
			trainings.Add(1)
		}
		return Ask(ctx, q, progress)
	}
	server := httptest.NewServer(NewHandler(Options{Cache: NewMemory(DefaultMemory), Ask: count}))
	atEnd(server.Close) // after the tabs, which may still ask
	return server
})

// trainings counts the models that the laboratory was asked to train.
var trainings atomic.Int64

// policed sends the policy of the handler with static files, as a publisher may.
func policed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", ContentSecurityPolicy)
		h.ServeHTTP(w, r)
	})
}

// tab is a tab that remembers what went wrong in it.
type tab struct {
	context.Context
	base    string
	mu      sync.Mutex
	wrong   []string // console errors, exceptions
	foreign []string // requests to elsewhere
}

// newTab opens a tab in front of the others: one behind draws a frame a second, and a
// mouse that moves there waits for it.
func newTab(t *testing.T, parent context.Context, base string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 20*time.Minute) // of a machine that has other things to do
	t.Cleanup(cancel)
	tb := &tab{Context: ctx, base: base}
	chromedp.ListenTarget(ctx, func(event any) {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			tb.wrong = append(tb.wrong, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				for _, a := range e.Args {
					tb.wrong = append(tb.wrong, string(a.Value)+a.Description)
				}
			}
		case *network.EventRequestWillBeSent:
			url := e.Request.URL
			if !strings.HasPrefix(url, base) && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") {
				tb.foreign = append(tb.foreign, url)
			}
		case *network.EventResponseReceived:
			if e.Response.Status >= 400 {
				tb.wrong = append(tb.wrong, fmt.Sprintf("%d for %s", e.Response.Status, e.Response.URL))
			}
		}
	})
	tb.run(t, page.BringToFront(), network.Enable())
	return tb
}

// show goes to an address of the page, in which the tab may be already; anew loads the
// page again.
func (tb *tab) show(t *testing.T, address string, anew bool) {
	t.Helper()
	if !anew {
		tb.run(t, chromedp.Navigate(address))
		return
	}
	tb.run(t, chromedp.Evaluate(fmt.Sprintf(`history.replaceState(null, "", %q)`, address), nil), chromedp.Reload())
}

func (tb *tab) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(tb, actions...); err != nil {
		var text string
		_ = chromedp.Run(tb, chromedp.Evaluate(`document.body.innerText.slice(0, 2000)`, &text))
		t.Fatalf("%v; wrong: %q; the page says:\n%s", err, tb.wrong, text)
	}
}

// sees waits until the main part of the page contains each of the texts.
func (tb *tab) sees(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		tb.until(t, fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, text))
	}
}

// until waits until an expression is true in the page.
func (tb *tab) until(t *testing.T, js string) {
	t.Helper()
	// The page looks itself, for some seconds at a time: being asked each time costs more.
	look := fmt.Sprintf(`new Promise((done) => {
		const end = performance.now() + 5000;
		const look = () => {
			let seen = false;
			try { seen = Boolean(%s); } catch { } // of a page that is not there yet
			if (seen || performance.now() > end) done(seen);
			else setTimeout(look, 20);
		};
		look(); })`, js)
	seen := false
	for end := time.Now().Add(5 * time.Minute); !seen && time.Now().Before(end) && tb.Err() == nil; {
		// A page that is being loaded may fail to answer.
		if err := chromedp.Run(tb, chromedp.Evaluate(look, &seen, awaited)); err != nil {
			time.Sleep(30 * time.Millisecond)
		}
	}
	if !seen {
		var got string
		var requests []string
		_ = chromedp.Run(tb, chromedp.Evaluate(`document.querySelector("main").innerText`, &got),
			chromedp.Evaluate(`performance.getEntriesByType("resource").map((r) => r.name + " " + r.responseStatus + " " + Math.round(r.startTime) + " to " + Math.round(r.responseEnd))`, &requests))
		t.Fatalf("never true: %s; wrong: %q; requests: %q; the page says:\n%s", js, tb.wrong, requests, got)
	}
}

// awaited is for expressions that are promises.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// clean fails the test if anything went wrong in the tab, or left it.
func (tb *tab) clean(t *testing.T) {
	t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if len(tb.wrong) > 0 {
		t.Errorf("in the page: %q", tb.wrong)
	}
	if len(tb.foreign) > 0 {
		t.Errorf("requests to elsewhere: %q", tb.foreign)
	}
}

// knownAnswers are numbers of the command line that the views show, asked for once.
var knownAnswers = sync.OnceValues(func() (k struct {
	best, enlarged, floor, oracle, minimum float64
}, err error) {
	var best struct {
		Loss         float64 `json:"loss"`
		LossEnlarged float64 `json:"loss_enlarged"`
	}
	var floor struct {
		Floor float64 `json:"floor"`
	}
	var prompt struct {
		Oracle []float64 `json:"oracle"`
	}
	var valley struct {
		Minima []struct {
			Loss float64 `json:"loss"`
		} `json:"minima"`
	}
	for question, into := range map[string]any{
		`{"command":"recover","d":3,"n":20}`:                             &best,
		`{"command":"optimum","d":3,"n":20,"floor":true,"contexts":500}`: &floor,
		`{"command":"prompt","d":3,"n":5}`:                               &prompt,
		`{"command":"landscape","d":2,"n":10}`:                           &valley,
	} {
		data, bad := ask.Exchange(context.Background(), []byte(question), nil, "", nil)
		if bad != nil {
			return k, bad
		}
		if err := json.Unmarshal(data, into); err != nil {
			return k, err
		}
	}
	k.best, k.enlarged, k.floor, k.oracle, k.minimum = best.Loss, best.LossEnlarged, floor.Floor, prompt.Oracle[0], valley.Minima[0].Loss
	return k, nil
})

// seenIn returns what views show, by their addresses.
func seenIn(t *testing.T) map[string][]string {
	t.Helper()
	k, err := knownAnswers()
	if err != nil {
		t.Fatal(err)
	}
	six := func(x float64) string { return fmt.Sprintf("%#.6g", x) }
	return map[string][]string{
		"#/good?d=3&n=20":              {"How good can it be?", six(k.enlarged), six(k.best), six(k.floor), "proven best", "markovicl recover --d 3 --n 20", "Not realisable"},
		"#/landscape?d=2":              {fmt.Sprintf("%.9g", k.minimum)},
		"#/landscape?d=1&n=5":          {"0.364611217", "enlarged optimum"},
		"#/landscape?at=0.1,1,-0.2":    {"The chosen point", "Descending from there"},
		"#/prompt?d=3&n=5":             {"Transitions seen", "bayes", fmt.Sprintf("%.3g", k.oracle)},
		"#/layers?d=2":                 {"Objectives, means over prompts"},
		"#/attention?d=1&n=4":          {"No model is loaded yet"},
		"#/data?d=1&n=3&evaluate=true": {"Nothing is loaded yet"},
	}
}

// weather is a file to be dropped.
const weather = "srrsrrssrrrssrsrrssrrrssrsrrssrsrrssrrrssrsr\n"

// Every view of the page as static files shows the numbers of the command line, asks nobody
// else, and nothing goes wrong in it. TestTakeAlong shows the same of the page with a server.
func TestViews(t *testing.T) {
	go site() // while the browser starts
	parent := browserOf(t)
	seen := seenIn(t)
	sample := filepath.Join(t.TempDir(), "weather.txt")
	if err := os.WriteFile(sample, []byte(weather), 0o644); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(staticFiles(t))
	t.Cleanup(server.Close) // after the tabs, which may still ask
	tb := newTab(t, parent, server.URL)
	view := func(hash string) {
		t.Helper()
		tb.run(t, chromedp.Navigate(server.URL+"/"+hash))
		tb.sees(t, seen[hash]...)
	}
	view("#/good?d=3&n=20")
	view("#/landscape?d=2")
	view("#/landscape?d=1&n=5")
	view("#/landscape?at=0.1,1,-0.2")
	view("#/prompt?d=3&n=5")
	view("#/layers?d=2")
	tb.run(t, chromedp.Click(`//button[contains(., "Train one here")]`))
	tb.sees(t, "Trained here")
	view("#/attention?d=1&n=4")
	tb.run(t, chromedp.Click(`//button[contains(., "Train a small model")]`))
	tb.sees(t, "similarity of chains", "contrast")
	view("#/data?d=1&n=3&evaluate=true")
	tb.run(t, chromedp.SetUploadFiles("#c-file", []string{sample}))
	tb.sees(t, "Transitions in the whole file", "Which predictor to trust", "markovicl predict")
	var memory float64
	tb.run(t, chromedp.Evaluate(`Number(document.documentElement.dataset.memory)`, &memory))
	if memory == 0 || memory > 300e6 {
		t.Errorf("the laboratory in the page occupies %v bytes, want less than 300 MB", memory)
	}
	tb.clean(t)
}

// The address holds the state: a slider changes it, and the same address shows the
// same.
func TestPermalink(t *testing.T) {
	server := laboratory()
	tb := newTab(t, browserOf(t), server.URL)
	var value string
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=1&n=5"))
	tb.sees(t, "0.364583")
	tb.run(t, chromedp.SetValue("#c-d", "1"), chromedp.Evaluate(`document.querySelector("#c-d").dispatchEvent(new Event("input", {bubbles: true}))`, nil))
	tb.until(t, `location.hash === "#/good?n=5"`) // d = 2 is the default
	tb.sees(t, "0.252492"[:6])
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=4&n=7&prior=beta:2,5&bias=true"), chromedp.Reload(),
		chromedp.WaitVisible("#c-n"), chromedp.Evaluate(`document.querySelector("#c-n").getAttribute("aria-valuetext") + document.querySelector("#c-bias").checked + document.querySelector("#c-a").getAttribute("aria-valuetext")`, &value))
	if value != "7true2" {
		t.Errorf("the controls of a permanent link say %q", value)
	}
	tb.clean(t)
}

// The page is there before the laboratory is, and its controls work meanwhile; they work
// while a question is worked on, and a question that is no longer wanted is dropped.
func TestNeverBlocked(t *testing.T) {
	arrive := make(chan struct{})
	files := staticFiles(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, wasmFile) {
			select {
			case <-arrive:
			case <-r.Context().Done():
			}
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close) // after the tabs, which may still ask
	tb := newTab(t, browserOf(t), server.URL)
	slide := func(at int) chromedp.Action {
		return chromedp.Evaluate(fmt.Sprintf(`{ const s = document.querySelector("#c-d"); s.value = %d; s.dispatchEvent(new Event("input", {bubbles: true})); }`, at), nil)
	}
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=1&n=5"))
	tb.sees(t, "How good can it be?", "The laboratory is being loaded", "Six words")
	tb.run(t, slide(3))
	tb.until(t, `location.hash === "#/good?d=4&n=5" && document.querySelector("#c-d").value === "3"`)
	close(arrive)
	tb.run(t, slide(5))
	tb.until(t, `document.querySelector(".status .working") !== null`)
	for d := 5; d >= 0; d-- { // across values whose answers take long
		tb.run(t, slide(d))
	}
	tb.sees(t, "0.364583") // d = 1
	tb.until(t, settled)
	tb.run(t, chromedp.Evaluate(`if (document.querySelector(".headline").innerText.includes("0.364583") !== true) throw new Error("another answer came")`, nil))
	tb.clean(t)
}

// Who leaves a view cancels its questions, and the page goes on. Meanwhile numbers of
// another task do not stand as if they were of this one.
func TestCancel(t *testing.T) {
	cancelled := make(chan struct{}, 100)
	server := httptest.NewServer(NewHandler(Options{Ask: func(ctx context.Context, q Question, progress func(ask.Progress)) (answer, file []byte, _ *ask.Error) {
		text := string(q.Text)
		if strings.Contains(text, `"d":5`) && (strings.Contains(text, "recover") || strings.Contains(text, "1,2,")) {
			progress(ask.Progress{Stage: "a long search"})
			<-ctx.Done()
			cancelled <- struct{}{}
			return nil, nil, &ask.Error{Kind: ask.Interrupted, Message: "cancelled"}
		}
		return Ask(ctx, q, progress)
	}}))
	t.Cleanup(server.Close) // after the tabs, which may still ask
	tb := newTab(t, browserOf(t), server.URL)
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=1&n=4"))
	tb.until(t, settled)
	const best = `document.querySelector("figure").textContent.includes("best transformer")`
	const curve = `document.querySelector("[data-save='loss-by-n.csv']") !== null`
	tb.until(t, best+" && "+curve)
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=5"))
	tb.sees(t, "a long search")
	tb.until(t, `document.querySelector(".commands").dataset.open !== "0"`)
	tb.until(t, `!(`+best+`) && !(`+curve+`)`)
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=1&n=5"))
	select {
	case <-cancelled:
	case <-time.After(5 * time.Minute):
		t.Error("the question was not cancelled")
	}
	tb.sees(t, "0.364583")
	tb.clean(t)
}
