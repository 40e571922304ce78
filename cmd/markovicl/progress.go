package main

import (
	"fmt"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// display is the one place on a terminal where bars of progress are drawn. A
// nil display draws nothing.
type display struct{ bars *mpb.Progress }

// display returns the display on stderr, nil if that is not a terminal.
func (a *app) display() *display {
	if !a.terminal {
		return nil
	}
	return &display{mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(48))}
}

// add adds a bar. It returns a function that says how much of how many is done,
// callable from any goroutine, and one that takes the bar away. What notes say is
// drawn behind the bar.
func (d *display) add(name string, total int64, notes ...decor.Decorator) (set func(done, total int64), end func()) {
	if d == nil {
		return func(int64, int64) {}, func() {}
	}
	bar := d.bars.AddBar(total,
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(append(notes, decor.AverageETA(decor.ET_STYLE_GO))...),
		mpb.BarRemoveOnComplete(),
	)
	return func(done, total int64) {
		bar.SetTotal(total, false)
		bar.SetCurrent(done)
	}, func() { bar.Abort(true) }
}

// note prints a line above the bars.
func (d *display) note(format string, args ...any) {
	if d != nil {
		fmt.Fprintf(d.bars, format+"\n", args...)
	}
}

// close ends the display, after all of its bars.
func (d *display) close() {
	if d != nil {
		d.bars.Wait()
	}
}

// progress draws a single bar on stderr if that is a terminal. It returns a
// function that says how much of total is done, callable from any goroutine,
// and one that ends the bar.
func (a *app) progress(name string, total int64, notes ...decor.Decorator) (set func(done int64), end func()) {
	d := a.display()
	setBar, endBar := d.add(name, total, notes...)
	return func(done int64) { setBar(done, total) }, func() {
		endBar()
		d.close()
	}
}
