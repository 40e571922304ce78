package markov

// Source is where prompts come from: prompt i into p, whose slices it reuses, the same
// whenever it is asked for. Several goroutines may ask at once, each with its own p. A
// [Sampler] is one, and so are the windows of a chain file.
type Source interface {
	Prompt(p *Prompt, i uint64) error
}

var _ Source = (*Sampler)(nil)
