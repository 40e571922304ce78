package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"markovicl/ask"
	"markovicl/internal/each"
	"markovicl/store"
)

// Settings of a sweep; the zero value asks all questions that name no files.
type Settings struct {
	Open        func(name string) (io.ReadCloser, error) // opens files that questions name; nil refuses them
	Shard       Shard
	Workers     int    // questions at the same time; 0: one for each processor
	Memory      int64  // bytes that they may need together, by estimate; 0: DefaultMemory()
	RetryFailed bool   // ask again what has failed
	Version     string // of what answers; "": store.Build of this program
	Progress    func(Progress)
}

// ErrCancelled is the cause of a run that Cancel ended.
var ErrCancelled = errors.New("the sweep was cancelled")

// Build is the version of the answers of this program on this machine.
func Build() (string, error) { return store.Build(ask.Kernels()) }

// States of a question.
const (
	open     byte = iota
	answered      // it has an answer
	failed        // it has none, and is not asked again unless that is wished
)

// book is what is known of each question. It is what grows with their number: about 40
// bytes for each.
type book struct {
	keys  []digest
	state []byte
	cost  []float32 // estimated seconds
}

// Run asks the questions of a grid, or of one shard of it, that have no answer in the
// folder yet, and writes the table once all have. The summary is about the whole grid. An
// interruption, or an answer that cannot be written, ends it; all finished answers are
// kept.
func Run(ctx context.Context, dir string, g *Grid, s Settings) (*Summary, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	shard, err := s.Shard.check()
	if err != nil {
		return nil, err
	}
	if s.Memory == 0 {
		s.Memory = DefaultMemory()
	}
	if s.Version == "" {
		if s.Version, err = Build(); err != nil {
			return nil, err
		}
	}
	f, lock, err := enter(dir, header{folderFormat, s.Version, shard.Count, g}, shard)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	f.files.open = s.Open
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go watchCancel(ctx, cancel, filepath.Join(dir, cancelFile))

	b, err := f.read(ctx)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	own := shard.deal(b.cost)
	for retry := s.RetryFailed; ; retry = false {
		if err := f.work(ctx, b, own, s, shard, retry); err != nil {
			summary, _ := f.summary(b)
			return summary, err
		}
		// The other shards may have finished meanwhile.
		if shard.Count > 1 {
			if err := f.refresh(ctx, b); err != nil {
				return nil, interrupted(ctx, err)
			}
		}
		summary, err := f.finish(b)
		var corrupt *store.CorruptError
		if errors.As(err, &corrupt) { // set aside; it is asked again
			continue
		}
		return summary, err
	}
}

// DefaultMemory is three quarters of the machine's memory, as far as it is known, else
// 4 GB.
func DefaultMemory() int64 {
	data, err := os.ReadFile("/proc/meminfo")
	var kilobytes int64
	if err == nil {
		if _, err := fmt.Sscanf(string(data), "MemTotal: %d kB", &kilobytes); err == nil && kilobytes > 0 {
			return kilobytes * 1024 / 4 * 3
		}
	}
	return 4e9
}

// watchCancel ends a run when the file appears that Cancel writes.
func watchCancel(ctx context.Context, cancel context.CancelCauseFunc, path string) {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := os.Stat(path); err == nil {
				cancel(ErrCancelled)
				return
			}
		}
	}
}

func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	message := "interrupted; all finished answers are kept, and the same command goes on from there"
	if errors.Is(context.Cause(ctx), ErrCancelled) {
		message = "the sweep was cancelled; all finished answers are kept"
	}
	return &ask.Error{Kind: ask.Interrupted, Message: message, Err: err}
}

// read computes the keys and costs of all questions and looks which have answers.
func (f *folder) read(ctx context.Context) (*book, error) {
	n := f.header.Grid.Len()
	b := &book{make([]digest, n), make([]byte, n), make([]float32, n)}
	err := each.Do(ctx, n, each.Settings{}, func(int) func(int) error {
		return func(i int) error {
			q, err := f.header.Grid.Question(i)
			if err != nil {
				return err
			}
			b.keys[i] = digestOf(f.files.key(q, f.header.Version))
			if cost, err := ask.CostOf(q, ask.Env{Open: f.files.open}); err == nil {
				b.cost[i] = float32(min(cost.Seconds, math.MaxFloat32))
			}
			return f.look(b, i)
		}
	})
	return b, err
}

