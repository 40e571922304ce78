// Package progress draws on a terminal how work comes along:
//
//	display := progress.New(os.Stderr)
//	set, end := display.Single("prompts", 100, nil)
//	set(50)
//	end()
//
// [Show] draws what an answer of package ask tells of itself. display.go has the bars.
package progress

import (
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"markovicl/ask"
)

// Show draws what an answer tells of itself on a terminal, until end: bars, the bounds of a
// search, and, where it tells nothing, for how long it works. width is asked for the width of the
// terminal, 0 for no limit.
func Show(env *ask.Env, terminal io.Writer, width func() int) (end func()) {
	s := &stages{terminal: terminal, width: width, end: func() {}, began: time.Now()}
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
	terminal io.Writer
	width    func() int
	lock     sync.Mutex
	stage    string
	note     atomic.Value // string; the display reads it in its own time
	set      func(done int64)
	bounds   func(upper, lower float64)
	end      func()

	began   time.Time
	waiting bool // a line says for how long
}

// wait says for how long the work has taken that tells nothing else of itself.
func (s *stages) wait() {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.stage == "" {
		s.waiting = true
		fmt.Fprintf(s.terminal, "\r\x1b[Kworking, %.0f s", time.Since(s.began).Seconds())
	}
}

func (s *stages) clear() {
	if s.waiting {
		s.waiting = false
		fmt.Fprint(s.terminal, "\r\x1b[K")
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
			s.bounds, s.end = s.boundsOf(p.Stage)
		} else {
			s.set, s.end = New(s.terminal).Single(p.Stage, p.Total, func() string { return s.note.Load().(string) })
		}
	}
	if p.Bounds != nil {
		s.bounds(p.Bounds.Upper, p.Bounds.Lower)
	} else {
		s.set(p.Done)
	}
}

// boundsOf draws the best loss, the proven bound and the gap.
func (s *stages) boundsOf(name string) (report func(upper, lower float64), end func()) {
	var lock sync.Mutex
	last := time.Time{}
	report = func(upper, lower float64) {
		lock.Lock()
		defer lock.Unlock()
		if now := time.Now(); now.Sub(last) > 100*time.Millisecond && !math.IsInf(upper, 0) {
			last = now
			line := fmt.Sprintf("%s: upper %.9f lower %.9f gap %.1e", name, upper, lower, (upper-lower)/math.Abs(upper))
			if width := s.width(); width > 0 { // a line that breaks is not taken back
				line = line[:min(len(line), width-1)]
			}
			fmt.Fprint(s.terminal, "\r\x1b[K"+line)
		}
	}
	return report, func() { fmt.Fprint(s.terminal, "\r\x1b[K") }
}
