package transformer

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"markovicl/internal/each"
	"markovicl/internal/plural"
	"markovicl/markov"
)

// This file asks whether chains of the same kernel attend to each other (paper,
// Figure 7): prompts are made of groups of chains, each group with a kernel of its
// own, in random order, so that what a group has in common is its kernel and not
// its place.

// StudySettings say how attention is studied; zero values are the defaults.
type StudySettings struct {
	Groups       int // kernels in a prompt, which divide n; default 2
	Prompts      int // default 200
	Permutations int // of the test of the correlation, default 199
	Seed         uint64
	Workers      int // no result depends on it
	Progress     func(done int)
}

// Study is what the attention of a model has to do with the groups of its prompts.
type Study struct {
	Groups, Prompts int
	Heads           []HeadStudy // by layer; of each the mean over heads first, as head 0

	// Mean similarity, 1 - Hamming distance/length, of two chains of a group, and of
	// two groups (0 with one group), and of all.
	SimilarityWithin, SimilarityAcross, Similarity float64

	Map Map // of the first prompt
}

// HeadStudy is one head, or the mean over the heads of a layer. The attention of
// chain i to chain j is the weight from the token at which the label of i is
// predicted to the tokens of j; pairs are those that the model sees, i != j.
type HeadStudy struct {
	Layer, Head    int     // from 1; head 0 is the mean over heads
	Within, Across float64 // mean attention between chains of a group, of two groups
	Contrast       float64 // Within - Across; 0 with one group
	ContrastSE     float64 // over prompts
	Mantel         float64 // mean over prompts of Spearman's correlation of attention and similarity
	MantelP        float64 // share of relabelings of the chains whose mean is at least that (Mantel 1967)
}

// Map is attention and similarity on one prompt, the chains ordered by group.
type Map struct {
	Chains     int
	Group      []int         // [n]
	Similarity []float64     // [n, n]
	Weights    [][][]float64 // [layers][1 + heads] of [n, n]: the mean over heads first; row i attends to column j
}

// onePrompt is what a prompt contributes.
type onePrompt struct {
	within, across []float64   // [heads]
	mantel         []float64   // [heads]
	permuted       [][]float64 // [heads][permutations]
	similarity     [2]float64  // within, across
	all            Map         // of the first prompt only
}

// maxKept is how many correlations a study keeps: half a gigabyte.
const maxKept = 60_000_000

// StudyAttention studies the attention of a model on prompts of a task, of the
// task's n.
func StudyAttention(ctx context.Context, m *Model, t markov.Task, set StudySettings) (*Study, error) {
	if set.Groups == 0 {
		set.Groups = 2
	}
	if set.Prompts == 0 {
		set.Prompts = 200
	}
	if set.Permutations == 0 {
		set.Permutations = 199
	}
	n := int(t.Context())
	switch {
	case t.Context() == markov.Infinite:
		return nil, fmt.Errorf("prompts with n = inf cannot be drawn; give a finite n")
	case t.Regression() != nil:
		return nil, fmt.Errorf("the pairs of a regression have no similarity; give a task of chains")
	case set.Groups < 1 || n%set.Groups != 0:
		return nil, fmt.Errorf("groups of equal size: n = %d chains cannot be cut into %d; give a number of groups that divides n", n, set.Groups)
	case n < 3 || n/set.Groups < 2:
		return nil, fmt.Errorf("n = %d chains in %s are too few to compare; give at least two a group, and three in all", n, plural.Of(set.Groups, "group"))
	case set.Prompts < 2:
		return nil, fmt.Errorf("prompts must be at least 2, got %d: there is no standard error from fewer", set.Prompts)
	}
	if kept := float64(set.Prompts) * float64(set.Permutations) * float64(m.Blocks*(m.Heads+1)); kept > maxKept {
		return nil, fmt.Errorf("%s with %s for each of %s, means over heads included, are more correlations than the %d that are kept at once; ask for fewer prompts or permutations",
			plural.Of(set.Prompts, "prompt"), plural.Of(set.Permutations, "permutation"), plural.Of(m.Blocks*(m.Heads+1), "head"), maxKept)
	}
	if err := m.CheckTask(t, n); err != nil {
		return nil, err
	}
	sampler, err := markov.NewSampler(t, set.Seed)
	if err != nil {
		return nil, err
	}
	shared, err := Share(m, t)
	if err != nil {
		return nil, err
	}
	found := make([]onePrompt, set.Prompts)
	err = each.Do(ctx, set.Prompts, each.Settings{Workers: set.Workers, Progress: set.Progress}, func(int) func(int) error {
		predictor := shared.NewPredictor()
		return func(i int) error {
			prompt, group, err := groupedPrompt(sampler, set.Groups, n, uint64(i))
			if err != nil {
				return err
			}
			attention, err := predictor.Attention(prompt)
			if err != nil {
				return err
			}
			return found[i].measure(ctx, m.Config, attention, prompt, group, set, uint64(i))
		}
	})
	if err != nil {
		return nil, err
	}
	return summarise(m.Config, found, set), nil
}

