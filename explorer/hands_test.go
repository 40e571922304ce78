package explorer

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The landscape by hand: a click on the map chooses a point, whose A and descent are
// shown; a drag turns the ball and chooses nothing; the arrow keys turn it as well.
func TestLandscapeByHand(t *testing.T) {
	server := laboratory()
	tb := newTab(t, browserOf(t), server.URL)
	const picture = ".painted svg"
	// pointer presses at one place of the picture, in shares of its size, and releases at
	// another.
	pointer := func(x0, y0, x1, y1 float64) chromedp.Action {
		return chromedp.ActionFunc(func(ctx context.Context) error {
			var box struct{ X, Y, Width, Height float64 }
			js := fmt.Sprintf(`{ const e = document.querySelector(%q); e.scrollIntoView({block: "center"}); const {x, y, width, height} = e.getBoundingClientRect(); ({x, y, width, height}) }`, picture)
			if err := chromedp.Evaluate(js, &box).Do(ctx); err != nil {
				return err
			}
			for _, e := range []struct {
				kind input.MouseType
				x, y float64
			}{{input.MouseMoved, x0, y0}, {input.MousePressed, x0, y0}, {input.MouseMoved, (x0 + x1) / 2, (y0 + y1) / 2}, {input.MouseMoved, x1, y1}, {input.MouseReleased, x1, y1}} {
				event := input.DispatchMouseEvent(e.kind, box.X+e.x*box.Width, box.Y+e.y*box.Height).WithButton(input.Left).WithClickCount(1)
				if err := event.Do(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	tb.run(t, chromedp.Navigate(server.URL+"/#/landscape?d=2&n=10"))
	tb.until(t, settled)
	// The middle of the map is b = (0, 0, 1).
	tb.run(t, pointer(0.5, 0.5, 0.5, 0.5))
	tb.sees(t, "The chosen point", "with the best A", "Descending from there ends at")
	var at string
	tb.run(t, chromedp.Evaluate(`document.querySelector("h3 ~ p").closest("section").parentElement.innerText.match(/b = \(([^)]*)\) has loss/)[1]`, &at))
	var x, y, z float64
	if _, err := fmt.Sscanf(at, "%g, %g, %g", &x, &y, &z); err != nil || x*x+y*y > 1e-3 || z < 0.99 {
		t.Errorf("the middle of the map is b = (%s), want (0, 0, 1); %v", at, err)
	}
	tb.run(t, chromedp.Click(`//button[contains(., "Go there")]`))
	tb.until(t, settled+` && location.hash.includes("at=0.3776")`) // the other minimum, see the table

	tb.run(t, chromedp.Navigate(server.URL+"/#/landscape?d=2&n=10&turn=0.40,-0.50"))
	tb.until(t, settled+` && document.querySelector(".painted svg.ball") !== null`)
	tb.run(t, pointer(0.3, 0.5, 0.7, 0.6))
	tb.until(t, `location.hash === "#/landscape?d=2&n=10&turn=1.68%2C-0.18"`)
	var before, after string
	tb.run(t, chromedp.Evaluate(`location.hash`, &before), chromedp.Focus(picture), chromedp.KeyEvent(kb.ArrowRight))
	tb.until(t, fmt.Sprintf(`location.hash !== %q`, before))
	tb.run(t, chromedp.Evaluate(`location.hash`, &after), chromedp.Click(picture))
	tb.sees(t, "The chosen point")
	tb.clean(t)
}

// Everything that can be worked is reached with the Tab key, in the order of the page, and
// a slider moves with the arrow keys.
func TestKeyboard(t *testing.T) {
	server := laboratory()
	tb := newTab(t, browserOf(t), server.URL)
	tb.run(t, chromedp.Navigate(server.URL+"/#/good?d=1&n=5"))
	tb.until(t, settled)
	// The Tab key goes to what is not disabled in the order of the document; each element
	// is marked when it is reached.
	var count int
	tb.run(t, chromedp.Evaluate(`{
		const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")];
		all.forEach((e, i) => e.addEventListener("focus", () => (window.reached ??= []).push(i)));
		all.length }`, &count))
	for range count {
		tb.run(t, chromedp.KeyEvent(kb.Tab))
	}
	var reached []int
	tb.run(t, chromedp.Evaluate(`window.reached`, &reached))
	if len(reached) != count {
		t.Errorf("%d elements are reached, want %d: %v", len(reached), count, reached)
	}
	for i, at := range reached {
		if i != at {
			t.Errorf("the element reached as number %d is number %d of the page", i, at)
			break
		}
	}
	tb.run(t, chromedp.Focus("#c-d"), chromedp.KeyEvent(kb.ArrowRight))
	tb.until(t, `location.hash === "#/good?n=5"`) // d = 2 is the default
	tb.sees(t, "0.252492"[:6])
	tb.clean(t)
}
