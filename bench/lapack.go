package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	gonumblas "gonum.org/v1/gonum/blas/gonum"
	gonumlapack "gonum.org/v1/gonum/lapack/gonum"

	"markovicl/internal/dense"
	"markovicl/internal/eigen"
)

// The comparison of the algebra under the certificates with OpenBLAS, which brings its own
// LAPACK, and with gonum: each operation on the same matrix, the sides in turn.

// algebra is an operation, and on OpenBLAS the request that lapack.py reads.
type algebra struct {
	What    string `json:"what"`
	File    string `json:"file"`
	N       int    `json:"n"`
	K       int    `json:"k"` // eigenpairs
	Threads int    `json:"threads"`

	title string
	goal  float64 // our time may be so many times OpenBLAS's
	gonum float64 // and gonum's must be so many times ours: no goal if 1, not measured if 0
}

// timing is what an operation took on one side. Result must be the same on all.
type timing struct{ Seconds, Processor, Result float64 }

func algebras() []algebra {
	return []algebra{
		{What: "product", N: 1211, title: "product (Dgemm)", goal: 1 / 0.85, gonum: 6},
		{What: "cholesky", N: 1211, title: "Cholesky factor (Dpotrf)", goal: 1.3, gonum: 1},
		{What: "cholesky", N: 3841, title: "Cholesky factor (Dpotrf)", goal: 1.3, gonum: 4},
		{What: "tridiagonal", N: 1211, title: "tridiagonal form (Dsytrd)", goal: 2},
		{What: "lowest", N: 1211, K: 10, title: "lowest 10 eigenpairs (dsyevr)", goal: 3},
		{What: "lowest", N: 1211, K: 242, title: "lowest fifth of the eigenpairs (dsyevr)", goal: 3},
	}
}

// symmetric returns a random symmetric matrix ([n, n]), definite if asked for.
func symmetric(n int, definite bool) []float64 {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	a := make([]float64, n*n)
	for i := range n {
		for j := range i {
			a[i*n+j] = rng.NormFloat64()
			a[j*n+i] = a[i*n+j]
		}
		if a[i*n+i] = rng.NormFloat64(); definite { // beyond the edge 2 sqrt(n) of the spectrum
			a[i*n+i] += 2.5 * math.Sqrt(float64(n))
		}
	}
	return a
}

// ours runs an operation on this project's side, or in gonum as it comes.
func (o *algebra) ours(a []float64, byGonum bool) (t timing, err error) {
	n := o.N
	if byGonum { // whose LAPACK runs on the BLAS in use
		blas64.Use(gonumblas.Implementation{})
		defer blas64.Use(dense.BLAS{})
	}
	var run func() error
	var result func() float64
	trace := func(x []float64) (sum float64) {
		for i := range n {
			sum += x[i*n+i]
		}
		return sum
	}
	switch o.What {
	case "product":
		c := make([]float64, n*n)
		var impl blas.Float64 = dense.BLAS{}
		if byGonum {
			impl = gonumblas.Implementation{}
		}
		run = func() error {
			impl.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, a, n, 0, c, n)
			return nil
		}
		result = func() float64 { return trace(c) }
	case "cholesky":
		x := append([]float64(nil), a...)
		factor := dense.LAPACK{}.Dpotrf
		if byGonum {
			factor = gonumlapack.Implementation{}.Dpotrf
		}
		run = func() error {
			if !factor(blas.Upper, n, x, n) {
				return errors.New("a definite matrix has no Cholesky factor")
			}
			return nil
		}
		result = func() float64 { return trace(x) }
	case "tridiagonal":
		s := eigen.New(n)
		var d, e []float64
		run = func() (err error) { d, e, err = s.Tridiagonal(context.Background(), a); return err }
		result = func() float64 {
			var sum float64
			for i, x := range d {
				sum += x * x
				if i > 0 {
					sum += 2 * e[i-1] * e[i-1]
				}
			}
			return math.Sqrt(sum)
		}
	case "lowest":
		s := eigen.New(n)
		var values []float64
		run = func() (err error) {
			values, _, _, err = s.Lowest(context.Background(), a, func([]float64) int { return o.K })
			return err
		}
		result = func() (sum float64) {
			for _, x := range values {
				sum += x
			}
			return sum
		}
	}
	runtime.GC()
	start, used := time.Now(), processorTime()
	if err := run(); err != nil {
		return t, err
	}
	return timing{time.Since(start).Seconds(), processorTime() - used, result()}, nil
}

