package main

import (
	"errors"
	"fmt"

	"markovicl/ask"
	"markovicl/ask/exhibit"
	"markovicl/figure"
	"markovicl/internal/atomicfile"
)

type recoverCmd struct {
	ask.Recover
	exhibits
	Certificate string `placeholder:"FILE.npz" help:"Write the certificate of the lower bound to this file."`
	Picture     string `placeholder:"FILE" help:"Draw the loss of the best transformer by direction of b, with its local minima, as SVG or PNG: for d = 1 and 2."`
}

func (recoverCmd) Help() string {
	return `Example: markovicl recover --d 4 --n 10 --certificate c.npz && markovicl recover --verify c.npz

Is there a one-layer transformer that attains the enlarged optimum? Which one? And if there is none, which is
the best, and how good could any be? The best transformer comes from a local search with many starts; the
lower bound from a semidefinite certificate whose check allows for every rounding error, so that
"certified": true is a proof that no one-layer transformer with one head is better by more than one part in
a million. Where that leaves a gap, and with --bias or --embedding onehot, --level 1 tries a stronger
certificate.`
}

func (c *recoverCmd) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	env := a.env()
	if c.Picture != "" {
		env.Refuse = exhibit.CheckDirections
	}
	return c.answer(a, &c.Recover, env, func(answer *ask.Answer) error {
		if results, ok := (*answer).(ask.Results[ask.RecoverAnswer]); ok {
			return c.save(&results[0])
		}
		return nil
	})
}

// check refuses files that could not be written, before the work.
func (c *recoverCmd) check() error {
	several := len(c.N) > 1
	if err := c.single(map[string]bool{"--certificate": c.Certificate != "", "--picture": c.Picture != ""}); err != nil {
		return err
	}
	switch {
	case c.Certificate+c.Picture == "":
		return nil
	case c.X != "" || c.Verify != "":
		return badInputf("--certificate and --picture are for the best transformer of a task; leave them out with --x and --verify")
	case c.Certificate != "" && several:
		return badInputf("--certificate writes one file; give one value of --n")
	case c.Certificate != "" && c.Heads > 1:
		return badInputf("--certificate is about one head; leave out --heads or --certificate")
	case c.Picture != "" && (several || c.Heads > 1):
		return badInputf("--picture draws one task with one head; give one value of --n")
	}
	if c.Picture != "" {
		if err := drawn("--picture", c.Picture); err != nil {
			return err
		}
	}
	for _, path := range []string{c.Certificate, c.Picture} {
		if path == "" {
			continue
		}
		if err := atomicfile.Check(path); err != nil {
			return badInput(err)
		}
	}
	return nil
}

// save writes the files of an answer.
func (c *recoverCmd) save(answer *ask.RecoverAnswer) error {
	var failed error
	if c.Certificate != "" {
		files, err := answer.Files()
		switch {
		case err != nil:
		case files == nil:
			err = fmt.Errorf("there is no certificate to write: the method of the lower bound is %q", answer.Method)
		default:
			if err = atomicfile.Write(c.Certificate, files[0].Data); err == nil {
				answer.Certificate = c.Certificate
			}
		}
		failed = err
	}
	if c.Picture != "" {
		failed = errors.Join(failed, writePicture(c.Picture, func() (figure.Plot, error) { return exhibit.Directions(answer) }))
	}
	return failed
}
