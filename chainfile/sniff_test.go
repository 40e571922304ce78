package chainfile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Texts without a header whose lines begin with a date or a name are tables;
// texts whose lines are no states are refused rather than taken apart into
// characters.
func TestTextsThatAreNoChains(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	long := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i) + "\n")
		}
		return b.String()
	}
	for _, c := range []struct{ about, text, want string }{
		{"dates before states", "2020-01-01 sun\n2020-01-03 rain\n2020-01-02 sun\n2020-01-04 sun\n", `one series in column 2, in the order of column 1; 1 sequence with 4 symbols of 2 states ["rain" "sun"]`},
		{"times of a counter", long(50, func(i int) string { return fmt.Sprintf("%d %s", 1609459200+60*i, string("ab"[i%3/2])) }), `one series in column 2; 1 sequence with 50 symbols of 2 states "ab"`},
		{"names before trajectories", "anna x y x\nbob y y x\ncarl x x y\n", `one trajectory a row, names in column 1; 3 sequences with 9 symbols of 2 states "xy"`},
		{"R without quotes", "V1 V2 V3\nr1 a b a\nr2 b b a\n", `one trajectory a row, names in column 1; 2 sequences with 6 symbols of 2 states "ab"`},
		{"trajectories", "x x y\ny y x\nz x y\n", `one chain a line, symbols between blanks or commas; 3 sequences with 9 symbols of 3 states "xyz"`},
		{"dates", "2020-01-01\n2020-01-02\n2020-01-03\n", "the 3 lines are 3 different dates, not states"},
		{"times of a day that come again", long(40, func(i int) string { return [...]string{"08:00", "12:00", "18:30"}[i*i%3] }), `one symbol a line, read as one series; 1 sequence with 40 symbols of 2 states ["08:00" "12:00"]`},
		{"measurements", long(100, func(int) string { return fmt.Sprintf("%.6f", rng.Float64()) }), "the 100 lines are 100 different numbers, too many for states"},
		{"many measurements", long(9000, func(int) string { return fmt.Sprintf("%.9f", rng.Float64()) }), "the 9000 lines are more than 4096 different numbers, too many for states"},
		{"measurements on a line", strings.TrimSpace(strings.ReplaceAll(long(100, func(int) string { return fmt.Sprintf("%.6f", rng.Float64()) }), "\n", " ")), "100 of 100 numbers are different, too many for states"},
		{"a counter", long(300, func(i int) string { return fmt.Sprint(1000 + i) }), "the 300 lines are 300 different numbers that grow"},
		{"numbered names", long(30, func(i int) string { return fmt.Sprint("item", i) }), `the 30 lines are 30 different names that begin with "item"`},
		{"chains of digits", long(30, func(int) string { return fmt.Sprintf("%04b", rng.IntN(16)) }), "one chain a line, each character a symbol; 30 sequences with 120 symbols"},
		{"different chains", long(60, func(int) string { return fmt.Sprintf("%012b", rng.IntN(1<<12)) }), "one chain a line, each character a symbol; 60 sequences with 720 symbols"},
	} {
		s, err := Read(strings.NewReader(c.text), "x.txt", Options{})
		if got := fmt.Sprint(s, err); !strings.Contains(got, c.want) {
			t.Errorf("%s: %v, %v, want %s", c.about, s, err, c.want)
		}
	}
}
