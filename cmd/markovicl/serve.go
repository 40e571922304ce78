package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"markovicl/explorer"
	"markovicl/sweep"
)

type serveCmd struct {
	Addr        string        `default:"127.0.0.1:8017" placeholder:"HOST:PORT" help:"Where to listen; port 0 takes a free one."`
	AllowRemote bool          `help:"Listen on an address that other machines can reach, and answer them."`
	Host        []string      `placeholder:"NAME" help:"With --allow-remote: names under which other machines ask."`
	MaxTime     time.Duration `default:"2m" help:"Longest that one question may take."`
	MaxBody     int64         `default:"16777216" help:"Largest question with its files, in bytes."`
	Concurrency int           `default:"2" help:"Questions worked on at once."`
	Cache       string        `placeholder:"DIR" help:"Folder in which answers are kept, 256 MB at most; markovicl/answers in the user's cache folder if not given."`
	NoCache     bool          `help:"Keep answers in memory only."`
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
	case c.NoCache && c.Cache != "":
		return badInputf("--no-cache leaves nothing to do for --cache %s; give one of them", c.Cache)
	}
	options := explorer.Options{
		Remote: c.AllowRemote, Hosts: c.Host, MaxTime: c.MaxTime, MaxBody: c.MaxBody, Work: c.Concurrency,
		Cache: c.cache(a),
	}
	if kept, ok := options.Cache.(*explorer.Disk); ok {
		go kept.Open() // while the page is being loaded
	}
	err := explorer.Serve(a.ctx, c.Addr, options, func(url string) {
		fmt.Fprintf(a.stdout, "the explorer is at %s (Ctrl-C ends it)\n", url)
		if c.AllowRemote {
			fmt.Fprintln(a.stdout, "everybody who can reach this address can make this machine work; questions are not encrypted, and there are no accounts")
		}
	})
	if errors.Is(err, explorer.ErrRemote) {
		return badInput(fmt.Errorf("%w; add --allow-remote if that is meant", err))
	}
	if err != nil && a.ctx.Err() == nil {
		return badInput(err)
	}
	return err
}

// cache is where answers are kept. What is wrong with a folder is told once; the server
// does without it.
func (c *serveCmd) cache(a *app) explorer.Cache {
	dir := c.Cache
	if dir == "" && !c.NoCache {
		caches, err := os.UserCacheDir()
		if err != nil {
			a.aside(fmt.Errorf("answers are kept in memory: %w; name a folder with --cache", err))
		} else {
			dir = filepath.Join(caches, "markovicl", "answers")
		}
	}
	if dir == "" {
		return explorer.NewMemory(explorer.DefaultMemory)
	}
	return explorer.NewDisk(dir, explorer.DefaultDisk, sweep.Build, a.aside)
}
