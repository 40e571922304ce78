package hardness

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScalingStudy(t *testing.T) {
	settings := ScalingSettings{Sizes: []int{3, 5}, Dim: 2, Instances: 3, Seed: 1}
	rows, seconds, err := ScalingStudy(background, settings)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2*2*3 || len(seconds) != len(rows) {
		t.Fatalf("%d rows, %d times", len(rows), len(seconds))
	}
	for i, r := range rows {
		if r.D != r.Size+2*2+2 || r.Variables != 2*r.Size+2*2+2 || r.Oracle == 0 {
			t.Errorf("row %d: %+v", i, r)
		}
		if r.Minimum.Status != Optimal || (r.Minimum.Upper == 0) != (r.Separable == Yes) {
			t.Errorf("row %d: %+v", i, r)
		}
		if r.Separable == No && r.Decision.Lower <= 0 {
			t.Errorf("row %d is not decided: %+v", i, r)
		}
	}
	again, _, err := ScalingStudy(background, settings)
	if diff := cmp.Diff(rows, again); diff != "" || err != nil {
		t.Error("not reproducible", diff, err)
	}
	// A size's rows do not depend on the other sizes.
	settings.Sizes = []int{5}
	last, _, err := ScalingStudy(background, settings)
	if diff := cmp.Diff(rows[6:], last); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// By default the dimension grows with the size.
func TestScalingStudySplitting(t *testing.T) {
	rows, _, err := ScalingStudy(background, ScalingSettings{Sizes: []int{6}, Instances: 2})
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if r.D != 3*6+2 || (r.Minimum.Upper == 0) != (r.Separable == Yes) || r.Minimum.Status != Optimal {
			t.Errorf("row %d: %+v", i, r)
		}
	}
}

func TestScalingStudyErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(background)
	cancel()
	if rows, _, err := ScalingStudy(ctx, ScalingSettings{}); !errors.Is(err, context.Canceled) || len(rows) != 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	for _, s := range []ScalingSettings{{Sizes: []int{4}}, {Sizes: []int{1}, Dim: 2}, {Dim: -1}, {Instances: -1}, {Nodes: -1}} {
		if _, _, err := ScalingStudy(background, s); err == nil {
			t.Errorf("accepted %+v", s)
		}
	}
}
