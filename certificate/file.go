package certificate

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"gonum.org/v1/gonum/mat"

	"markovicl/internal/atomicfile"
	"markovicl/internal/npz"
	"markovicl/moment"
)

// The arrays of a certificate file, an NPZ archive: l is a number, W [n, n] with
// n = q(q+1)^2, H [qm, qm], h [qm], c a number, and task the bytes of a JSON text,
// or one blank. A certificate of level 1 has the arrays P, U and G of its Multiplier
// as well, and a W of another size.
const (
	keyLower = "l"
	keyW     = "W"
	keyH     = "H"
	keyL     = "h"
	keyC     = "c"
	keyTask  = "task"
	keyP     = "P"
	keyU     = "U"
	keyG     = "G"
)

// WriteFile writes the certificate to a file, which appears complete or not at all.
func (c *Certificate) WriteFile(path string) error {
	return atomicfile.WriteTo(path, c.Encode)
}

// Encode writes the certificate as an NPZ archive with the keys l, W, H, h, c and
// task, at level 1 also P, U and G.
func (c *Certificate) Encode(w io.Writer) error {
	n := int(math.Round(math.Sqrt(float64(len(c.W)))))
	task := c.Task
	if task == "" {
		task = " "
	}
	archive := npz.NewWriter(w)
	matrix := func(key string, m mat.Matrix) error {
		rows, columns := m.Dims()
		return archive.Write(key, []int{rows, columns}, mat.DenseCopyOf(m).RawMatrix().Data)
	}
	err := errors.Join(
		archive.Write(keyLower, nil, []float64{c.Lower}),
		archive.Write(keyW, []int{n, n}, c.W),
		matrix(keyH, c.Form.H),
		archive.Write(keyL, []int{len(c.Form.L)}, c.Form.L),
		archive.Write(keyC, nil, []float64{c.Form.C}),
		archive.WriteBytes(keyTask, []byte(task)),
	)
	if m := c.Multiplier; m != nil {
		err = errors.Join(err, matrix(keyP, m.P), matrix(keyU, m.U), matrix(keyG, m.G))
	}
	return errors.Join(err, archive.Close())
}

// ReadCertificate reads a certificate file. It checks shapes, not the proof.
func ReadCertificate(path string) (*Certificate, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	c, err := DecodeCertificate(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("certificate file %s: %w", path, err)
	}
	return c, nil
}

// DecodeCertificate reads what Encode wrote. It checks shapes, not the proof.
func DecodeCertificate(r io.ReaderAt, size int64) (*Certificate, error) {
	archive, err := npz.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	if err := archive.Only(keyLower, keyW, keyH, keyL, keyC, keyTask, keyP+"?", keyU+"?", keyG+"?"); err != nil {
		return nil, err
	}
	// The length of h says what sizes all others have.
	h, err := archive.Read(keyL, -1)
	if err != nil {
		return nil, err
	}
	c := &Certificate{Form: &moment.Form{L: h.Data}}
	n := len(h.Data)
	for c.Form.Dim() < n {
		c.Form.Q++
	}
	if n == 0 || c.Form.Dim() != n {
		return nil, fmt.Errorf("h has %d entries, which is not q(q+1)(q+2)/2 for any q", n)
	}
	if err := boundedMemory(archive, size); err != nil {
		return nil, err
	}
	if c.Lower, err = archive.Number(keyLower); err != nil {
		return nil, err
	}
	if c.Form.C, err = archive.Number(keyC); err != nil {
		return nil, err
	}
	task, err := archive.Read(keyTask, -1)
	if err != nil {
		return nil, err
	}
	text, err := task.Bytes()
	if err != nil {
		return nil, fmt.Errorf("the array %s: %w", keyTask, err)
	}
	if c.Task = string(text); c.Task == " " {
		c.Task = ""
	}
	if c.Form.H, err = readSymmetric(archive, keyH, n, n); err != nil {
		return nil, err
	}
	side := c.Form.Q * (c.Form.Q + 1) * (c.Form.Q + 1) // of W
	if archive.Has(keyP) || archive.Has(keyU) || archive.Has(keyG) {
		if c.Multiplier, err = readMultiplier(archive, n); err != nil {
			return nil, err
		}
		side = c.Multiplier.Entries() * (1 + c.Multiplier.Size())
	}
	W, err := readMatrix(archive, keyW, side, side)
	if err != nil {
		return nil, err
	}
	c.W = W.RawMatrix().Data
	return c, nil
}

