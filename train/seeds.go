package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"markovicl/internal/each"
)

// Study is what several seeds found.
type Study struct {
	Results  []*Result        // in the order of the seeds; of those that did not diverge
	Diverged []*DivergedError // the others, in the order of the seeds
	Missing  int              // seeds that were not begun when the context ended

	// Mean, standard deviation and standard error over the seeds of the loss on
	// fresh prompts.
	Mean, SD, SE float64
}

// RunSeeds trains with the seeds p.Seed, p.Seed+1, .. in parallel, each with its
// share of the workers. Seeds that diverge are part of the study. If others fail, it
// returns the rest and an error that joins theirs. Once ctx has ended no seed is begun
// but the first.
func RunSeeds(ctx context.Context, p Problem, seeds int, s Settings) (*Study, error) {
	if seeds < 1 {
		return nil, fmt.Errorf("seeds must be at least 1, got %d", seeds)
	}
	if err := p.Check(); err != nil {
		return nil, err
	}
	if p.Config.Data == Population && p.Config.Layers == 1 {
		var err error
		if s.form, err = populationForm(ctx, p); err != nil {
			return nil, err
		}
	}
	parallel := each.Workers(s.Workers, seeds)
	s.Workers = each.Workers(s.Workers, math.MaxInt) / parallel

	results, errs := make([]*Result, seeds), make([]error, seeds)
	var missing atomic.Int64
	// Every seed that is begun has a result or an error of its own, also where ctx has
	// ended.
	each.Do(context.WithoutCancel(ctx), seeds, each.Settings{Workers: parallel}, func(int) func(int) error {
		return func(k int) error {
			if k > 0 && ctx.Err() != nil {
				missing.Add(1)
				return nil
			}
			one := p
			one.Seed += uint64(k)
			results[k], errs[k] = Run(ctx, one, s)
			return nil
		}
	})
	study := &Study{Missing: int(missing.Load())}
	for k, r := range results {
		if r != nil {
			study.Results = append(study.Results, r)
		}
		if diverged, ok := errors.AsType[*DivergedError](errs[k]); ok {
			study.Diverged = append(study.Diverged, diverged)
			errs[k] = nil
		}
	}
	study.summarise()
	return study, errors.Join(errs...)
}

func (s *Study) summarise() {
	n := float64(len(s.Results))
	if n == 0 {
		return
	}
	for _, r := range s.Results {
		s.Mean += r.Fresh.MSE.Mean / n
	}
	var square float64
	for _, r := range s.Results {
		square += (r.Fresh.MSE.Mean - s.Mean) * (r.Fresh.MSE.Mean - s.Mean)
	}
	s.SD = math.Sqrt(square / max(1, n-1))
	s.SE = s.SD / math.Sqrt(n)
}

// Best returns the result with the lowest loss on fresh prompts, or in training
// where there was no evaluation.
func (s *Study) Best() *Result {
	var best *Result
	loss := func(r *Result) float64 {
		if !r.Evaluated() {
			return r.Train.MSE.Mean
		}
		return r.Fresh.MSE.Mean
	}
	for _, r := range s.Results {
		if best == nil || loss(r) < loss(best) {
			best = r
		}
	}
	return best
}
