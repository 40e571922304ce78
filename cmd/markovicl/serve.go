package main

import (
	"fmt"
	"time"

	"markovicl/explorer"
)

type serveCmd struct {
	Addr        string        `default:"127.0.0.1:8017" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one."`
	AllowRemote bool          `help:"Listen on an address that other machines can reach, and answer them."`
	Host        []string      `placeholder:"NAME,.." help:"With --allow-remote: names under which other machines ask."`
	MaxTime     time.Duration `default:"2m" help:"Longest that one question may take."`
	MaxBody     int64         `default:"16777216" help:"Largest question with its files, in bytes."`
	Concurrency int           `default:"2" help:"Questions worked on at once."`
}

func (serveCmd) Help() string {
	return `Example: markovicl serve

Serves the explorer, the laboratory as a page in a browser, and answers its questions: a question as JSON,
sent to /ask with POST, gets the bytes that --json prints. Only this machine can ask, unless --allow-remote
is given.`
}

func (c *serveCmd) Run(a *app) error {
	switch {
	case c.MaxTime <= 0:
		return badInputf("--max-time must be positive, got %v", c.MaxTime)
	case c.MaxBody < 1:
		return badInputf("--max-body must be at least 1, got %d", c.MaxBody)
	case c.Concurrency < 1:
		return badInputf("--concurrency must be at least 1, got %d", c.Concurrency)
	case len(c.Host) > 0 && !c.AllowRemote:
		return badInputf("--host is for --allow-remote")
	}
	options := explorer.Options{
		Remote: c.AllowRemote, Hosts: c.Host, MaxTime: c.MaxTime, MaxBody: c.MaxBody, Work: c.Concurrency,
		Cache: explorer.NewMemory(explorer.DefaultMemory),
	}
	err := explorer.Serve(a.ctx, c.Addr, options, func(url string) {
		fmt.Fprintf(a.stdout, "the explorer is at %s (Ctrl-C ends it)\n", url)
		if c.AllowRemote {
			fmt.Fprintln(a.stdout, "everybody who can reach this address can make this machine work; questions are not encrypted, and there are no accounts")
		}
	})
	if err != nil && a.ctx.Err() == nil {
		return badInput(err)
	}
	return err
}
