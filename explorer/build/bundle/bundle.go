// Package bundle makes the explorer's page from its sources:
//
//	files, err := bundle.Page("explorer/page")
//
// Scripts become one file, minified, without Node: esbuild is a Go library, and the
// page's libraries stand in page/vendor as their authors publish them. Their
// licences become a file of the page. The same sources give the same bytes, so that
// a test can hold the committed page against them.
package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Page bundles the sources in a folder and returns the files of the page by name.
// The result depends on the sources and on the version of esbuild alone.
func Page(folder string) (map[string][]byte, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	library := func(name string) string { return filepath.Join(folder, "vendor", filepath.FromSlash(name)) }
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(folder, "main.js"), filepath.Join(folder, "worker.js"), filepath.Join(folder, "style.css")},
		Bundle:      true, MinifyWhitespace: true, MinifySyntax: true, MinifyIdentifiers: true,
		Format: api.FormatESModule, Target: api.ES2022, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsInline,
		Outdir: filepath.Join(folder, "out"), Outbase: folder, AbsWorkingDir: folder,
		Alias: map[string]string{
			"preact": library("preact/preact.js"), "preact/hooks": library("preact/hooks.js"), "htm": library("htm/htm.js"),
			"@preact/signals-core": library("signals/signals-core.js"), "@preact/signals": library("signals/signals.js"),
		},
	})
	var failed []error
	for _, e := range append(result.Errors, result.Warnings...) {
		where := ""
		if e.Location != nil {
			where = fmt.Sprintf("%s:%d: ", e.Location.File, e.Location.Line)
		}
		failed = append(failed, errors.New(where+e.Text))
	}
	if len(failed) > 0 {
		return nil, errors.Join(failed...)
	}
	files := map[string][]byte{}
	for _, f := range result.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		return nil, err
	}
	files["index.html"] = page
	notice, err := licences(filepath.Join(folder, "vendor"))
	if err != nil {
		return nil, err
	}
	files["LICENCES.txt"] = notice
	return files, nil
}

// licences joins the licences of the libraries that are part of the page.
func licences(folder string) ([]byte, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*", "LICENSE"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no licences in %s: %v", folder, err)
	}
	var text strings.Builder
	text.WriteString("The page contains these libraries.\n")
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&text, "\n== %s\n\n%s\n", filepath.Base(filepath.Dir(path)), strings.TrimSpace(string(data)))
	}
	return []byte(text.String()), nil
}
