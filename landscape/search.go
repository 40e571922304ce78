package landscape

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// The stage search of Recover.

// search decides whether X* is a transformer, and finds the local minima.
func (r *recovery) search(ctx context.Context) error {
	decided, err := realise(ctx, r.scene, r.settings.Starts, r.settings.Seed, true)
	if err != nil {
		return err
	}
	r.out.Realisable, r.out.Reason, r.out.Decision = decided.Verdict, decided.Reason, decided.Decision
	r.out.ProjectionLoss = r.form.Loss(decided.nearest.X)
	if exact := r.scene.loss(decided.nearest.B, decided.nearest.A, 1); !math.IsNaN(exact.Value) {
		r.out.ProjectionLoss = exact.Value
	}
	r.out.ProjectionDistance = math.Sqrt(math.Max(0, decided.nearest.Loss))
	r.minima, r.out.Starts = decided.minima, decided.taken
	if r.minima == nil {
		if err := r.descend(ctx, r.restricted(decided.directions), 0, r.settings.Starts); err != nil {
			return err
		}
	}
	r.loss = r.minima[0].Loss
	if r.out.Realisable == Realisable {
		r.attained(ctx)
	}
	r.report()
	return nil
}

// descend takes random starts first to last, and given directions of b, in the
// coordinates of the searched form.
func (r *recovery) descend(ctx context.Context, directions [][]float64, first, last int) error {
	minima, taken, err := r.scene.search(ctx, r.minima, directions, first, last, r.settings.Seed)
	if err != nil {
		return err
	}
	r.minima, r.loss = minima, minima[0].Loss
	r.out.Starts += taken
	r.report()
	return nil
}

// searchHarder looks for a better minimum where no certificate says that there is
// none: from the directions that the blocks of X* point to, from ten times as many
// random starts, and from near the lowest minima for as long as that helps. It
// reports whether the loss has decreased.
func (r *recovery) searchHarder(ctx context.Context) (better bool, err error) {
	before := r.loss
	directions := r.restricted(blockDirections(r.optimum.X, r.form.Q))
	if err := r.descend(ctx, directions, r.settings.Starts, moreStarts*r.settings.Starts); err != nil {
		return false, err
	}
	for round := range uint64(8) {
		last := r.loss
		if err := r.descend(ctx, r.perturbed(round), 0, 0); err != nil {
			return false, err
		}
		if !r.improved(last) || r.done(ctx) {
			break
		}
	}
	return r.improved(before), nil
}

// perturbed returns directions around those of the lowest minima, at angles from
// small to large.
func (r *recovery) perturbed(round uint64) (starts [][]float64) {
	const lowest, each = 4, 12
	for i, m := range r.minima[:min(lowest, len(r.minima))] {
		for k := range each {
			b := randomDirection(^r.settings.Seed, (round*lowest+uint64(i))*each+uint64(k), len(m.B))
			size := 0.05 * math.Pow(20, float64(k)/(each-1))
			for j, x := range m.B {
				b[j] = x + size*b[j]
			}
			normalise(b)
			starts = append(starts, b)
		}
	}
	return starts
}

// blockDirections returns the directions of b that fit a block of X best, two for
// each.
func blockDirections(X []float64, q int) (starts [][]float64) {
	blocks, _ := symmetricBlocks(X, q, q+1)
	for _, M := range blocks {
		var es mat.EigenSym
		if es.Factorize(M, true) {
			p, m := candidates(&es)
			starts = append(starts, p, m)
		}
	}
	return starts
}
