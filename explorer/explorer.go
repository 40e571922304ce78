// Package explorer is the laboratory as a page in a browser: the built page,
// embedded, and the HTTP handler that answers its questions.
//
//	err := http.ListenAndServe("127.0.0.1:8017", explorer.NewHandler(explorer.Options{}))
//
// The contract is one: POST /ask takes a question as JSON, the command and its
// flags by their names, and answers with the bytes that the command line's
// --json prints for it. Files that a question names come with the question, as
// parts of a multipart form; no path of a question is ever opened on the server.
// A client that accepts text/event-stream is told of progress meanwhile, and
// whoever closes the connection cancels the work.
//
//	handler.go   the routes, what may be asked how often, and the answers
//	origin.go    who may ask: the page itself, nobody else's
//	limits.go    how many questions are worked on at once
//	memory.go    answers that are kept in memory
//	disk.go      and in a folder, by package store
//	site.go      the page as files to publish anywhere, with the WebAssembly build
//	page         sources of the page; build bundles them into dist
//
// The same page works without a server: then cmd/explorer, compiled to
// WebAssembly, answers in a worker of the browser.
package explorer

import (
	"embed"
	"io/fs"
)

//go:generate go run ./build

//go:embed all:dist
var dist embed.FS

// Page returns the built page: index.html and what it loads.
func Page() fs.FS {
	page, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return page
}
