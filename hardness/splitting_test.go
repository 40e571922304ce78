package hardness

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// A third way to the same answer: colour by trying, separate by planes, solve
// the program.
func TestSetSplitting(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		elements := rapid.IntRange(3, 6).Draw(r, "elements")
		sets := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) []int {
			return rapid.Permutation([]int{0, 1, 2, 3, 4, 5}[:elements]).Draw(r, "set")[:rapid.IntRange(2, 3).Draw(r, "size")]
		}), 0, 12).Draw(r, "sets")
		s := SetSplitting(elements, sets)
		c, ok := split(elements, sets)
		want := No
		if ok {
			want = Yes
			if err := s.Check(*c.planes(elements)).Err(); err != nil {
				r.Fatalf("the colouring's planes: %v", err)
			}
		}
		if o := Oracle(background, s); o.Separable != want {
			r.Fatalf("oracle: %v, colouring: %v", o.Separable, want)
		}
		d, err := Decide(background, s, Settings{Target: zero()})
		if err != nil || d.Separable != want {
			r.Fatalf("reduction: %v, %v, colouring: %v", d.Separable, err, want)
		}
	})
}

// The complete system of triples on five elements cannot be split: one colour
// has three of them.
func TestUnsplittable(t *testing.T) {
	var all [][]int
	for i := range 5 {
		for j := range i {
			for k := range j {
				all = append(all, []int{i, j, k})
			}
		}
	}
	if got := agree(t, SetSplitting(5, all)); got != No {
		t.Errorf("all triples: %v", got)
	}
	rng := rand.New(rand.NewPCG(1, 5))
	for elements := 5; elements <= 8; elements++ {
		for _, instance := range []Instance{RandomUnsplittable(rng, elements), RandomSplittable(rng, elements, 2*elements)} {
			if got := agree(t, instance.Separation); got != instance.Separable {
				t.Errorf("%d elements: %v, want %v", elements, got, instance.Separable)
			}
			if instance.Planes != nil {
				if err := instance.Check(*instance.Planes).Err(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}
