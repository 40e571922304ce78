//go:build release

package explorer

import (
	"embed"
	"io/fs"
)

// A release is built after explorer.wasm and wasm_exec.js were put into the folder
// built, which is not kept in the repository.
//
//go:embed built/explorer.wasm built/wasm_exec.js
var builtFiles embed.FS

var built fs.FS = builtFiles
