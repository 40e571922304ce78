package explorer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// settled is true once the page shows the view of its address, and all questions of that
// view have their answers.
const settled = `document.querySelector(".commands")?.dataset.open === "0" &&
	decodeURIComponent(document.querySelector("nav [aria-current]").hash) === decodeURIComponent(location.hash)`

// Each view can be taken along: its link shows the same in another tab; the command
// lines, which the buttons copy, give the same numbers; and the numbers, pictures and files
// can be saved, each of which is what its name says. They show the numbers of the command line.
func TestTakeAlong(t *testing.T) {
	program := filepath.Join(t.TempDir(), "markovicl")
	built := make(chan error, 1)
	go func() { // while the browser starts
		out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "markovicl/cmd/markovicl").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		built <- err
	}()
	parent := browserOf(t)
	if err := <-built; err != nil {
		t.Fatal(err)
	}
	seen, server := seenIn(t), laboratory()
	saved := t.TempDir()
	tb := newTab(t, parent, server.URL)
	tb.run(t, emulation.SetFocusEmulationEnabled(true), browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(saved),
		browser.SetPermission(&browser.PermissionDescriptor{Name: "clipboard-read"}, browser.PermissionSettingGranted).WithOrigin(server.URL),
		browser.SetPermission(&browser.PermissionDescriptor{Name: "clipboard-write"}, browser.PermissionSettingGranted).WithOrigin(server.URL))
	for _, view := range []struct {
		hash     string
		drop     string // what a file holds that is dropped there
		commands int
		more     []string // files beyond those that every view has
		shows    []string // beside what seenIn says of it
	}{
		{"#/good?d=3&n=20", "", 5, []string{"certificate.npz", "losses.svg", "loss-by-n.csv"}, nil},
		{"#/landscape?d=1&n=5", "", 1, []string{"landscape.csv", "minima.csv"}, nil},
		{"#/landscape?at=0.1,1,-0.2", "", 2, []string{"landscape.png", "A.csv"}, seen["#/landscape?d=2"]},
		{"#/landscape?turn=0.40,-0.50", "", 1, []string{"landscape.csv"}, seen["#/landscape?d=2"]},
		{"#/prompt?d=3&n=5", "", 1, []string{"gram.csv", "counts.csv", "predictions.csv"}, nil},
		{"#/prompt?n=5&index=2", "", 1, []string{"gram.csv", "counts.csv", "predictions.csv"}, nil},
		{"#/layers?d=1&layers=2", "", 1, []string{"objectives.csv"}, seen["#/layers?d=2"]},
		{"#/layers?d=1&layers=2&train=true", "", 2, []string{"params.safetensors", "w.svg"}, []string{"Trained here"}},
		{"#/attention?d=1&n=8&train=true", "", 2, []string{"params.safetensors", "contrast.csv"}, []string{"similarity of chains"}},
		{"#/data?d=1&n=3&evaluate=true", weather, 3, []string{"next.csv", "matrix.csv", "scores.csv"}, []string{"Transitions in the whole file", "Which predictor to trust"}},
	} {
		t.Run(view.hash, func(t *testing.T) {
			folder := t.TempDir() // where commands are run
			file := filepath.Join(folder, "weather.txt")
			if err := os.WriteFile(file, []byte(view.drop), 0o644); err != nil {
				t.Fatal(err)
			}
			visit := func(anew bool, address string) (text string) {
				before := trainings.Load()
				tb.show(t, address, anew)
				tb.sees(t, seen[view.hash]...)
				if view.drop != "" {
					tb.run(t, chromedp.SetUploadFiles("#c-file", []string{file}))
				}
				tb.sees(t, view.shows...)
				tb.until(t, settled)
				tb.run(t, chromedp.Evaluate(`document.querySelector(".split").innerText`, &text))
				if n, want := trainings.Load()-before, int64(strings.Count(view.hash, "train=true")); n != want {
					t.Errorf("%s: %d models are trained, want %d", address, n, want)
				}
				return text
			}
			shown := visit(false, server.URL+"/"+view.hash)

			var names []string
			tb.run(t, chromedp.Evaluate(`[...document.querySelectorAll("[data-save]")].map((b) => b.dataset.save)`, &names))
			kinds := map[string]int{}
			for _, name := range names {
				kinds[filepath.Ext(name)]++
				if n := len(entries(t, saved)); n != 0 {
					t.Fatalf("%d files before %s", n, name)
				}
				data := tb.download(t, name, saved)
				if err := sound(name, data); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if strings.HasSuffix(name, ".json") {
					sameNumbers(t, tb, program, folder, data, view.commands)
				}
			}
			if kinds[".csv"] == 0 || kinds[".json"] != 1 || kinds[".svg"] == 0 || kinds[".svg"] != kinds[".png"] {
				t.Errorf("the files that can be saved are %q", names)
			}
			for _, name := range view.more {
				if !slices.Contains(names, name) {
					t.Errorf("%s cannot be saved; there are %q", name, names)
				}
			}

			link := tb.copied(t, `copy the link to this view`)
			if !strings.HasPrefix(link, server.URL+"/#/") {
				t.Errorf("the link is %q", link)
			}
			if again := visit(true, link); again != shown {
				t.Errorf("the link %s shows\n%s\nwant\n%s", link, again, shown)
			}
			tb.clean(t)
		})
	}
}

