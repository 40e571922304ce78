package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"markovicl/ask"
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

// env is what a question may use: the files of the disk, "-" is standard input.
func (a *app) env() ask.Env {
	return ask.Env{Open: func(name string) (io.ReadCloser, error) {
		if name == "-" {
			return io.NopCloser(os.Stdin), nil
		}
		return os.Open(name)
	}}
}

// ask answers a question. Progress is drawn on stderr if that is a terminal.
func (a *app) ask(q ask.Question) (ask.Answer, error) { return a.askWith(a.env(), q) }

func (a *app) askWith(env ask.Env, q ask.Question) (ask.Answer, error) {
	defer a.showProgress(&env)()
	return ask.Ask(a.ctx, q, env)
}

// showProgress draws what is told of the work on stderr if that is a terminal, until end.
func (a *app) showProgress(env *ask.Env) (end func()) {
	if !a.terminal {
		return func() {}
	}
	s := &stages{app: a, end: func() {}, began: time.Now()}
	env.Progress = s.progress
	over := make(chan struct{})
	var clock sync.WaitGroup
	clock.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				s.wait()
			}
		}
	})
	return func() {
		close(over)
		clock.Wait()
		s.lock.Lock()
		defer s.lock.Unlock()
		s.clear()
		s.end()
	}
}

// stages draws the stages of an answer, one after the other: a bar, or the bounds
// of a search.
type stages struct {
	app    *app
	lock   sync.Mutex
	stage  string
	note   atomic.Value // string; the display reads it in its own time
	set    func(done int64)
	bounds func(upper, lower float64)
	end    func()

	began   time.Time
	waiting bool // a line says for how long
}

// wait says for how long the work has taken that tells nothing else of itself.
func (s *stages) wait() {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.stage == "" {
		s.waiting = true
		fmt.Fprintf(s.app.stderr, "\r\x1b[Kworking, %.0f s", time.Since(s.began).Seconds())
	}
}

func (s *stages) clear() {
	if s.waiting {
		s.waiting = false
		fmt.Fprint(s.app.stderr, "\r\x1b[K")
	}
}

func (s *stages) progress(p ask.Progress) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.clear()
	s.note.Store(p.Note)
	if p.Stage != s.stage {
		s.end()
		s.stage = p.Stage
		if p.Bounds != nil {
			s.bounds, s.end = s.app.bounds(p.Stage)
		} else {
			s.set, s.end = s.app.progress(p.Stage, p.Total, decor.Any(func(decor.Statistics) string {
				return s.note.Load().(string)
			}))
		}
	}
	if p.Bounds != nil {
		s.bounds(p.Bounds.Upper, p.Bounds.Lower)
	} else {
		s.set(p.Done)
	}
}

// bounds draws the best loss, the proven bound and the gap on stderr if that is
// a terminal.
func (a *app) bounds(name string) (report func(upper, lower float64), end func()) {
	if !a.terminal {
		return nil, func() {}
	}
	var lock sync.Mutex
	last := time.Time{}
	report = func(upper, lower float64) {
		lock.Lock()
		defer lock.Unlock()
		if now := time.Now(); now.Sub(last) > 100*time.Millisecond && !math.IsInf(upper, 0) {
			last = now
			line := fmt.Sprintf("%s: upper %.9f lower %.9f gap %.1e", name, upper, lower, (upper-lower)/math.Abs(upper))
			if width := screenWidth(os.Stderr, os.Getenv("COLUMNS")); width > 0 { // a line that breaks is not taken back
				line = line[:min(len(line), width-1)]
			}
			fmt.Fprint(a.stderr, "\r\x1b[K"+line)
		}
	}
	return report, func() { fmt.Fprint(a.stderr, "\r\x1b[K") }
}
