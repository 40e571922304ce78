package main

import (
	"errors"
	"fmt"
	"time"

	"markovicl/ask"
	"markovicl/internal/atomicfile"
	"markovicl/train"
)

type trainCmd struct {
	ask.Train
	exhibits
	Out    string `group:"Run" placeholder:"DIR" help:"Write parameters, history, result and checkpoints to this folder."`
	Resume bool   `group:"Run" help:"Continue the run in --out from its checkpoints; the result is the same to the bit."`
}

func (trainCmd) Help() string {
	return `Example: markovicl train --d 5 --n 100 --layers 4 --seeds 3 --out run

Trains linear self-attention by descent and prints the loss on fresh prompts beside the enlarged optimum, which
bounds every one-layer model from below, and the Bayes risk, which bounds every predictor. A run that is interrupted
(Ctrl-C, or kill) continues with --resume. --out holds params.safetensors and params.npz (the best seed),
seed-K.safetensors, history.csv and result.json.`
}

func (c *trainCmd) Run(a *app) error {
	start := time.Now()
	if err := c.single(map[string]bool{"--out": c.Out != ""}); err != nil {
		return err
	}
	if c.CheckpointEvery != nil && c.Out == "" {
		return badInputf("--checkpoint-every is for --out, the folder of the checkpoints")
	}
	checkpoints, err := c.checkpoints()
	if err != nil {
		return err
	}
	env := a.env()
	env.Checkpoints, env.Resume = checkpoints, c.Resume
	err = c.answer(a, &c.Train, env, func(answer *ask.Answer) error {
		if c.Out == "" {
			return nil
		}
		trained := (*answer).(ask.TrainAnswer)
		return save(c.Out, trained.Files)
	})
	if c.Out != "" {
		err = c.interruption(err)
	}
	if a.answered && !c.JSON && c.Format == "text" {
		fmt.Fprintf(a.stdout, "\n%.1f seconds in all\n", time.Since(start).Seconds())
	}
	return err
}

// checkpoints makes the folder and returns where its checkpoints are. It refuses to
// overwrite a run, and to continue one that is not there.
func (c *trainCmd) checkpoints() (train.Checkpoints, error) {
	switch {
	case c.Out == "" && c.Resume:
		return nil, badInputf("--resume needs --out, the folder of the run to continue")
	case c.Out == "":
		return nil, nil
	}
	if !c.Resume {
		if err := atomicfile.CheckFolder(c.Out); err != nil { // now rather than after the work
			return nil, badInput(err)
		}
	}
	folder, err := train.OpenFolder(c.Out)
	if err != nil {
		return nil, badInput(err)
	}
	switch found := folder.Seeds(c.Seed, c.Seeds); {
	case !c.Resume && len(found) > 0:
		return nil, badInputf("the folder %s holds a run of seed %d; --resume continues it, another --out starts anew", c.Out, found[0])
	case c.Resume && len(found) == 0:
		return nil, badInputf("%s holds no checkpoint of these seeds to continue from; leave out --resume to start a run there", c.Out)
	}
	return folder, nil
}

// interruption adds to an error what continues the run.
func (c *trainCmd) interruption(err error) error {
	if e, ok := errors.AsType[*ask.Error](err); ok && e.Kind == ask.Interrupted {
		e.Message = fmt.Sprintf("interrupted; the same command with --resume continues the run in %s", c.Out)
	}
	return err
}
