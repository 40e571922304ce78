package sweep

import (
	"context"
	"errors"
	"math"

	"markovicl/ask"
	"markovicl/internal/each"
	"markovicl/store"
)

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