// look finds the state of question i. A damaged answer is set aside and counts as none.
func (f *folder) look(b *book, i int) error {
	k := b.keys[i].key()
	_, err := f.answers.Get(k)
	var corrupt *store.CorruptError
	switch {
	case err == nil:
		b.state[i] = answered
		return nil
	case !errors.Is(err, store.ErrNone) && !errors.As(err, &corrupt):
		return err
	}
	b.state[i] = open
	if f.failures.Has(k) {
		b.state[i] = failed
	}
	return nil
}

// refresh looks again for the answers that were not there.
func (f *folder) refresh(ctx context.Context, b *book) error {
	return each.Do(ctx, len(b.keys), each.Settings{}, func(int) func(int) error {
		return func(i int) error {
			if b.state[i] != open {
				return nil
			}
			return f.look(b, i)
		}
	})
}

// work asks what is open among the questions own.
func (f *folder) work(ctx context.Context, b *book, own []int32, s Settings, shard Shard, retry bool) error {
	var pending []int32
	for _, i := range own {
		if b.state[i] == open || retry && f.failures.Has(b.keys[i].key()) {
			pending = append(pending, i)
		}
	}
	workers := s.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = max(1, min(workers, len(pending)))
	p := newPlan(pending, b.cost, workers)
	p.progress = Progress{Questions: len(own), Kept: len(own) - len(pending)}
	if s.Progress != nil {
		s.Progress(p.state())
	}
	if len(pending) == 0 {
		return nil
	}
	times, err := openTimings(filepath.Join(f.dir, "timings-"+shardName(shard)+".csv"))
	if err != nil {
		return err
	}
	r := &runner{folder: f, book: b, plan: p, memory: semaphore.NewWeighted(s.Memory), settings: s, times: times}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			if err := r.run(ctx, w == 1); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	err = times.close()
	if cause := context.Cause(ctx); cause != nil {
		if own, ok := errors.AsType[*keepError](cause); ok {
			return own
		}
		return interrupted(ctx, cause)
	}
	return err
}

// runner is what the workers of a run share.
type runner struct {
	*folder
	book     *book
	plan     *plan
	memory   *semaphore.Weighted
	settings Settings
	times    *timings
}

// A keepError says that an answer could not be written.
type keepError struct {
	dir string
	err error
}

func (e *keepError) Error() string {
	return fmt.Sprintf("an answer cannot be kept in %s: %v; all answers before it are kept: make room there, or let it be written, and the same command goes on", e.dir, e.err)
}

func (e *keepError) Unwrap() error { return e.err }

