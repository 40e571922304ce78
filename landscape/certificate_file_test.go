package landscape

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"markovicl/certificate"
	"markovicl/internal/npz"
)

// Arrays that are missing, foreign, or of another size than h says.
func TestMalformedCertificateFiles(t *testing.T) {
	type array struct {
		key   string
		shape []int
	}
	q1 := func(changes ...array) []array { // q = 1: h has 3 entries, W is 4 x 4
		list := []array{{"l", nil}, {"W", []int{4, 4}}, {"H", []int{3, 3}}, {"h", []int{3}}, {"c", nil}}
		for _, c := range changes {
			found := false
			for i := range list {
				if list[i].key == c.key {
					list[i], found = c, true
				}
			}
			if !found {
				list = append(list, c)
			}
		}
		return list
	}
	for _, c := range []struct {
		arrays []array
		want   string // empty: it is read
	}{
		{q1(), ""},
		{q1()[1:], `the array "l" is missing`},
		{q1(array{"x", nil}), `the array "x" is not one of`},
		{q1(array{"l", []int{1}}), `array "l" has the shape [1]; it must be a single number`},
		{q1(array{"h", []int{3, 1}}), `array "h": an array of type <f8 and shape [3, 1]; the shape must be [-1]`},
		{q1(array{"h", []int{4}}), "h has 4 entries, which is not q(q+1)(q+2)/2 for any q"},
		{q1(array{"h", []int{0}}), "h has 0 entries"},
		{q1(array{"H", []int{3, 4}}), "the shape must be [3, 3]"},
		{q1(array{"W", []int{8, 8}}), "the shape must be [4, 4]"},
		{q1(array{"U", []int{1, 1}}), `the array "P" is missing`},
		{q1(array{"P", []int{7, 1}}, array{"U", []int{1, 1}}, array{"G", []int{1, 1}}), "at most 6 rows and columns"},
		{q1(array{"P", []int{2, 1}}, array{"U", []int{1, 1}}, array{"G", []int{1, 1}}), "P is 2 x 1; it must be square"},
		{q1(array{"P", []int{1, 1}}, array{"U", []int{0, 1}}, array{"G", []int{1, 1}}), "without numbers"},
		{q1(array{"P", []int{1, 1}}, array{"U", []int{1, 1}}, array{"G", []int{1}}), "has the shape [1]"},
	} {
		var file bytes.Buffer
		w := npz.NewWriter(&file)
		for _, a := range c.arrays {
			n := 1
			for _, size := range a.shape {
				n *= size
			}
			if err := w.Write(a.key, a.shape, make([]float64, n)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.WriteBytes("task", []byte(" ")); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "c.npz")
		if err := os.WriteFile(path, file.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := certificate.ReadCertificate(path)
		switch {
		case c.want == "" && err != nil:
			t.Error(err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path)):
			t.Errorf("%v: error %v, want one with the path and %q", c.arrays, err, c.want)
		}
	}
}
