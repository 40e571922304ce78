package ask

import (
	"fmt"

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
