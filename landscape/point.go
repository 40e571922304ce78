package landscape

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"

	"markovicl/internal/npz"
	"markovicl/markov"
	"markovicl/moment"
)

// ReadPoint reads a point X of the enlarged space from the content of a file: NPY,
// if the name ends in .npy, of the shape [q, m] or [qm] (then q = D-1), or CSV with
// one block of m = D(D+1)/2 numbers or fractions a line, # starting a comment. Blocks
// are in the order of Phi. Errors begin with the name; the error is ErrScale where the
// numbers of a CSV file are too large or too small for floating point, which does not
// limit ReadRationalPoint.
func ReadPoint(name string, data []byte) (X []float64, q, D int, err error) {
	if strings.HasSuffix(strings.ToLower(name), ".npy") {
		X, q, D, err = readPointNPY(data)
	} else {
		var exact []*big.Rat
		exact, q, D, err = readPointCSV(bytes.NewReader(data))
		if err == nil {
			X, err = floatPoint(exact)
		}
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%s: %w", name, err)
	}
	return X, q, D, nil
}

// ReadRationalPoint reads a point X with exact coordinates from the content of a CSV
// file as ReadPoint does.
func ReadRationalPoint(name string, data []byte) (X []*big.Rat, q, D int, err error) {
	if X, q, D, err = readPointCSV(bytes.NewReader(data)); err != nil {
		return nil, 0, 0, fmt.Errorf("%s: %w", name, err)
	}
	return X, q, D, nil
}

// floatPoint rounds a point to floating-point numbers. It fails with ErrScale where
// the largest entry is too small or too large for Decide; what is small beside the
// largest may become 0.
func floatPoint(exact []*big.Rat) ([]float64, error) {
	X := make([]float64, len(exact))
	largest := new(big.Rat)
	for i, x := range exact {
		X[i] = markov.Float(x)
		if size := new(big.Rat).Abs(x); size.Cmp(largest) > 0 {
			largest = size
		}
	}
	// The float of a tiny one is 0, of a huge one Inf: neither is in the range.
	_, exponent := math.Frexp(markov.Float(largest))
	if size := markov.Float(largest); largest.Sign() > 0 && (size == 0 || math.IsInf(size, 0) || exponent < leastExponent || exponent > largestExponent) {
		return nil, fmt.Errorf("the largest entry of X is %s in size; %w", new(big.Float).SetRat(largest).Text('g', 4), ErrScale)
	}
	return X, nil
}

// blockSize returns D for a block of m = D(D+1)/2 entries.
func blockSize(m int) (D int, err error) {
	for moment.Pairs(D) < m {
		D++
	}
	if m == 0 || moment.Pairs(D) != m {
		return 0, fmt.Errorf("a block has %d entries, which is not D(D+1)/2 for any D: write each block on a line of its own, its entries (i, k) with i <= k row by row", m)
	}
	return D, nil
}

func readPointCSV(r io.Reader) (X []*big.Rat, q, D int, err error) {
	reader := csv.NewReader(r)
	reader.Comment = '#'
	reader.TrimLeadingSpace = true
	for {
		row, err := reader.Read()
		if err == io.EOF {
			break
		}
		if errors.Is(err, csv.ErrFieldCount) {
			line, _ := reader.FieldPos(0)
			return nil, 0, 0, fmt.Errorf("line %d has %d numbers, the lines before it %d; all blocks have the same size", line, len(row), reader.FieldsPerRecord)
		}
		if err != nil {
			return nil, 0, 0, err
		}
		for i, text := range row {
			x, err := markov.ParseRat(text)
			if err != nil {
				line, _ := reader.FieldPos(i)
				return nil, 0, 0, fmt.Errorf("line %d, column %d: %w", line, i+1, err)
			}
			X = append(X, x)
		}
		q++
	}
	if q == 0 {
		return nil, 0, 0, errors.New("the file has no blocks; write one a line")
	}
	D, err = blockSize(len(X) / q)
	return X, q, D, err
}

func readPointNPY(data []byte) (X []float64, q, D int, err error) {
	a, err := npz.DecodeNPY(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, err
	}
	if len(a.Data) == 0 {
		return nil, 0, 0, fmt.Errorf("the array has the shape %s, without numbers", npz.Shape(a.Shape))
	}
	switch len(a.Shape) {
	case 1:
		for (&moment.Form{Q: q}).Dim() < len(a.Data) {
			q++
		}
		if (&moment.Form{Q: q}).Dim() != len(a.Data) {
			return nil, 0, 0, fmt.Errorf("%d entries are not q(q+1)(q+2)/2 for any q; give an array of shape [q, D(D+1)/2]", len(a.Data))
		}
		return a.Data, q, q + 1, nil
	case 2:
		D, err = blockSize(a.Shape[1])
		return a.Data, a.Shape[0], D, err
	}
	return nil, 0, 0, fmt.Errorf("the array has the shape %s, want [q, D(D+1)/2] or [q D(D+1)/2]", npz.Shape(a.Shape))
}