// sides collects what the turns of an operation gave.
type sides struct{ ours, theirs, gonum, ratio, used, times, timesUsed []float64 }

func (o *algebra) turns(rounds int, other *process, a []float64) (s sides, err error) {
	for round := -1; round < rounds; round++ { // the first turn warms up
		var theirs, gonum timing
		if other != nil {
			if err := other.ask(o, &theirs); err != nil {
				return s, err
			}
		}
		ours, err := o.ours(a, false)
		if err != nil {
			return s, err
		}
		if round >= 0 && o.gonum > 0 {
			if gonum, err = o.ours(a, true); err != nil {
				return s, err
			}
		}
		for _, r := range []float64{theirs.Result, gonum.Result} {
			if r != 0 && math.Abs(r-ours.Result) > 1e-9*math.Abs(ours.Result) {
				return s, fmt.Errorf("%s, n = %d: %.17g here, %.17g there", o.title, o.N, ours.Result, r)
			}
		}
		if round < 0 {
			continue
		}
		s.ours, s.theirs, s.gonum = append(s.ours, ours.Seconds), append(s.theirs, theirs.Seconds), append(s.gonum, gonum.Seconds)
		s.ratio, s.used = append(s.ratio, ours.Seconds/theirs.Seconds), append(s.used, ours.Processor/theirs.Processor)
		s.times, s.timesUsed = append(s.times, gonum.Seconds/ours.Seconds), append(s.timesUsed, gonum.Processor/ours.Processor)
	}
	return s, nil
}

// runLAPACK compares the operations on one and two threads, and prints a table.
func runLAPACK(python, library string, rounds int) error {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	fmt.Printf("%s, kernels %s", runtime.Version(), dense.Kernels())
	other := &process{}
	var hello struct{ Config, Core string }
	if err := other.start(&hello, python, "lapack.py", library); err != nil {
		fmt.Printf("; no OpenBLAS (%v): this project and gonum alone", err)
		other = nil
	} else {
		defer other.close()
		fmt.Printf("; %s, kernels %s", hello.Config, hello.Core)
	}
	fmt.Printf("; medians of %d turns\n\n", rounds)
	fmt.Println("| operation | n | threads | ours, ms | OpenBLAS, ms | ours to OpenBLAS, clock | processor time | goal | gonum, ms | gonum to ours, clock | processor time | goal |")
	fmt.Println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, o := range algebras() {
		a := symmetric(o.N, o.What == "cholesky")
		o.File = filepath.Join(folder, "matrix"+fmt.Sprint(o.N)+o.What)
		if err := writeNumbers(o.File, a); err != nil {
			return err
		}
		for threads := 1; threads <= min(2, before); threads++ {
			o.Threads = threads
			runtime.GOMAXPROCS(threads)
			s, err := o.turns(rounds, other, a)
			if err != nil {
				return err
			}
			fmt.Printf("| %s | %d | %d | %.1f | ", o.title, o.N, threads, 1e3*median(s.ours))
			if other == nil {
				fmt.Print("| | | | ")
			} else {
				fmt.Printf("%.1f | %.2f | %.2f | %.2f | ", 1e3*median(s.theirs), median(s.ratio), median(s.used), o.goal)
			}
			if o.gonum == 0 {
				fmt.Println("| | | |")
			} else {
				fmt.Printf("%.1f | %.1f | %.1f | ", 1e3*median(s.gonum), median(s.times), median(s.timesUsed))
				if o.gonum > 1 {
					fmt.Printf("%.0f ", o.gonum)
				}
				fmt.Println("|")
			}
		}
	}
	return nil
}

func writeNumbers(name string, a []float64) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := binary.Write(f, binary.LittleEndian, a); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
