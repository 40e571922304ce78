package paper

import (
	"context"
	"math"
	"testing"

	"markovicl/markov"
	"markovicl/moment"
)

// quick runs an item at its quick size.
func quick(t *testing.T, item Item) *Result {
	t.Helper()
	last := -1
	r, err := item.Run(context.Background(), Settings{Quick: true, Seed: 1}, func(done, total int) {
		if done < last || done > total {
			t.Errorf("progress went from %d to %d of %d", last, done, total)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if last < 0 {
		t.Error("no progress was reported")
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	return r
}

// table returns the table of that name.
func table(t *testing.T, r *Result, name string) Table {
	t.Helper()
	for _, table := range r.Tables {
		if table.Name == name {
			return table
		}
	}
	t.Fatalf("there is no table %q", name)
	return Table{}
}

// cell returns the cell in a column of the rows that hold the given cells in
// the given columns; there must be one such row.
func cell(t *testing.T, table Table, column string, where map[string]any) any {
	t.Helper()
	index := map[string]int{}
	for i, name := range table.Columns {
		index[name] = i
	}
	var found []any
rows:
	for _, row := range table.Rows {
		for name, want := range where {
			i, ok := index[name]
			if !ok {
				t.Fatalf("table %s has no column %q", table.Name, name)
			}
			if row[i] != want {
				continue rows
			}
		}
		i, ok := index[column]
		if !ok {
			t.Fatalf("table %s has no column %q", table.Name, column)
		}
		found = append(found, row[i])
	}
	if len(found) != 1 {
		t.Fatalf("table %s has %d rows with %v, want 1", table.Name, len(found), where)
	}
	return found[0]
}

// near checks that a cell is a number within tol of want.
func near(t *testing.T, what string, got any, want, tol float64) {
	t.Helper()
	if x, ok := got.(float64); !ok || math.Abs(x-want) > tol {
		t.Errorf("%s is %v, want %v within %v", what, got, want, tol)
	}
}

func TestTheorem33(t *testing.T) {
	t.Parallel()
	r := quick(t, theorem33)
	smallest := table(t, r, "smallest-n")
	want := func(p int) int {
		switch {
		case p <= 25:
			return 5
		case p <= 60:
			return 6
		case p <= 75:
			return 7
		case p <= 85:
			return 8
		case p == 90:
			return 9
		}
		return 10
	}
	if len(smallest.Rows) != 19 {
		t.Errorf("%d probabilities, want 19", len(smallest.Rows))
	}
	for p := 5; p < 100; p += 5 {
		if got := cell(t, smallest, "smallest_n", map[string]any{"p": float64(p) / 100}); got != want(p) {
			t.Errorf("p = %d/100: smallest n = %v, want %d", p, got, want(p))
		}
	}
	losses := table(t, r, "losses")
	at := func(n int) map[string]any { return map[string]any{"p": 0.5, "n": n} }
	near(t, "the optimum at n = 5", cell(t, losses, "loss_enlarged", at(5)), 0.3645833333, 1e-9)
	near(t, "the best transformer at n = 5", cell(t, losses, "loss_best", at(5)), 0.3646112165, 1e-9)
	near(t, "the optimum at n = 10", cell(t, losses, "loss_enlarged", at(10)), 121.0/342, 1e-12)
	if got := cell(t, losses, "loss_exact", at(10)); got != "121/342" {
		t.Errorf("the optimum at n = 10 is %v, want 121/342", got)
	}
	near(t, "X_xx at n = 10", cell(t, losses, "x_xx", at(10)), 4.0/57, 1e-11)
	for i, row := range losses.Rows {
		enlarged, best, lower, projected := row[2].(float64), row[4].(float64), row[5].(float64), row[7].(float64)
		if lower < enlarged || best < lower || best-lower > 1e-6*best || projected < best-1e-12 {
			t.Errorf("row %d: not in order: %v <= %v <= %v <= %v", i, enlarged, lower, best, projected)
		}
		if realisable := row[len(row)-1].(bool); realisable != (best-enlarged < 1e-12) {
			t.Errorf("row %d: realisable %v, but the gap is %v", i, realisable, best-enlarged)
		}
	}
}

// exactMoments returns the moments for two states, p = 1/2 and uniform kernels.
func exactMoments(t *testing.T, d int) *moment.ExactMoments {
	t.Helper()
	task, err := markov.NewTask(markov.Spec{D: d})
	if err != nil {
		t.Fatal(err)
	}
	exact, err := moment.ExactOf(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	return exact
}
