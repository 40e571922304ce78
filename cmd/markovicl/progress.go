package main

import (
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress draws a bar on stderr if that is a terminal. It returns a function
// that says how much of total is done, callable from any goroutine, and one
// that ends the bar. What notes say is drawn behind the bar.
func (a *app) progress(name string, total int64, notes ...decor.Decorator) (set func(done int64), end func()) {
	if !a.terminal {
		return func(int64) {}, func() {}
	}
	bars := mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(48))
	bar := bars.AddBar(total,
		mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d/%d")),
		mpb.AppendDecorators(append(notes, decor.AverageETA(decor.ET_STYLE_GO))...),
		mpb.BarRemoveOnComplete(),
	)
	return bar.SetCurrent, func() {
		bar.Abort(true)
		bars.Wait()
	}
}
