package transformer_test

import (
	"fmt"
	"math/rand/v2"

	"markovicl/markov"
	"markovicl/transformer"
)

// A few steps of training, and a prediction.
func Example() {
	task, err := markov.NewTask(markov.Spec{D: 1, N: "8"})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := transformer.New(transformer.Config{Width: 16, Blocks: 1, Heads: 2}.For(task, 8))
	if err != nil {
		fmt.Println(err)
		return
	}
	model.Draw(rand.New(rand.NewPCG(1, 1)))
	const batch = 32
	trainer, err := transformer.NewTrainer(model, task, batch, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer trainer.Close()
	sampler, err := markov.NewSampler(task, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	var prompt markov.Prompt
	var first, last float64
	for step := range 100 {
		if err := trainer.Start(8); err != nil {
			fmt.Println(err)
			return
		}
		for i := range batch {
			if err := sampler.Prompt(&prompt, uint64(step*batch+i)); err != nil {
				fmt.Println(err)
				return
			}
			trainer.Set(i, &prompt)
		}
		loss, norm, err := trainer.Gradient()
		if err != nil {
			fmt.Println(err)
			return
		}
		trainer.Update(step, min(1, 1/norm), transformer.Adam{Rate: 3e-3, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8})
		if step == 0 {
			first = loss
		}
		last = loss
	}
	shared, err := transformer.Share(model, task)
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := shared.NewPredictor().Predict(&prompt)
	fmt.Println("the loss has fallen:", last < first, "- a prediction near a label:", y > -0.5 && y < 1.5, err)
	// Output: the loss has fallen: true - a prediction near a label: true <nil>
}
