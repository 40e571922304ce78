package ask

import (
	"context"
	"math/rand/v2"

	"markovicl/markov"
	"markovicl/transformer"
)

// Attention asks whether chains of the same kernel attend to each other (paper, Figure
// 7). Its answer is an AttentionAnswer.
type Attention struct {
	Task
	Params       string `placeholder:"FILE" help:"Parameters of a transformer (.safetensors)."`
	Groups       int    `default:"2" help:"Kernels in a prompt; its n chains are divided among them."`
	Prompts      int    `default:"200" help:"Number of prompts."`
	Permutations int    `default:"199" help:"Relabelings of the chains in the test of the correlation."`
	Seed         uint64 `default:"1" help:"Seed of the prompts, of the relabelings, and of the untrained model."`
	Maps         bool   `help:"Add the maps of the first prompt: attention of each head from chain to chain, and the similarity of chains."`
}

// Command implements Question.
func (*Attention) Command() string { return "attention" }

// AttentionAnswer is what the attention of a model has to do with the groups of its
// prompts, beside an untrained model of the same shape.
type AttentionAnswer struct {
	Task    markov.Task        `json:"task"`
	Model   transformer.Config `json:"model"`
	Groups  int                `json:"groups"`
	Prompts int                `json:"prompts"`
	// Similarity of two chains, 1 - Hamming distance/length: of all, of one group, and of
	// two, which is null with one group.
	Similarity       float64         `json:"similarity"`
	SimilarityWithin float64         `json:"similarity_within"`
	SimilarityAcross *float64        `json:"similarity_across"`
	Layers           []HeadAttention `json:"layers"`
	Untrained        []HeadAttention `json:"untrained"`
	SimilarityMap    [][]float64     `json:"similarity_map,omitempty"` // [n][n] of the first prompt, chains ordered by group

	study *transformer.Study
}

// HeadAttention is one head of a layer; head 0 is the mean over the layer's heads.
type HeadAttention struct {
	Layer      int      `json:"layer"`
	Head       int      `json:"head"`
	Within     float64  `json:"within"` // mean attention between chains of a group
	Across     *float64 `json:"across"` // null with one group, as are the next two
	Contrast   *float64 `json:"contrast"`
	ContrastSE *float64 `json:"contrast_se"`
	Mantel     float64  `json:"mantel"` // rank correlation of attention and similarity
	MantelP    float64  `json:"mantel_p"`

	// Map is, on the first prompt, the attention of chain i (row) to chain j.
	Map [][]float64 `json:"map,omitempty"`
}

// Study returns the numbers with the map of the first prompt, for tables and plots.
func (a *AttentionAnswer) Study() *transformer.Study { return a.study }

func (q *Attention) ask(ctx context.Context, env Env) (Answer, error) {
	if q.Params == "" {
		return nil, inputf("params", "there is no model whose attention could be seen; give `params`, the file of a transformer")
	}
	if q.Permutations < 1 {
		return nil, inputf("permutations", "`permutations` must be at least 1, got %d", q.Permutations)
	}
	read, err := env.readModel("params", q.Params)
	if err != nil {
		return nil, err
	}
	if read.nonlinear == nil {
		return nil, inputf("params", "%s holds linear self-attention, whose weights are no shares; this is for transformers", q.Params)
	}
	spec, err := q.oneSpec(env)
	if err != nil {
		return nil, err
	}
	if spec.D == 0 {
		if spec.D, err = positionsOf(read.dim(), spec, 0); err != nil {
			return nil, err
		}
	}
	task, err := markov.NewTask(spec)
	if err != nil {
		return nil, input("", err)
	}
	set := transformer.StudySettings{Groups: q.Groups, Prompts: q.Prompts, Permutations: q.Permutations, Seed: q.Seed}
	set.Progress = func(done int) { env.progress("prompts", done, 2*q.Prompts) }
	trained, err := transformer.StudyAttention(ctx, read.nonlinear, task, set)
	if err != nil {
		return nil, inputUnlessEnded(ctx, "", err)
	}
	fresh, err := transformer.New(read.nonlinear.Config)
	if err != nil {
		return nil, err
	}
	fresh.Draw(rand.New(markov.Stream(q.Seed, 0)))
	set.Progress = func(done int) { env.progress("prompts", q.Prompts+done, 2*q.Prompts) }
	untrained, err := transformer.StudyAttention(ctx, fresh, task, set)
	if err != nil {
		return nil, err
	}
	answer := AttentionAnswer{
		Task: task, Model: read.nonlinear.Config, Groups: q.Groups, Prompts: q.Prompts,
		Similarity: trained.Similarity, SimilarityWithin: trained.SimilarityWithin,
		Layers: headsOf(trained), Untrained: headsOf(untrained), study: trained,
	}
	if q.Groups > 1 {
		answer.SimilarityAcross = &trained.SimilarityAcross
	}
	if q.Maps {
		answer.addMaps(&trained.Map)
	}
	return answer, nil
}

// addMaps adds the maps of a prompt.
func (a *AttentionAnswer) addMaps(m *transformer.Map) {
	a.SimilarityMap = rowsOf(m.Similarity, m.Chains)
	for i, h := range a.Layers {
		a.Layers[i].Map = rowsOf(m.Weights[h.Layer-1][h.Head], m.Chains)
	}
}

func headsOf(s *transformer.Study) []HeadAttention {
	var out []HeadAttention
	for i := range s.Heads {
		h := &s.Heads[i]
		one := HeadAttention{Layer: h.Layer, Head: h.Head, Within: h.Within, Mantel: h.Mantel, MantelP: h.MantelP}
		if s.Groups > 1 {
			one.Across, one.Contrast, one.ContrastSE = &h.Across, &h.Contrast, &h.ContrastSE
		}
		out = append(out, one)
	}
	return out
}
