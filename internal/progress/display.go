package progress

import (
	"fmt"
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Display is the one place on a terminal where bars of progress are drawn. A
// nil Display draws nothing.
type Display struct{ bars *mpb.Progress }

// New returns a display on a terminal.
func New(terminal io.Writer) *Display {
	return &Display{mpb.New(mpb.WithOutput(terminal), mpb.WithWidth(48))}
}

// Add adds a bar. It returns a function that says how much of how many is done,
// callable from any goroutine, and one that takes the bar away. What note says, if it
// is not nil, is drawn behind the bar.
func (d *Display) Add(name string, total int64, note func() string) (set func(done, total int64), end func()) {
	if d == nil {
		return func(int64, int64) {}, func() {}
	}
	behind := []decor.Decorator{decor.AverageETA(decor.ET_STYLE_GO)}
	if note != nil {
		behind = append([]decor.Decorator{decor.Any(func(decor.Statistics) string { return note() })}, behind...)
	}
	bar := d.bars.AddBar(total,
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(behind...),
		mpb.BarRemoveOnComplete(),
	)
	return func(done, total int64) {
		bar.SetTotal(total, false)
		bar.SetCurrent(done)
	}, func() { bar.Abort(true) }
}

// Note prints a line above the bars.
func (d *Display) Note(format string, args ...any) {
	if d != nil {
		fmt.Fprintf(d.bars, format+"\n", args...)
	}
}

// Close ends the display, after all of its bars.
func (d *Display) Close() {
	if d != nil {
		d.bars.Wait()
	}
}

// Single draws a single bar and ends the display with it. It returns a function that says
// how much of total is done, callable from any goroutine, and one that ends the bar.
func (d *Display) Single(name string, total int64, note func() string) (set func(done int64), end func()) {
	setBar, endBar := d.Add(name, total, note)
	return func(done int64) { setBar(done, total) }, func() {
		endBar()
		d.Close()
	}
}
