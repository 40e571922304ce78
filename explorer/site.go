package explorer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"markovicl/internal/atomicfile"
)

// Names of the files of the WebAssembly build, which the page loads where there is
// no server to ask.
const (
	wasmFile = "explorer.wasm"
	execFile = "wasm_exec.js" // Go's own loader, of the very toolchain
	modeFile = "mode"         // what the page asks first; a server answers it itself
)

// WriteSite writes the page and the WebAssembly build to a folder, as files that any
// web server can publish. The build is there compressed too, for servers that do not
// compress what they send: as explorer.wasm.gz, and with brotli as explorer.wasm.br, for
// which the program of that name is run; it takes a minute and saves a third.
//
// A release has the build inside (see built.go); elsewhere
// it is made with the Go toolchain, which takes the sources: it fails, and says so,
// where the program is not run in a checkout.
func WriteSite(ctx context.Context, folder string, brotli bool) error {
	return writeSite(ctx, folder, brotli, gzip.BestCompression)
}

func writeSite(ctx context.Context, folder string, brotli bool, level int) error {
	if err := atomicfile.CheckFolder(folder); err != nil {
		return err
	}
	files, err := wasmFiles(ctx)
	if err != nil {
		return err
	}
	page := Page()
	names, err := fs.Glob(page, "*")
	if err != nil {
		return err
	}
	for _, name := range names {
		if files[name], err = fs.ReadFile(page, name); err != nil {
			return err
		}
	}
	packed, err := pack(ctx, files[wasmFile], brotli, level)
	if err != nil {
		return err
	}
	mode := pageMode{Mode: "static"}
	for _, p := range packed {
		name := wasmFile + p.suffix
		files[name] = p.data
		mode.Packed = append(mode.Packed, [2]string{name, p.format})
	}
	if files[modeFile], err = json.Marshal(mode); err != nil {
		return err
	}
	for name, data := range files {
		if err := atomicfile.Write(filepath.Join(folder, name), data); err != nil {
			return err
		}
	}
	return nil
}

// pageMode tells the page who answers: "server", or "static" with the files, as pairs of
// name and format, in which it finds the laboratory compressed, the smallest first.
type pageMode struct {
	Mode   string      `json:"mode"`
	Packed [][2]string `json:"packed,omitempty"`
}

// packing is a file compressed in a format, by its name in browsers.
type packing struct {
	suffix, format string
	data           []byte
}

// pack compresses the WebAssembly build, the smallest first; level is that of gzip.
func pack(ctx context.Context, wasm []byte, brotli bool, level int) ([]packing, error) {
	var packed []packing
	if brotli {
		command := exec.CommandContext(ctx, "brotli", "-q", "11", "-w", "24", "-c")
		command.Stdin = bytes.NewReader(wasm)
		data, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("the program brotli, which compresses the build, failed: %w", err)
		}
		packed = append(packed, packing{".br", "brotli", data})
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(wasm); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return append(packed, packing{".gz", "gzip", out.Bytes()}), nil
}

// inlined are the packages whose loops are worth the size of inlined functions in the
// WebAssembly build; without inlining elsewhere it is a tenth smaller when compressed.
var inlined = []string{
	"runtime", "math/...", "gonum.org/v1/gonum/...", "markovicl/landscape", "markovicl/certificate", "markovicl/moment",
	"markovicl/lsa", "markovicl/internal/...",
}

// wasmFiles returns the WebAssembly build and its loader.
func wasmFiles(ctx context.Context) (map[string][]byte, error) {
	files := map[string][]byte{}
	if built != nil {
		for _, name := range []string{wasmFile, execFile} {
			data, err := fs.ReadFile(built, "built/"+name)
			if err != nil {
				return nil, fmt.Errorf("this release was built without %s: %w", name, err)
			}
			files[name] = data
		}
		return files, nil
	}
	module, err := goOutput(ctx, "list", "-m", "-f", "{{.Path}} {{.Dir}}")
	path, checkout, _ := strings.Cut(module, " ")
	if err != nil || path != "markovicl" {
		return nil, errors.New("the WebAssembly build is made from the sources: run the command in a checkout of markovicl, with Go installed, or use a release, which has it inside")
	}
	root, err := goOutput(ctx, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	if files[execFile], err = os.ReadFile(filepath.Join(root, "lib", "wasm", execFile)); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "markovicl-site-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	wasm := filepath.Join(scratch, wasmFile)
	args := []string{"build", "-trimpath", "-ldflags=-s -w", "-gcflags=all=-l"}
	for _, numeric := range inlined {
		args = append(args, "-gcflags="+numeric+"=")
	}
	build := exec.CommandContext(ctx, "go", append(args, "-o", wasm, "./cmd/explorer")...)
	build.Dir = checkout
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the WebAssembly build failed: %w\n%s", err, out)
	}
	files[wasmFile], err = os.ReadFile(wasm)
	return files, err
}

// goOutput runs the Go toolchain in the current folder.
func goOutput(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w %s", args[0], err, complaint.Bytes())
	}
	return strings.TrimSpace(string(out)), nil
}
