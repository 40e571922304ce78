package transformer

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"markovicl/markov"
)

func TestRanks(t *testing.T) {
	if got, want := ranksOf([]float64{3, 1, 3, 0, 3}), []float64{3, 1, 3, 0, 3}; !slices.Equal(got, want) {
		t.Errorf("ranks %v, want %v", got, want)
	}
	// Spearman's correlation by hand: ranks 0 1 2 3 against 1 0 3 2.
	a, b := standardised(ranksOf([]float64{10, 20, 30, 40})), standardised(ranksOf([]float64{5, 4, 9, 8}))
	if got := dot(a, b); math.Abs(got-0.6) > 1e-15 {
		t.Errorf("correlation %v, want 0.6", got)
	}
	if got := standardised([]float64{2, 2}); !slices.Equal(got, []float64{0, 0}) {
		t.Errorf("equal numbers become %v", got)
	}
}

// similar is a hand-made model whose attention grows with the inner product of the
// features of two chains of states -1, +1, that is with their similarity: no
// training, so its contrast must be positive and its correlation high; with negative
// keys it must be the opposite.
func similar(t *testing.T, task markov.Task, n int, sign float32) *Model {
	t.Helper()
	c := Config{Width: task.Dim(), Blocks: 1, Heads: 1, Joined: true, Full: true, NoMLP: true, NoNorm: true, NoPositions: true}
	m, err := New(c.For(task, n))
	if err != nil {
		t.Fatal(err)
	}
	D := task.Dim()
	for i := range D {
		m.tensors.readIn.w[i*D+i] = 1
		m.tensors.blocks[0].qkv.w[i*D+i] = 1
		m.tensors.blocks[0].qkv.w[(D+i)*D+i] = sign
	}
	return m
}

func TestStudyFindsSimilarity(t *testing.T) {
	const n = 24
	task := taskOf(t, markov.Spec{D: 7, N: "24", Embedding: "sign"})
	for _, sign := range []float32{1, -1} {
		s, err := StudyAttention(t.Context(), similar(t, task, n, sign), task, StudySettings{Groups: 2, Prompts: 30, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range s.Heads {
			if float64(sign)*h.Contrast < 3*h.ContrastSE || float64(sign)*h.Mantel < 0.95 || sign > 0 && h.MantelP != 1.0/200 || sign < 0 && h.MantelP != 1 {
				t.Errorf("sign %v: %+v", sign, h)
			}
		}
		if !(s.SimilarityWithin > s.SimilarityAcross) || !slices.IsSorted(s.Map.Group) || s.Map.Similarity[0] != 1 {
			t.Errorf("similarity %v within, %v across", s.SimilarityWithin, s.SimilarityAcross)
		}
		again, err := StudyAttention(t.Context(), similar(t, task, n, sign), task, StudySettings{Groups: 2, Prompts: 30, Seed: 3, Workers: 3})
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Errorf("another number of workers (%v):\n%s", err, diff)
		}
	}
}

// TestStudyOfChance: attention that has nothing to do with the chains has no
// contrast, and over many prompts and models p is not always small.
func TestStudyOfChance(t *testing.T) {
	task := taskOf(t, markov.Spec{D: 3, N: "16"})
	small := 0
	for seed := range uint64(10) {
		m := modelOf(t, Config{Width: 8, Blocks: 1, Heads: 1, NoNorm: true, NoMLP: true}, task, 16, seed)
		clear(m.tensors.readIn.w) // all that is left are positions
		s, err := StudyAttention(t.Context(), m, task, StudySettings{Groups: 2, Prompts: 20, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		h := s.Heads[0]
		if math.Abs(h.Contrast) > 5*h.ContrastSE {
			t.Errorf("seed %d: contrast %v of attention that sees positions only, standard error %v", seed, h.Contrast, h.ContrastSE)
		}
		if h.MantelP < 0.1 {
			small++
		}
	}
	if small > 5 {
		t.Errorf("p < 0.1 in %d of 10 models whose attention has nothing to do with the chains", small)
	}
}

func TestStudyErrors(t *testing.T) {
	task := taskOf(t, markov.Spec{D: 3, N: "16"})
	m, err := New(Config{Width: 8, Blocks: 1, Heads: 1}.For(task, 16))
	if err != nil {
		t.Fatal(err)
	}
	m.Draw(rand.New(rand.NewPCG(1, 1)))
	for want, set := range map[string]StudySettings{
		"n = 16 chains cannot be cut into 3": {Groups: 3},
		"too few to compare":                 {Groups: 16},
		"prompts must be at least 2":         {Prompts: 1},
		"more correlations than":             {Permutations: 1 << 40},
	} {
		if _, err := StudyAttention(t.Context(), m, task, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", set, err, want)
		}
	}
	if _, err := StudyAttention(t.Context(), m, task.WithContext(18), StudySettings{}); err == nil || !strings.Contains(err.Error(), "learned positions") {
		t.Errorf("more chains than positions: %v", err)
	}
}
