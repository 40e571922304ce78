// Package train fits models by descent: linear self-attention of any depth, and
// nonlinear transformers.
//
// A [Problem] is a task, a [Config] and a seed; [Run] solves it and [RunSeeds]
// solves it for several seeds at once. Of a linear model nothing but the Gram matrix
// of a prompt enters a step, so its cost does not depend on the number of in-context
// chains, and memory is bounded by the batch.
//
// The same problem gives the same bits for any number of workers: a batch is cut
// into chunks by its size alone, and their gradients are added in order. Prompts
// are a function of seed and number, so an interrupted run that is resumed from
// its checkpoint ends where it would have ended.
//
//	config := train.Defaults()
//	config.Layers, config.Steps = 3, 1000
//	result, err := train.Run(ctx, train.Problem{Task: task, Config: config, Seed: 1}, train.Settings{})
//	fmt.Println(result.Fresh.MSE.Mean, result.Fresh.MSE.SE)
//	err = lsa.Save("params.safetensors", result.Model)
//
// Where to read what:
//
//   - config.go: Config, all settings with their defaults
//   - run.go: Run, the loop; initial.go: parameters to begin with; seeds.go: RunSeeds
//   - objective.go: what a loss is; prompts.go: of batches; form.go: of one
//     layer, as a quadratic form; laws.go: of the infinite context, any depth
//   - optimizer.go, lbfgs.go: the ways down; schedule.go: the step size
//   - transformer.go: the run of a nonlinear model
//   - evaluate.go: loss and accuracy on fresh prompts; exact.go: exact risk, d = 1
//   - checkpoint.go, history.go: files
package train