// A file's numbers may take at most largestRatio times its bytes of memory, and smallFile
// besides. Those of a certificate are noise, which does not compress (H, whose entries
// are often equal, does a little); a file of zeros could ask for a thousand times its size.
const (
	largestRatio = 64
	smallFile    = 1 << 24
)

// boundedMemory returns an error if the arrays would take more than a file of the given
// size may.
func boundedMemory(archive *npz.Reader, size int64) error {
	total := 0.0
	for _, key := range archive.Names() {
		_, shape, err := archive.Header(key)
		if err != nil {
			return err
		}
		bytes := 8.0
		for _, d := range shape {
			bytes *= float64(d)
		}
		total += bytes
	}
	if most := smallFile + largestRatio*float64(size); total > most {
		return fmt.Errorf("its arrays would take %.0f bytes, and a file of %d bytes may ask for %.0f: the numbers of a certificate do not compress that much", total, size, most)
	}
	return nil
}

// readMultiplier reads the arrays of level 1 of a certificate about a form with n
// parameters.
func readMultiplier(archive *npz.Reader, n int) (m *Multiplier, err error) {
	for _, key := range []string{keyP, keyU, keyG} {
		// Each has at most D m <= 2 n rows and columns.
		_, shape, err := archive.Header(key)
		if err != nil {
			return nil, err
		}
		if len(shape) != 2 || max(shape[0], shape[1]) > 2*n {
			return nil, fmt.Errorf("the array %s has the shape %v; with %d entries in h it has two dimensions and at most %d rows and columns", key, shape, n, 2*n)
		}
	}
	m = new(Multiplier)
	if m.P, err = readSymmetric(archive, keyP, -1, -1); err != nil {
		return nil, err
	}
	if m.U, err = readMatrix(archive, keyU, -1, -1); err != nil {
		return nil, err
	}
	m.G, err = readMatrix(archive, keyG, -1, -1)
	return m, err
}

func readMatrix(archive *npz.Reader, key string, rows, columns int) (*mat.Dense, error) {
	a, err := archive.Read(key, rows, columns)
	if err != nil {
		return nil, err
	}
	if len(a.Data) == 0 {
		return nil, fmt.Errorf("the array %s has the shape %v, without numbers", key, a.Shape)
	}
	return mat.NewDense(a.Shape[0], a.Shape[1], a.Data), nil
}

func readSymmetric(archive *npz.Reader, key string, rows, columns int) (*mat.SymDense, error) {
	M, err := readMatrix(archive, key, rows, columns)
	if err != nil {
		return nil, err
	}
	return symmetricMatrix(key, M)
}

// symmetricMatrix returns M, which is named in errors, as a symmetric matrix.
func symmetricMatrix(name string, M *mat.Dense) (*mat.SymDense, error) {
	n, columns := M.Dims()
	if columns != n {
		return nil, fmt.Errorf("%s is %d x %d; it must be square", name, n, columns)
	}
	S := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			if M.At(i, j) != M.At(j, i) {
				return nil, fmt.Errorf("%s is not symmetric: %s[%d,%d] = %g, %s[%d,%d] = %g", name, name, i, j, M.At(i, j), name, j, i, M.At(j, i))
			}
			S.SetSym(i, j, M.At(i, j))
		}
	}
	return S, nil
}
