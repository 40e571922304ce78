package explorer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
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

// site is the page as static files, built once for all tests.
var site = sync.OnceValues(func() (http.Handler, error) {
	folder, err := os.MkdirTemp("", "markovicl-site-")
	if err != nil {
		return nil, err
	}
	chromium.end = append(chromium.end, func() { os.RemoveAll(folder) })
	return policed(http.FileServer(http.Dir(folder))), WriteSite(context.Background(), folder, false)
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

// modes serves the page with its server and as static files.
func modes(t *testing.T) map[string]*httptest.Server {
	t.Helper()
	servers := map[string]*httptest.Server{
		"server": httptest.NewServer(NewHandler(Options{Cache: NewMemory(DefaultMemory)})),
		"static": httptest.NewServer(staticFiles(t)),
	}
	for _, s := range servers {
		t.Cleanup(s.Close)
	}
	return servers
}

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
	seen := false
	// A page that is being loaded may fail to answer.
	for end := time.Now().Add(5 * time.Minute); !seen && time.Now().Before(end) && tb.Err() == nil; time.Sleep(50 * time.Millisecond) {
		_ = chromedp.Run(tb, chromedp.Evaluate(js, &seen))
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

func answerTo(t *testing.T, question string, into any) {
	t.Helper()
	data, bad := ask.Exchange(t.Context(), []byte(question), nil, "", nil)
	if bad != nil {
		t.Fatal(bad)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// Every view in both modes shows the numbers of the command line, asks nobody else,
// and nothing goes wrong in it.
func TestViews(t *testing.T) {
	parent := browserOf(t)
	var best struct {
		Loss         float64 `json:"loss"`
		LossEnlarged float64 `json:"loss_enlarged"`
	}
	answerTo(t, `{"command":"recover","d":3,"n":20}`, &best)
	var floor struct {
		Floor float64 `json:"floor"`
	}
	answerTo(t, `{"command":"optimum","d":3,"n":20,"floor":true,"contexts":500}`, &floor)
	var prompt struct {
		Oracle []float64 `json:"oracle"`
	}
	answerTo(t, `{"command":"prompt","d":3,"n":5}`, &prompt)
	var valley struct {
		Minima []struct {
			Loss float64 `json:"loss"`
		} `json:"minima"`
	}
	answerTo(t, `{"command":"landscape","d":2,"n":10}`, &valley)
	sample := filepath.Join(t.TempDir(), "weather.txt")
	if err := os.WriteFile(sample, []byte("srrsrrssrrrssrsrrssrrrssrsrrssrsrrssrrrssrsr\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	six := func(x float64) string { return fmt.Sprintf("%#.6g", x) }
	for mode, server := range modes(t) {
		t.Run(mode, func(t *testing.T) {
			tb := newTab(t, parent, server.URL)
			open := func(hash string) chromedp.Action { return chromedp.Navigate(server.URL + "/" + hash) }
			tb.run(t, open("#/good?d=3&n=20"))
			tb.sees(t, "How good can it be?", six(best.LossEnlarged), six(best.Loss), six(floor.Floor), "proven best", "markovicl recover --d 3 --n 20", "Not realisable")
			tb.run(t, open("#/landscape?d=2"))
			tb.sees(t, fmt.Sprintf("%.9g", valley.Minima[0].Loss))
			tb.run(t, open("#/landscape?d=1&n=5"))
			tb.sees(t, "0.364611217", "enlarged optimum")
			tb.run(t, open("#/landscape?d=2&at=0.1,1,-0.2"))
			tb.sees(t, "The chosen point", "Descending from there")
			tb.run(t, open("#/prompt?d=3&n=5"))
			tb.sees(t, "Transitions seen", "bayes", fmt.Sprintf("%.3g", prompt.Oracle[0]))
			tb.run(t, open("#/layers?d=2"))
			tb.sees(t, "Objectives, means over prompts")
			tb.run(t, chromedp.Click(`//button[contains(., "Train one here")]`))
			tb.sees(t, "Trained here")
			tb.run(t, open("#/attention?d=1&n=8"))
			tb.sees(t, "No model is loaded yet")
			tb.run(t, chromedp.Click(`//button[contains(., "Train a small model")]`))
			tb.sees(t, "similarity of chains", "contrast")
			tb.run(t, open("#/data?d=1&n=3&evaluate=true"))
			tb.sees(t, "Nothing is loaded yet")
			tb.run(t, chromedp.SetUploadFiles("#c-file", []string{sample}))
			tb.sees(t, "Transitions in the whole file", "Which predictor to trust", "markovicl predict")
			if mode == "static" {
				var memory float64
				tb.run(t, chromedp.Evaluate(`Number(document.documentElement.dataset.memory)`, &memory))
				if memory == 0 || memory > 300e6 {
					t.Errorf("the laboratory in the page occupies %v bytes, want less than 300 MB", memory)
				}
			}
			tb.clean(t)
		})
	}
}

// The address holds the state: a slider changes it, and the same address shows the
// same.
func TestPermalink(t *testing.T) {
	server := httptest.NewServer(NewHandler(Options{}))
	t.Cleanup(server.Close) // after the tabs, which may still ask
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

// Who leaves a view cancels its questions, and the page goes on.
func TestCancel(t *testing.T) {
	cancelled := make(chan struct{}, 100)
	server := httptest.NewServer(NewHandler(Options{Ask: func(ctx context.Context, q Question, progress func(ask.Progress)) ([]byte, *ask.Error) {
		if strings.Contains(string(q.Text), `"d":5`) && strings.Contains(string(q.Text), "recover") {
			progress(ask.Progress{Stage: "a long search"})
			<-ctx.Done()
			cancelled <- struct{}{}
			return nil, &ask.Error{Kind: ask.Interrupted, Message: "cancelled"}
		}
		return Ask(ctx, q, progress)
	}}))
	t.Cleanup(server.Close) // after the tabs, which may still ask
	tb := newTab(t, browserOf(t), server.URL)
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=5"))
	tb.sees(t, "a long search")
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=1&n=5"))
	select {
	case <-cancelled:
	case <-time.After(5 * time.Minute):
		t.Error("the question was not cancelled")
	}
	tb.sees(t, "0.364583")
	tb.clean(t)
}

// Dark, narrow, and for all kinds of users: no serious finding of axe-core, and
// nothing wider than the window.
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(NewHandler(Options{Cache: NewMemory(DefaultMemory)}))
	t.Cleanup(server.Close) // after the tabs, which may still ask
	tb := newTab(t, browserOf(t), server.URL)
	type look struct {
		name, scheme string
		width        int64
	}
	looks := []look{{"light", "light", 1280}, {"dark", "dark", 1280}, {"phone", "light", 360}}
	appear := func(l look) {
		tb.run(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}),
			chromedp.EmulateViewport(l.width, 900))
	}
	for _, view := range [][2]string{
		{"good?d=2", "Why"}, {"landscape?d=2", "Local minima"}, {"prompt?d=2&n=5", "Transitions seen"}, {"layers?d=2", "Objectives"},
		{"attention", "No model"}, {"data", "Nothing is loaded"}, {"landscape?at=0.1,1,-0.2&turn=0.40,-0.50", "The chosen point"},
		{"attention?train=true&d=1&n=8", "contrast"}, {"data?file=sample.txt&evaluate=true&d=1&n=3&classes=vowel=aeiou,other=*", "Which predictor to trust"},
	} {
		hash, ready := view[0], view[1]
		appear(looks[0]) // in which the page is loaded; it takes on the others while it is looked at
		looks = append(looks[1:], looks[0])
		tb.run(t, chromedp.Navigate("about:blank"), chromedp.Navigate(server.URL+"/#/"+hash))
		tb.sees(t, ready)
		tb.run(t, chromedp.Evaluate(string(axe)+"; 0", nil))
		for _, l := range looks {
			var over float64
			var findings []string
			appear(l)
			tb.run(t, chromedp.Evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`, nil, awaited), // is drawn
				chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &over),
				chromedp.Evaluate(`axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.map((n) => n.target + " " + (n.any[0]?.message ?? "")).slice(0, 3).join("; ")))`,
					&findings, awaited))
			if len(findings) > 0 {
				t.Errorf("%s, %s: %q", l.name, hash, findings)
			}
			if over > 0 {
				t.Errorf("%s, %s: the page is %v pixels wider than the window", l.name, hash, over)
			}
		}
	}
	tb.clean(t)
}