// groupedPrompt draws prompt i: n/groups chains from each of the given number of
// kernels, in random order, and the query of the first.
func groupedPrompt(s *markov.Sampler, groups, n int, i uint64) (*markov.Prompt, []int, error) {
	rng := rand.New(markov.Stream(i, 1))
	order := rng.Perm(n)
	group := make([]int, n)
	length := s.Task().Positions() + 1
	out := &markov.Prompt{Context: make([]markov.State, n*length)}
	var one markov.Prompt
	size := n / groups
	for g := range groups {
		if err := s.Prompt(&one, i*uint64(groups)+uint64(g)); err != nil {
			return nil, nil, err
		}
		if g == 0 {
			out.Kernel, out.Query, out.Label = one.Kernel, slices.Clone(one.Query), one.Label
		}
		for k := range size {
			at := order[g*size+k]
			group[at] = g
			copy(out.Context[at*length:(at+1)*length], one.Context[k*length:(k+1)*length])
		}
	}
	return out, group, nil
}

// between returns the attention of every chain to every chain, [n, n], by one head.
func (c Config) between(weights []float32, T, n int) []float64 {
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			if c.Joined {
				out[i*n+j] = float64(weights[i*T+j])
			} else {
				out[i*n+j] = float64(weights[2*i*T+2*j]) + float64(weights[2*i*T+2*j+1])
			}
		}
	}
	return out
}

// measure compares the attention of all heads on a prompt with its groups and with
// the similarity of its chains.
func (o *onePrompt) measure(ctx context.Context, c Config, a *Attention, prompt *markov.Prompt, group []int, set StudySettings, number uint64) error {
	n := len(group)
	similarity := similarityOf(prompt.Context, n)
	var pairs [][2]int // that the model sees
	for i := range n {
		for j := range n {
			if j < i || c.Full && j != i {
				pairs = append(pairs, [2]int{i, j})
			}
		}
	}
	o.similarity[0], o.similarity[1] = byGroup(similarity, group, pairs, n)
	maps := make([][][]float64, len(a.Weights))
	for l, heads := range a.Weights {
		mean := make([]float64, n*n)
		maps[l] = append(maps[l], mean)
		for _, head := range heads {
			w := c.between(head, a.Tokens, n)
			maps[l] = append(maps[l], w)
			for k, x := range w {
				mean[k] += x / float64(len(heads))
			}
		}
	}
	// Relabelings of the chains, the same for all heads.
	rng := rand.New(markov.Stream(set.Seed+1, number))
	ranks := ranksOf(pick(similarity, pairs, n))
	rank := make([]float64, n*n) // of the similarity of a pair, in both orders
	for k, p := range pairs {
		rank[p[0]*n+p[1]], rank[p[1]*n+p[0]] = ranks[k], ranks[k]
	}
	standard := standardised(ranks)
	var own [][]float64 // of every head
	for _, layer := range maps {
		for _, w := range layer {
			within, across := byGroup(w, group, pairs, n)
			o.within, o.across = append(o.within, within), append(o.across, across)
			own = append(own, standardised(ranksOf(pick(w, pairs, n))))
			o.mantel = append(o.mantel, dot(own[len(own)-1], standard))
			o.permuted = append(o.permuted, make([]float64, set.Permutations))
		}
	}
	xs := make([]float64, len(pairs))
	for r := range set.Permutations {
		if err := ctx.Err(); err != nil {
			return err
		}
		order := rng.Perm(n)
		for k, p := range pairs {
			xs[k] = rank[order[p[0]]*n+order[p[1]]]
		}
		relabelled := standardised(xs)
		for h, x := range own {
			o.permuted[h][r] = dot(x, relabelled)
		}
	}
	if number == 0 {
		o.all = mapOf(similarity, maps, group)
	}
	return nil
}

