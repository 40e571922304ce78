package explorer

import (
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// whole lets axe-core apply all its rules in every look.
var whole = flag.Bool("whole", false, "all rules of axe-core in every look of the page")

// look is how the page is looked at, and the rules of axe-core, as options of it, that may
// find something there which they do not find in the light look on a wide screen.
type look struct {
	name, scheme string
	width        int64
	rules        string
}

var looks = []look{
	{"light", "light", 1280, ""},
	{"dark", "dark", 1280, `runOnly: ["color-contrast", "color-contrast-enhanced", "link-in-text-block"],`}, // other colours
	{"phone", "light", 360, `rules: {"color-contrast": {enabled: false}},`},                                 // another layout
}

// Dark, narrow, and for all kinds of users: no serious finding of axe-core, and
// nothing wider than the window. With -whole all its rules are applied to all of that.
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	tb := newTab(t, browserOf(t), laboratory().URL)
	appear := func(l look) {
		tb.run(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}),
			chromedp.EmulateViewport(l.width, 900))
	}
	looks := slices.Clone(looks)
	for i, view := range [][2]string{
		{"good?d=2", "Why"}, {"landscape?d=2", "Local minima"}, {"prompt?d=2&n=5", "Transitions seen"}, {"layers?d=2", "Objectives"},
		{"attention", "No model"}, {"data", "Nothing is loaded"}, {"landscape?at=0.1,1,-0.2&turn=0.40,-0.50", "The chosen point"},
		{"attention?train=true&d=1&n=8", "contrast"}, {"data?file=sample.txt&evaluate=true&d=1&n=3&classes=vowel=aeiou,other=*", "Which predictor to trust"},
	} {
		hash, ready := view[0], view[1]
		appear(looks[0]) // in which the view is drawn; it takes on the others while it is looked at
		tb.run(t, chromedp.Navigate(tb.base+"/#/"+hash))
		tb.sees(t, ready)
		if i == 0 { // later views are in the same page
			tb.run(t, chromedp.Evaluate(string(axe)+"; 0", nil))
			if !*whole { // of which nothing is said below: each finding has the impact of its rule
				tb.run(t, chromedp.Evaluate(`axe._audit.rules.forEach((r) => { if (r.impact === "minor" || r.impact === "moderate") r.enabled = false; })`, nil))
			}
		}
		for k, l := range looks {
			rules := l.rules
			if *whole {
				rules = ""
			}
			if k > 0 {
				appear(l)
			}
			var over float64
			var findings []string
			tb.run(t, chromedp.Evaluate(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`, nil, awaited), // is drawn
				chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &over),
				chromedp.Evaluate(`axe.run(document, {`+rules+` resultTypes: ["violations"]}).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => v.id + ": " + v.nodes.map((n) => n.target + " " + (n.any[0]?.message ?? "")).slice(0, 3).join("; ")))`,
					&findings, awaited))
			if len(findings) > 0 {
				t.Errorf("%s, %s: %q", l.name, hash, findings)
			}
			if over > 0 {
				t.Errorf("%s, %s: the page is %v pixels wider than the window", l.name, hash, over)
			}
		}
		looks = append(looks[1:], looks[0])
		if i == 0 { // the six words are the same above every view; they are folded above the later ones
			tb.run(t, chromedp.Click(".intro summary"))
			tb.until(t, `!document.querySelector(".intro").open`)
		}
	}
	tb.clean(t)
}
