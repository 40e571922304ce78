package paper

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTableOf(t *testing.T) {
	type Setting struct {
		D int    `column:"d"`
		N string `column:"n"`
	}
	type row struct {
		Setting
		Loss   estimate  `column:"loss"`
		Bayes  *estimate `column:"bayes"`
		Seeds  *int      `column:"seeds"`
		Agrees bool      `column:"agrees"`
	}
	five := 5
	got := TableOf("t", "A table.", []row{
		{Setting{2, "10"}, estimate{Mean: 0.5, SE: 0.1}, &estimate{Mean: 0.4}, &five, true},
		{Setting{3, "inf"}, estimate{Mean: 0.25}, nil, nil, false},
	})
	want := Table{
		Name: "t", Caption: "A table.",
		Columns: []string{"d", "n", "loss", "loss_se", "bayes", "bayes_se", "seeds", "agrees"},
		Rows: [][]any{
			{2, "10", 0.5, 0.1, 0.4, 0.0, 5, true},
			{3, "inf", 0.25, 0.0, nil, nil, nil, false},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := got.Check(); err != nil {
		t.Error(err)
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "field B") {
			t.Errorf("a field without a column: %v", r)
		}
	}()
	TableOf("t", "", []struct {
		A int `column:"a"`
		B int
	}{})
}