// summarise takes the means over prompts.
func summarise(c Config, found []onePrompt, set StudySettings) *Study {
	s := &Study{Groups: set.Groups, Prompts: set.Prompts, Map: found[0].all}
	count := float64(len(found))
	n := len(s.Map.Group)
	for _, o := range found {
		s.SimilarityWithin += o.similarity[0] / count
		s.SimilarityAcross += o.similarity[1] / count
	}
	share := float64(n/set.Groups-1) / float64(n-1) // of pairs that are of one group
	s.Similarity = share*s.SimilarityWithin + (1-share)*s.SimilarityAcross
	for k := range found[0].mantel {
		h := HeadStudy{Layer: k/(c.Heads+1) + 1, Head: k % (c.Heads + 1)}
		permuted := make([]float64, set.Permutations)
		var square float64
		for _, o := range found {
			h.Within += o.within[k] / count
			h.Across += o.across[k] / count
			h.Mantel += o.mantel[k] / count
			for r, x := range o.permuted[k] {
				permuted[r] += x / count
			}
		}
		if set.Groups > 1 {
			h.Contrast = h.Within - h.Across
			for _, o := range found {
				d := o.within[k] - o.across[k] - h.Contrast
				square += d * d
			}
			h.ContrastSE = math.Sqrt(square / (count - 1) / count)
		}
		atLeast := 1
		for _, x := range permuted {
			if x >= h.Mantel {
				atLeast++
			}
		}
		h.MantelP = float64(atLeast) / float64(1+set.Permutations)
		s.Heads = append(s.Heads, h)
	}
	return s
}

// similarityOf returns 1 - Hamming distance/length of every two chains, [n, n].
func similarityOf(chains []markov.State, n int) []float64 {
	length := len(chains) / n
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			same := 0
			for k := range length {
				if chains[i*length+k] == chains[j*length+k] {
					same++
				}
			}
			out[i*n+j] = float64(same) / float64(length)
		}
	}
	return out
}

// byGroup returns the mean of the entries of pairs in one group, and in two, 0
// where there are none.
func byGroup(w []float64, group []int, pairs [][2]int, n int) (within, across float64) {
	var sums [2]float64
	var counts [2]float64
	for _, p := range pairs {
		k := 0
		if group[p[0]] != group[p[1]] {
			k = 1
		}
		sums[k] += w[p[0]*n+p[1]]
		counts[k]++
	}
	return sums[0] / max(1, counts[0]), sums[1] / max(1, counts[1])
}

// mapOf orders the chains by group.
func mapOf(similarity []float64, maps [][][]float64, group []int) Map {
	n := len(group)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return group[a] - group[b] })
	sorted := func(w []float64) []float64 {
		out := make([]float64, n*n)
		for i, a := range order {
			for j, b := range order {
				out[i*n+j] = w[a*n+b]
			}
		}
		return out
	}
	m := Map{Chains: n, Similarity: sorted(similarity)}
	for _, i := range order {
		m.Group = append(m.Group, group[i])
	}
	for _, layer := range maps {
		var heads [][]float64
		for _, w := range layer {
			heads = append(heads, sorted(w))
		}
		m.Weights = append(m.Weights, heads)
	}
	return m
}

// pick returns the entries of pairs of a matrix [n, n].
func pick(w []float64, pairs [][2]int, n int) []float64 {
	out := make([]float64, len(pairs))
	for k, p := range pairs {
		out[k] = w[p[0]*n+p[1]]
	}
	return out
}
