package markov

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strings"
	"sync"
)

// numberPattern bounds what ParseRat reads: a decimal with at most three
// digits of exponent, so that no input makes a fraction of gigabytes.
var numberPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?$`)
})

// ParseRat reads a number as a user writes it, exactly: "3", "0.1" (= 1/10),
// "2e-3" or "a/b" with a and b such decimals.
func ParseRat(text string) (*big.Rat, error) {
	num, den, isFraction := strings.Cut(strings.TrimSpace(text), "/")
	x, err := parseDecimal(num)
	if err != nil {
		return nil, err
	}
	if !isFraction {
		return x, nil
	}
	y, err := parseDecimal(den)
	if err != nil {
		return nil, err
	}
	if y.Sign() == 0 {
		return nil, fmt.Errorf("%q divides by zero", text)
	}
	return x.Quo(x, y), nil
}

// parseParameter reads a number of a task, which is used as a float as well: it is 0
// or lies well within the range of floats.
func parseParameter(text string) (*big.Rat, error) {
	x, err := ParseRat(text)
	if err != nil {
		return nil, err
	}
	const least, largest = 1e-200, 1e200
	if size := math.Abs(Float(x)); x.Sign() != 0 && !(size >= least && size <= largest) {
		return nil, fmt.Errorf("%q is too small or too large; numbers of a task are 0 or between %g and %g in size", text, least, largest)
	}
	return x, nil
}

func parseDecimal(text string) (*big.Rat, error) {
	text = strings.TrimSpace(text)
	if !numberPattern().MatchString(text) {
		return nil, fmt.Errorf("%q is not a number; write a decimal such as 0.25 or a fraction such as 1/4", text)
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is not a number; write a decimal such as 0.25 or a fraction such as 1/4", text)
	}
	return x, nil
}

// FormatRat writes x so that ParseRat reads it back: as a short decimal where
// that is exact, else as a/b.
func FormatRat(x *big.Rat) string {
	const longest = 12 // digits after the point that are still pleasant to read
	if digits, exact := x.FloatPrec(); exact && digits <= longest {
		return x.FloatString(digits)
	}
	return x.RatString()
}

// Float returns the float64 nearest to x.
func Float(x *big.Rat) float64 {
	f, _ := x.Float64()
	return f
}

func floats(xs []*big.Rat) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = Float(x)
	}
	return out
}

func parseRats(text string) ([]*big.Rat, error) {
	fields := strings.Split(text, ",")
	out := make([]*big.Rat, len(fields))
	for i, field := range fields {
		x, err := parseParameter(field)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

func formatRats(xs []*big.Rat) string {
	words := make([]string, len(xs))
	for i, x := range xs {
		words[i] = FormatRat(x)
	}
	return strings.Join(words, ",")
}

func cloneRats(xs []*big.Rat) []*big.Rat {
	out := make([]*big.Rat, len(xs))
	for i, x := range xs {
		out[i] = new(big.Rat).Set(x)
	}
	return out
}
