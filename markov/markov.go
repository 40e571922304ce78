// Package markov describes the tasks of in-context learning of Markov chains
// and draws prompts from them.
//
// A [Task] says how a prompt comes about. One transition kernel P is drawn
// from a [Prior] (rows independent, row s ~ Dirichlet(alpha_s)); then n
// in-context chains and one query chain, each of d+1 states, are run by that
// kernel from a [Start] law; an [Embedding] turns states into numbers. The
// learner sees the n chains and the first d states of the query, and predicts
// the query's last state. Ding et al., "Optimality and NP-Hardness of
// Transformers in Learning Markovian Dynamical Functions" (NeurIPS 2025,
// arXiv 2510.18638), Section 2.
//
//	task, err := markov.NewTask(markov.Spec{D: 3, N: "10", Prior: markov.PriorSpec{Text: "beta:2,5"}})
//	sampler, err := markov.NewSampler(task, 1)
//	var prompt markov.Prompt
//	err = sampler.Prompt(&prompt, 0) // the first prompt of seed 1, the same on every machine
//	Z0 := task.Z0(&prompt)           // what the paper's Eq. 3 makes of it
//
// Where to read what:
//
//   - task.go: Spec (the words of a user) and Task (validated, immutable)
//   - taskfile.go: tasks as YAML and JSON
//   - prior.go, start.go, embedding.go: the parts of a task
//   - rational.go: exact numbers, as users write them
//   - mixture.go, regression.go: the other families, and their files
//   - kernel.go: a transition kernel and its stationary law
//   - prompt.go: one prompt, its matrix Z0, its Gram matrix, its features
//   - sampler.go: prompts drawn from a task, reproducibly
//   - gramsampler.go: the same straight into Gram matrices, 64 chains at once;
//     gramsums.go counts their bits, xoshiro.go is where they come from, and
//     gramsource.go shows them as prompts
//
// Package chainfile reads chains from files.
//
// Besides the paper's chains there are chains of order k, whose next state depends
// on the last k; a prior of finitely many kernels, [Mixture]; and linear
// regression, [Regression], a family of its own.
//
// The numbers of prior and start are kept as exact fractions, so that moments
// of a task can be had exactly; floats derive from them.
package markov

// State is the index of a state, in 0..S-1.
type State = uint8

// MaxStates is the largest number of states a task may have.
const MaxStates = 256
