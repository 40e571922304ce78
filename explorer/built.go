//go:build !release

package explorer

import "io/fs"

// built holds the WebAssembly build in a release, see built_release.go.
var built fs.FS
