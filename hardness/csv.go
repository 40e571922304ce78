package hardness

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"strings"
)

// FileError is a mistake in a file of points.
type FileError struct {
	File         string
	Line, Column int // from 1; Column counts bytes
	Message      string
}

func (e *FileError) Error() string {
	return fmt.Sprintf("%s, line %d, column %d: %s", e.File, e.Line, e.Column, e.Message)
}

// ReadPoints reads one point a line, coordinates separated by commas: decimals
// or fractions, taken exactly. Empty lines and lines that start with # are
// skipped, and so is a first line in which nothing is meant as a number, a
// header; "1;2" and "NaN" are mistakes, not names. dim is the
// number of coordinates, 0 if the file does not tell: an empty set may be an
// empty file or a header alone. name is used in errors, which are of type
// *FileError.
func ReadPoints(name string, r io.Reader) (points [][]*big.Rat, dim int, err error) {
	text := bufio.NewReader(r)
	if mark, _ := text.Peek(3); string(mark) == "\ufeff" { // as spreadsheets write it
		text.Discard(3)
	}
	c := csv.NewReader(text)
	c.Comment = '#'
	c.FieldsPerRecord = -1
	c.TrimLeadingSpace = true
	for first := true; ; first = false {
		record, err := c.Read()
		if err == io.EOF {
			return points, dim, nil
		}
		if err != nil {
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				return nil, 0, &FileError{name, parse.Line, parse.Column, parse.Err.Error()}
			}
			return nil, 0, fmt.Errorf("%s: %w", name, err)
		}
		if first {
			dim = len(record)
			header := true
			for _, field := range record {
				header = header && !meantAsNumber(strings.TrimSpace(field))
			}
			if header {
				continue
			}
		}
		if len(record) != dim {
			line, column := c.FieldPos(min(len(record), dim) - 1)
			return nil, 0, &FileError{name, line, column, fmt.Sprintf("the line has %d coordinates, the first one %d", len(record), dim)}
		}
		point := make([]*big.Rat, dim)
		for j, field := range record {
			if point[j], err = parseNumber(strings.TrimSpace(field)); err != nil {
				line, column := c.FieldPos(j)
				return nil, 0, &FileError{name, line, column, err.Error()}
			}
		}
		points = append(points, point)
	}
}

// meantAsNumber says whether a field of a first line is not the name of a
// coordinate: it starts like a number, or is what other programs write for
// missing and infinite ones.
func meantAsNumber(field string) bool {
	if field != "" && strings.ContainsRune("+-.0123456789", rune(field[0])) {
		return true
	}
	_, err := strconv.ParseFloat(field, 64)
	return err == nil
}

// ReadSeparation reads the two sets of points from files, see ReadPoints.
func ReadSeparation(inside, outside string) (Separation, error) {
	insideData, err := os.ReadFile(inside)
	if err != nil {
		return Separation{}, err
	}
	outsideData, err := os.ReadFile(outside)
	if err != nil {
		return Separation{}, err
	}
	return ParseSeparation(inside, insideData, outside, outsideData)
}

// ParseSeparation reads the two sets of points from the contents of two files, see
// ReadPoints. The names are used in errors.
func ParseSeparation(inside string, insideData []byte, outside string, outsideData []byte) (Separation, error) {
	var s Separation
	var dims [2]int
	var err error
	if s.Inside, dims[0], err = ReadPoints(inside, bytes.NewReader(insideData)); err != nil {
		return s, err
	}
	if s.Outside, dims[1], err = ReadPoints(outside, bytes.NewReader(outsideData)); err != nil {
		return s, err
	}
	s.Dim = max(dims[0], dims[1])
	switch {
	case s.Dim == 0:
		return s, fmt.Errorf("%s and %s are both empty: write a header line, x1,x2,.., to give the number of coordinates", inside, outside)
	case dims[0] != 0 && dims[1] != 0 && dims[0] != dims[1]:
		return s, fmt.Errorf("%s has points of %d coordinates, %s of %d", inside, dims[0], outside, dims[1])
	}
	return s, nil
}
