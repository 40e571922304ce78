// Package dense has the loops that nonlinear models and certificates spend their
// time in: matrix products from packed panels, and softmax, GELU, LayerNorm and Adam
// on vectors. [Use] makes gonum run on the products.
//
//	dense.Use() // once, in main
//
// Every operation stands here twice: as plain Go, which says what it is and is
// always there, and for amd64 processors with AVX2 and FMA as vector code, chosen
// at start-up by what the processor has. The two agree to rounding, not to the
// bit: the vector code fuses products into sums and sums in another order. Each
// of them gives the same bits for the same input, whatever the number of cores,
// because its order of summation follows from the sizes alone; the products of [BLAS]
// run on all cores, each entry on one. Build with -tags purego to leave the vector
// code out.
//
// Where to read what:
//
//   - gemm.go: [View], [Panels] and [Work.Mul], the product, for either float type
//   - gemm_amd64.s: its inner tile; pack.go: how panels are written
//   - blas.go: [BLAS], gonum's interface, and [Use]; product.go: products on all
//     cores; triangular.go: triangular and symmetric matrices by halves;
//     substitute.go: small triangular systems; symv.go: a symmetric matrix times a vector
//   - lapack.go: [LAPACK], Cholesky's factorisation
//   - vector.go: the element-wise operations; vector_amd64.s: their vector code
package dense

// Float is what matrices are made of.
type Float interface{ float32 | float64 }

// kernels names the versions in use.
var kernels = plainGo

const plainGo = "plain Go"

// Kernels names the loops in use on this machine: "plain Go", or the vector
// instructions. Results agree between them to rounding only.
func Kernels() string { return kernels }
