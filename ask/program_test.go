package ask_test

import (
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	blas "gonum.org/v1/gonum/blas/gonum"

	"markovicl/ask"
	"markovicl/internal/dense"
	"markovicl/lsa"
)

// The kernels of both packages are named, and another BLAS under gonum is another name.
func TestKernels(t *testing.T) {
	plain := ask.Kernels()
	if !strings.Contains(plain, lsa.Kernels()) || !strings.Contains(plain, dense.Kernels()) {
		t.Errorf("%q names neither %q nor %q", plain, lsa.Kernels(), dense.Kernels())
	}
	blas64.Use(dense.BLAS{})
	defer blas64.Use(blas.Implementation{})
	if fast := ask.Kernels(); fast == plain {
		t.Errorf("%q with and without the products of package dense", fast)
	}
}
