package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"markovicl/sweep"
)

type workerCmd struct {
	DB          string        `name:"db" required:"" placeholder:"postgres://USER@HOST/DATABASE" help:"The database with the questions."`
	Concurrency int           `placeholder:"N" help:"Questions at the same time; one for each processor if not given."`
	Memory      string        `placeholder:"SIZE" help:"What questions may need together, by estimate, such as 8GB; three quarters of the machine's if not given. A question that needs more is refused."`
	Timeout     time.Duration `default:"10m" help:"Time of a question, beside a hundred times its estimate; each further attempt has twice the time. A job whose worker was lost is asked again after it."`
	Drain       bool          `help:"End as soon as no question waits or runs."`
}

func (workerCmd) Help() string {
	return `Example: markovicl worker --db postgres://lab@server/sweeps --concurrency 2

Answers the questions that markovicl sweep --db has put into a database, until it is told to end (Ctrl-C or
SIGTERM, then it gives the questions that run back). Any number of workers on any machines share one
database and nothing else; each answers the sweeps of its own build. A password stands in PGPASSWORD or in
~/.pgpass, not on the command line.`
}

func (c *workerCmd) Run(a *app) error {
	if c.Concurrency < 0 {
		return badInputf("`concurrency` must not be negative, got %d", c.Concurrency)
	}
	if c.Timeout < time.Second {
		return badInputf("`timeout` must be a second at least, got %v", c.Timeout)
	}
	memory, err := sweep.ParseBytes(c.Memory)
	if err != nil {
		return err
	}
	s := sweep.WorkerSettings{Concurrency: c.Concurrency, Timeout: c.Timeout, Drain: c.Drain, Memory: memory}
	db, err := sweep.OpenDatabase(a.ctx, c.DB)
	if err != nil && a.ctx.Err() != nil {
		return a.workerEnds(0, 0) // before there was a question
	}
	if err != nil {
		return err
	}
	defer db.Close()
	var done, failed, said atomic.Int64
	said.Store(time.Now().Unix())
	s.Notify = func(text string) { a.tell("%s", text) }
	s.Progress = func(d, f int) {
		done.Store(int64(d))
		failed.Store(int64(f))
		if last := said.Load(); time.Now().Unix()-last >= 60 && said.CompareAndSwap(last, time.Now().Unix()) {
			a.tell("%d answered, %d failed", d, f)
		}
	}
	a.tell("waiting for questions")
	if err := db.Work(a.ctx, s); err != nil && a.ctx.Err() == nil {
		return err
	}
	return a.workerEnds(done.Load(), failed.Load())
}

// workerEnds says what a worker has done, whoever told it to end.
func (a *app) workerEnds(done, failed int64) error {
	a.answered = true
	_, err := fmt.Fprintf(a.stdout, "answered   %d\nfailed     %d\n", done, failed)
	return err
}