func (r *runner) run(ctx context.Context, dear bool) error {
	for ctx.Err() == nil {
		i, ok := r.plan.next(dear)
		if !ok {
			return nil
		}
		if err := r.question(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// question asks question i and keeps what comes of it.
func (r *runner) question(ctx context.Context, i int) error {
	q, err := r.header.Grid.Question(i)
	if err != nil {
		return err
	}
	k := r.book.keys[i].key()
	reply, seconds, err := r.ask(ctx, q)
	if own, ok := errors.AsType[*ask.Error](err); ok && own.Kind == ask.Interrupted || ctx.Err() != nil && err != nil {
		return nil // it is asked again
	}
	// An answer that is not all that was asked for is kept, and so is the failure.
	if reply != nil {
		if err := r.answers.PutUnsynced(k, reply); err != nil {
			return &keepError{r.dir, err}
		}
		r.book.state[i] = answered
	}
	if err != nil {
		if err := r.fail(k, entryOf(err)); err != nil {
			return &keepError{r.dir, err}
		}
		if reply == nil {
			r.book.state[i] = failed
		}
	} else if err := r.failures.Remove(k); err != nil {
		return &keepError{r.dir, err}
	}
	if err := r.times.add(k, seconds); err != nil {
		return &keepError{r.dir, err}
	}
	now := r.plan.finished(i, err != nil)
	if r.settings.Progress != nil {
		r.settings.Progress(now)
	}
	return nil
}

func entryOf(err error) failureEntry {
	if own, ok := errors.AsType[*ask.Error](err); ok {
		return failureEntry{own.Kind, err.Error()}
	}
	return failureEntry{ask.Failed, err.Error()}
}

// ask answers a question within the bound of memory.
func (r *runner) ask(ctx context.Context, q ask.Question) (reply []byte, seconds float64, err error) {
	env := ask.Env{Open: r.settings.Open}
	cost, err := ask.CostOf(q, env)
	if err != nil {
		return nil, 0, err
	}
	if err := cost.FitsIn(float64(r.settings.Memory)); err != nil {
		return nil, 0, err
	}
	bytes := int64(cost.Bytes)
	if err := r.memory.Acquire(ctx, bytes); err != nil {
		return nil, 0, err
	}
	defer r.memory.Release(bytes)
	start := time.Now()
	reply, err = answerTo(ctx, q, env)
	return reply, time.Since(start).Seconds(), err
}

// answerTo returns the bytes that --json prints. A question that panics has failed; the
// others go on.
func answerTo(ctx context.Context, q ask.Question, env ask.Env) (reply []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			reply, err = nil, fmt.Errorf("this question found a bug of the program: %v\n%s", r, debug.Stack())
		}
	}()
	answer, err := ask.Ask(ctx, q, env)
	if err != nil && ask.IsNone(answer) {
		return nil, err
	}
	var b bytes.Buffer
	if failed := ask.Encode(&b, answer); failed != nil {
		return nil, failed
	}
	return b.Bytes(), err
}

// summary counts, and lists the first failures.
func (f *folder) summary(b *book) (*Summary, error) {
	s := &Summary{Questions: len(b.keys), Failed: []Failure{}}
	err := f.eachFailure(b, func(i int, e *failureEntry) error {
		if s.Failures++; len(s.Failed) < mostFailures {
			s.Failed = append(s.Failed, Failure{f.header.Grid.Point(i), e.Kind, e.Message})
		}
		return nil
	})
	for _, state := range b.state {
		if state == answered {
			s.Done++
		}
	}
	return s, err
}

// eachFailure calls do for every failure that is kept, in the order of the grid.
func (f *folder) eachFailure(b *book, do func(i int, e *failureEntry) error) error {
	for i, d := range b.keys {
		if b.state[i] == open {
			continue
		}
		e, err := f.failure(d.key())
		if err != nil {
			return err
		}
		if e == nil {
			continue
		}
		if err := do(i, e); err != nil {
			return err
		}
	}
	return nil
}

// finish returns the summary and writes the tables if no question is open.
func (f *folder) finish(b *book) (*Summary, error) {
	s, err := f.summary(b)
	if err != nil || slices.Contains(b.state, open) {
		return s, err
	}
	if err := f.export(b, f.dir); err != nil {
		return s, err
	}
	s.Table = resultsTable
	return s, nil
}

// Status returns where the sweep in a folder stands, from anywhere that sees the folder.
func Status(ctx context.Context, dir string, open func(name string) (io.ReadCloser, error)) (*Summary, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	f.files.open = open
	b, err := f.read(ctx)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	s, err := f.summary(b)
	if _, missing := os.Stat(filepath.Join(dir, resultsTable)); err == nil && missing == nil {
		s.Table = resultsTable
	}
	return s, err
}

// Export writes the tables of the sweep in a folder, of what is answered so far, to the
// folder out.
func Export(ctx context.Context, dir, out string, open func(name string) (io.ReadCloser, error)) (*Summary, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	f.files.open = open
	b, err := f.read(ctx)
	if err != nil {
		return nil, interrupted(ctx, err)
	}
	s, err := f.summary(b)
	if err == nil {
		err = f.export(b, out)
	}
	if err == nil {
		s.Table = resultsTable
	}
	return s, err
}

// ParseBytes reads an amount of memory, such as 500MB or 8GB, in powers of 1000, or of 1024
// as MiB and GiB.
func ParseBytes(text string) (int64, error) {
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}} {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || !(x*unit.bytes >= 1) || x*unit.bytes > 1e18 {
			break
		}
		return int64(x * unit.bytes), nil
	}
	return 0, badf("memory", "`memory` %q: write an amount such as 500MB or 8GB", text)
}
