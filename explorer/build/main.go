// Build bundles the sources of the explorer's page into the folder that is
// embedded. It needs no Node: the libraries of the page stand in page/vendor as
// their authors publish them.
//
// Usage, in the explorer's folder: go run ./build, or go generate.
package main

import (
	"flag"
	"log"
	"os"

	"markovicl/explorer/build/bundle"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "dist", "folder of the built page")
	flag.Parse()
	files, err := bundle.Page("page")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		log.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(*out+"/"+name, data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
