package paper

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"markovicl/figure"
)

// Result is what an item found.
type Result struct {
	Setup         string        `json:"setup"` // the sizes, priors and counts that were used
	Verdict       Verdict       `json:"verdict"`
	Condition     string        `json:"condition,omitempty"` // of HoldsUnder, in three words
	Why           string        `json:"why"`                 // one sentence
	Quantity      string        `json:"quantity"`            // what Paper and Ours are
	Paper         *float64      `json:"paper"`               // the number that the paper prints; nil where it prints none
	Expected      *float64      `json:"expected"`            // what theory says it is; nil where it does not
	Ours          *float64      `json:"ours"`                // ours for the same quantity
	StandardError *float64      `json:"standard_error"`      // of ours; 0 where it is exact
	Tables        []Table       `json:"tables"`
	Plots         []figure.Plot `json:"plots"`
}

// Check says what is wrong with the form of a result: what is missing, what is
// not a finite number, what does not fit together.
func (r *Result) Check() error {
	if !slices.Contains(verdicts, r.Verdict) {
		return fmt.Errorf("there is no verdict %q", r.Verdict)
	}
	if words := len(strings.Fields(r.Condition)); (r.Verdict == HoldsUnder) != (words > 0) || words > 3 {
		return fmt.Errorf("the condition %q of a result that %s", r.Condition, r.Verdict)
	}
	if r.Setup == "" || r.Why == "" {
		return errors.New("a result needs a setup and a sentence why")
	}
	if (r.Paper != nil || r.Expected != nil || r.Ours != nil) && r.Quantity == "" {
		return errors.New("a result with a number needs its quantity")
	}
	if r.StandardError != nil && (r.Ours == nil || *r.StandardError < 0) {
		return errors.New("a standard error belongs to our number and is not negative")
	}
	for _, x := range []*float64{r.Paper, r.Expected, r.Ours, r.StandardError} {
		if x != nil && !finite(*x) {
			return fmt.Errorf("the number for %s is %v", r.Quantity, *x)
		}
	}
	names := map[string]bool{"result": true} // result.json
	for _, t := range r.Tables {
		if err := checkName(names, t.Name); err != nil {
			return err
		}
		if err := t.Check(); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	names = map[string]bool{}
	for _, p := range r.Plots {
		if err := checkName(names, p.Name); err != nil {
			return err
		}
		if err := p.Check(); err != nil {
			return fmt.Errorf("plot %s: %w", p.Name, err)
		}
	}
	return nil
}

var fileName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9]+([-_.][a-z0-9]+)*$`)
})

func checkName(taken map[string]bool, name string) error {
	if !fileName().MatchString(name) {
		return fmt.Errorf("%q cannot be the name of a table or plot: use small letters, digits and hyphens", name)
	}
	if taken[name] {
		return fmt.Errorf("the name %q is taken", name)
	}
	taken[name] = true
	return nil
}

// Table is a table of results.
type Table = figure.Table

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// number is for the optional numbers of a Result and of an Axis.
func number(x float64) *float64 {
	if !finite(x) {
		panic("paper: a result that is not a finite number")
	}
	return &x
}
