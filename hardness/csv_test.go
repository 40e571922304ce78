package hardness

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadPoints(t *testing.T) {
	for _, c := range []struct {
		name, text string
		points     int
		dim        int
	}{
		{"plain", "1,2\n3,4\n", 2, 2},
		{"header, comments, blanks, spaces", "x1,x2\n# a comment\n\n 1 , -2.5e-1\n1/3, .5\n", 2, 2},
		{"empty", "", 0, 0},
		{"header only", "x,y,z\n", 0, 3},
		{"one column", "1\n2\n", 2, 1},
		{"windows", "1,2\r\n3,4\r\n", 2, 2},
		{"byte order mark", "\ufeff1\n2\n", 2, 1},
		{"header with an index", ",x-1,nanometres\n0,1,2\n", 1, 3},
	} {
		points, dim, err := ReadPoints(c.name, strings.NewReader(c.text))
		if err != nil || len(points) != c.points || dim != c.dim {
			t.Errorf("%s: %d points of %d coordinates, %v", c.name, len(points), dim, err)
		}
	}
	points, _, _ := ReadPoints("", strings.NewReader("0.1,-2.5e-1,1/3"))
	for j, want := range []string{"1/10", "-1/4", "1/3"} {
		if got := points[0][j].RatString(); got != want {
			t.Errorf("coordinate %d is %s, want %s", j, got, want)
		}
	}
}

func TestReadPointsErrors(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
	}{
		{"1,2\n3,x\n", 2, 3},
		{"1,2\n# skipped\n3\n", 3, 1},
		{"1,2\n3,4,5\n", 2, 3},
		{"1,2\nNaN,1\n", 2, 1},
		{"1,2\n1,Inf\n", 2, 3},
		{"1,2\n1,1e999999999\n", 2, 3},
		{"1,2\n1,1/0\n", 2, 3},
		{"1,2\n1,0x10\n", 2, 3},
		{"1,x\n", 1, 3},
		// Not headers: a first point must not get lost.
		{"1;2\n", 1, 1},
		{"1 2\n3 4\n", 1, 1},
		{"NaN,inf\n1,2\n", 1, 1},
		{"1e400\n1\n", 1, 1},
		{"x,-\n1,2\n", 1, 1},
		{"1,2\n\"3,4\n", 2, 6},
		{"1,2\n,4\n", 2, 1},
	} {
		_, _, err := ReadPoints("points.csv", strings.NewReader(c.text))
		var e *FileError
		if !errors.As(err, &e) || e.File != "points.csv" || e.Line != c.line || e.Column != c.column {
			t.Errorf("%q: %v, want line %d, column %d", c.text, err, c.line, c.column)
		}
	}
}

func TestReadSeparation(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	two, three, empty, header := file("two", "1,2\n"), file("three", "1,2,3\n"), file("empty", ""), file("header", "x,y\n")
	for _, c := range []struct {
		inside, outside string
		dim             int
	}{{two, two, 2}, {two, empty, 2}, {empty, three, 3}, {header, empty, 2}, {two, three, 0}, {empty, empty, 0}, {two, filepath.Join(dir, "none"), 0}, {file("bad", "1,2\nx,3"), two, 0}} {
		s, err := ReadSeparation(c.inside, c.outside)
		if (err == nil) != (c.dim > 0) || (err == nil && s.Dim != c.dim) {
			t.Errorf("%s, %s: %d coordinates, %v", c.inside, c.outside, s.Dim, err)
		}
	}
}

func FuzzReadPoints(f *testing.F) {
	for _, s := range []string{"1,2\n3,4\n", "x,y\n1/3,0.1\n", "# c\n\"1\",2\n", "1e5\n", "1,\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		points, dim, err := ReadPoints("fuzz", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, p := range points {
			if len(p) != dim {
				t.Fatalf("a point has %d coordinates, not %d", len(p), dim)
			}
			for _, x := range p {
				if x == nil {
					t.Fatal("a coordinate is missing")
				}
			}
		}
	})
}
