package main

import (
	"fmt"
	"path/filepath"

	"markovicl/explorer"
	"markovicl/internal/atomicfile"
)

type siteCmd struct {
	Out    string `required:"" placeholder:"DIR" help:"Folder of the page."`
	Brotli bool   `help:"Compress the WebAssembly build with the program brotli as well, which takes a minute and saves a third."`
}

func (siteCmd) Help() string {
	return `Example: markovicl site --out site

Writes the explorer as static files that any web server can publish, with the laboratory compiled to
WebAssembly: visitors need nothing else, and nothing that they ask leaves their machine. A browser does not
run it from a file:// address.`
}

func (c *siteCmd) Run(a *app) error {
	if err := atomicfile.CheckFolder(c.Out); err != nil {
		return badInput(err)
	}
	env := a.env()
	end := a.showProgress(&env) // for how long it compiles
	err := explorer.WriteSite(a.ctx, c.Out, c.Brotli)
	end()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "wrote %s; publish the folder, or look at it with any static web server\n", filepath.Join(c.Out, "index.html"))
	return nil
}
