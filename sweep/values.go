package sweep

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// ParseValues reads the values of a swept flag as they stand on a command line:
//
//	1,10,inf            values separated by commas
//	beta:1,1;beta:2,5   values that contain commas, separated by ;
//	1..10               whole numbers, both ends included
//	0.1:0.9:0.1         FROM:TO:STEP, in exact steps, both ends included
func ParseValues(text string) ([]string, error) {
	separator := ","
	if strings.Contains(text, ";") {
		separator = ";"
	}
	var values []string
	for _, word := range strings.Split(text, separator) {
		word = strings.TrimSpace(word)
		if word == "" {
			if separator == ";" {
				continue // one value with a comma is written with a ; at its end
			}
			return nil, fmt.Errorf("%q has an empty value", text)
		}
		more, err := expand(word)
		if err != nil {
			return nil, err
		}
		if values = append(values, more...); len(values) > MaxQuestions {
			return nil, fmt.Errorf("%q has more than %d values", text, MaxQuestions)
		}
	}
	return values, nil
}

// expand writes out a range.
func expand(word string) ([]string, error) {
	if from, to, ok := strings.Cut(word, ".."); ok {
		first, err1 := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		switch {
		case err1 != nil || err2 != nil:
			return []string{word}, nil // such as a path
		case first > last || last-first >= MaxQuestions:
			return nil, fmt.Errorf("%q is not a range; write FROM..TO, for example 1..100", word)
		}
		var values []string
		for i := first; i <= last; i++ {
			values = append(values, strconv.Itoa(i))
		}
		return values, nil
	}
	parts := strings.Split(word, ":")
	if len(parts) != 3 {
		return []string{word}, nil
	}
	var x [3]*big.Rat
	for i, part := range parts {
		var ok bool
		if x[i], ok = new(big.Rat).SetString(part); !ok {
			return []string{word}, nil
		}
	}
	from, to, step := x[0], x[1], x[2]
	if step.Sign() <= 0 || from.Cmp(to) > 0 {
		return nil, fmt.Errorf("%q is not a range; write FROM:TO:STEP with a step > 0, for example 0.1:0.9:0.1", word)
	}
	if count := new(big.Rat).Quo(new(big.Rat).Sub(to, from), step); count.Cmp(big.NewRat(MaxQuestions, 1)) >= 0 {
		return nil, fmt.Errorf("%q has more than %d values", word, MaxQuestions)
	}
	var values []string
	for v := new(big.Rat).Set(from); v.Cmp(to) <= 0; v.Add(v, step) {
		values = append(values, decimal(v))
	}
	return values, nil
}

// decimal writes a fraction exactly: as a decimal where it is one.
func decimal(v *big.Rat) string {
	if v.IsInt() {
		return v.Num().String()
	}
	if digits, exact := v.FloatPrec(); exact && digits < 30 {
		return v.FloatString(digits)
	}
	return v.String()
}
