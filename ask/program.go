package ask

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"gonum.org/v1/gonum/blas/blas64"

	"markovicl/internal/dense"
	"markovicl/lsa"
)

// Kernels names the loops that answers are computed with on this machine and in this
// program: those of linear models, of nonlinear ones and certificates, and what gonum
// multiplies matrices with. The bytes of an answer are the same for one
// build, architecture and kernels, so that a store of answers has them in its keys:
//
//	build, err := store.Build(ask.Kernels())
func Kernels() string {
	return fmt.Sprintf("lsa %s; dense %s; gonum %T", lsa.Kernels(), dense.Kernels(), blas64.Implementation())
}

// Program says which program this is: what a report of a fault needs.
type Program struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source; "" where the build does not know it
	Modified bool   `json:"modified"` // the source had changes that are in no revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Kernels  string `json:"kernels"`
}

// ThisProgram returns the Program that runs.
func ThisProgram() Program {
	p := Program{
		Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Kernels: lsa.Kernels() + " for prompts, " + dense.Kernels() + " for products of matrices",
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return p
	}
	if build.Main.Version != "" {
		p.Version = build.Main.Version
	}
	for _, s := range build.Settings {
		switch s.Key {
		case "vcs.revision":
			p.Revision = s.Value
		case "vcs.modified":
			p.Modified = s.Value == "true"
		}
	}
	return p
}
