package explorer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// chromium is the one browser of all tests here, each of which has tabs of its own.
var chromium struct {
	sync.Once
	context.Context
	trouble string
	found   bool
}

// afterwards is what happens after all tests, the last first.
var afterwards struct {
	sync.Mutex
	todo []func()
}

func atEnd(todo ...func()) {
	afterwards.Lock()
	defer afterwards.Unlock()
	afterwards.todo = append(afterwards.todo, todo...)
}

// TestMain ends the browser after the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	for _, end := range slices.Backward(afterwards.todo) {
		end()
	}
	os.Exit(code)
}

// browserOf starts Chromium for the first test that wants it, or says that there is none.
func browserOf(t *testing.T) context.Context {
	t.Helper()
	chromium.Do(startBrowser)
	if !chromium.found {
		t.Skip("no Chromium on the PATH: the page was not tried in a browser (Debian: apt-get install chromium)")
	}
	if chromium.trouble != "" {
		t.Fatal(chromium.trouble)
	}
	return chromium.Context
}

func startBrowser() {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if chromium.found = path != ""; !chromium.found {
		return
	}
	profile, err := os.MkdirTemp("", "markovicl-browser-")
	if err != nil {
		chromium.trouble = err.Error()
		return
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.UserDataDir(profile))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	chromium.Context, _ = chromedp.NewContext(allocator) // Cancel ends it
	atEnd(func() { os.RemoveAll(profile) }, endAllocator, func() { _ = chromedp.Cancel(chromium.Context) })
	if err := chromedp.Run(chromium.Context); err != nil {
		chromium.trouble = fmt.Sprintf("Chromium was found at %s and does not start: %v", path, err)
	}
}