// download clicks a button and returns the file that it saves.
func (tb *tab) download(t *testing.T, name, folder string) []byte {
	t.Helper()
	tb.run(t, chromedp.Evaluate(fmt.Sprintf(`document.querySelector('[data-save=%q]').click()`, name), nil))
	path := filepath.Join(folder, name)
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		// It has its name once it is whole, and there is nothing else then.
		if data, err := os.ReadFile(path); err == nil && len(data) > 0 && len(entries(t, folder)) == 1 {
			os.Remove(path)
			return data
		}
	}
	t.Fatalf("%s was not saved; there are %q", name, entries(t, folder))
	return nil
}

// copied clicks the button with this text and returns what is in the clipboard then.
func (tb *tab) copied(t *testing.T, label string) (text string) {
	t.Helper()
	const poison = `navigator.clipboard.writeText("nothing")`
	click := fmt.Sprintf(`(async () => { await %s; [...document.querySelectorAll(".copy")].find((b) => (b.ariaLabel ?? b.innerText) === %q).click();
		for (;;) { const text = await navigator.clipboard.readText(); if (text !== "nothing") return text; await new Promise(requestAnimationFrame); } })()`, poison, label)
	tb.run(t, chromedp.Evaluate(click, &text, awaited))
	return text
}

// sound says what is wrong with a saved file.
func sound(name string, data []byte) error {
	switch filepath.Ext(name) {
	case ".csv":
		rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil || len(rows) < 2 {
			return fmt.Errorf("%d rows, %v", len(rows), err)
		}
		numbers := 0
		for _, row := range rows[1:] {
			for i, cell := range row {
				if x, err := strconv.ParseFloat(cell, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
					numbers++
				} else if strings.Contains(cell, "undefined") || strings.Contains(cell, "NaN") || strings.Contains(cell, "object") {
					return fmt.Errorf("%s: %q", rows[0][i], cell)
				}
			}
		}
		if numbers == 0 {
			return fmt.Errorf("no number in %q", data)
		}
	case ".json":
		if !json.Valid(data) {
			return fmt.Errorf("%.100q", data)
		}
	case ".svg":
		for d := xml.NewDecoder(bytes.NewReader(data)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
		if !bytes.HasPrefix(data, []byte("<svg")) || bytes.Contains(data, []byte("NaN")) || bytes.Contains(data, []byte("undefined")) {
			return fmt.Errorf("%.200q", data)
		}
	case ".png":
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			return err
		}
		colours := map[[3]uint32]bool{}
		for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y += 3 {
			for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x += 3 {
				r, g, b, _ := picture.At(x, y).RGBA()
				colours[[3]uint32{r, g, b}] = true
			}
		}
		if len(colours) < 3 {
			return fmt.Errorf("%v with %d colours", picture.Bounds(), len(colours))
		}
	case ".npz":
		if !bytes.HasPrefix(data, []byte("PK")) {
			return fmt.Errorf("%.20q", data)
		}
	case ".safetensors":
		if len(data) < 8 || !bytes.HasPrefix(data[8:], []byte("{")) {
			return fmt.Errorf("%.20q", data)
		}
	default:
		return fmt.Errorf("what is this?")
	}
	return nil
}

// sameNumbers holds the answers that a view saved against those of its command lines,
// which stand on the page and can be copied.
func sameNumbers(t *testing.T, tb *tab, program, folder string, data []byte, want int) {
	t.Helper()
	var saved struct {
		Answers []struct {
			Command string
			Answer  any
		}
	}
	if err := json.Unmarshal(data, &saved); err != nil {
		t.Fatal(err)
	}
	var lines []string
	tb.run(t, chromedp.Evaluate(`[...document.querySelectorAll(".commands code")].map((c) => c.innerText)`, &lines))
	if len(saved.Answers) != want || len(lines) != want {
		t.Fatalf("%d answers and the lines %q, want %d", len(saved.Answers), lines, want)
	}
	for i, a := range saved.Answers {
		if copied := tb.copied(t, "Copy: "+a.Command); copied != a.Command || lines[i] != a.Command {
			t.Errorf("the line %q, the saved %q, the copied %q", lines[i], a.Command, copied)
		}
		words := strings.Fields(a.Command) // no word of these has blanks
		if words[0] != "markovicl" {
			t.Errorf("the command %q", a.Command)
			continue
		}
		command := exec.Command(program, append(words[1:], "--json", "--quiet")...)
		command.Dir = folder
		out, err := command.Output()
		var answer any
		if err != nil || json.Unmarshal(out, &answer) != nil {
			t.Errorf("%s: %v, %.300s", a.Command, err, out)
			continue
		}
		if where := differs(a.Answer, answer, 1e-9); where != "" {
			t.Errorf("%s: the page and the program differ at %s", a.Command, where)
		}
	}
}

// differs returns where two answers differ by more than the relative tolerance, "" if
// nowhere. Names of files may differ; and where a minimum lies is known to the square root of
// how low it is.
func differs(a, b any, tolerance float64) string {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok {
			return "an object"
		}
		names := map[string]bool{}
		for name := range a {
			names[name] = true
		}
		for name := range b {
			names[name] = true
		}
		for name := range names {
			if name == "files" || name == "params" || name == "certificate" {
				continue
			}
			near := tolerance
			if name == "A" || name == "b" {
				near = math.Sqrt(tolerance)
			}
			if where := differs(a[name], b[name], near); where != "" {
				return name + "." + where
			}
		}
		return ""
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return "a list"
		}
		for i := range a {
			if where := differs(a[i], b[i], tolerance); where != "" {
				return fmt.Sprintf("%d.%s", i, where)
			}
		}
		return ""
	case float64:
		if b, ok := b.(float64); ok && math.Abs(a-b) <= tolerance*max(1, math.Abs(a)) {
			return ""
		}
	default:
		if a == b {
			return ""
		}
	}
	return fmt.Sprintf("%v, %v", a, b)
}
