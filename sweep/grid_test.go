package sweep_test

import (
	"slices"
	"strings"
	"testing"

	"markovicl/ask"
	"markovicl/sweep"
)

func TestParseValues(t *testing.T) {
	for text, want := range map[string]string{
		"1,10,inf":            "1|10|inf",
		"1..4":                "1|2|3|4",
		"1..3,10":             "1|2|3|10",
		"0.1:0.4:0.1":         "0.1|0.2|0.3|0.4",
		"0:1:1/3":             "0|1/3|2/3|1",
		"beta:1,1;beta:2,5":   "beta:1,1|beta:2,5",
		"beta:2,5;":           "beta:2,5",
		"../a.csv":            "../a.csv",
		"correlated:1/2,1,0;": "correlated:1/2,1,0",
	} {
		got, err := sweep.ParseValues(text)
		if err != nil || strings.Join(got, "|") != want {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "1,,2", "5..1", "1:0:1", "0:1:0", "1..100000000", "0:1:1e-12"} {
		if got, err := sweep.ParseValues(bad); err == nil {
			t.Errorf("%q: %d values", bad, len(got))
		}
	}
}

func TestGridOrder(t *testing.T) {
	g := mustGrid(t, "command: optimum\nover:\n  n: [1, inf]\n  d: 1..3\n  prior: [uniform, 'beta:0.1,1e1']\n")
	if g.Len() != 12 {
		t.Fatalf("%d questions", g.Len())
	}
	for i, want := range map[int]string{0: "1 1 uniform", 1: "1 1 beta:0.1,1e1", 2: "1 2 uniform", 6: "inf 1 uniform", 11: "inf 3 beta:0.1,1e1"} {
		if got := strings.Join(g.Point(i), " "); got != want {
			t.Errorf("point %d: %s, want %s", i, got, want)
		}
	}
}

// A name in braces stands for the value of what is swept, a flag or not.
func TestVariables(t *testing.T) {
	g := mustGrid(t, "command: optimum\nflags: {d: 1, start: 'correlated:{query},{g},{g}'}\nover: {query: [0.2, 0.5], g: [0, 1/3]}\n")
	for i, want := range []string{"correlated:0.2,0,0", "correlated:0.2,1/3,1/3", "correlated:0.5,0,0", "correlated:0.5,1/3,1/3"} {
		q, err := g.Question(i)
		if err == nil {
			_, err = ask.Ask(t.Context(), q, ask.Env{})
		}
		if got, _ := ask.Value(q, "start"); err != nil || got != want {
			t.Errorf("question %d starts by %s, %v; want %s", i, got, err, want)
		}
	}
	g = mustGrid(t, "command: optimum\nflags: {prior: 'kernels:{d}.json'}\nover: {d: [1, 2], n: [1, inf]}\n")
	q, err := g.Question(3)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(ask.Canonical(q)); got != `{"command":"optimum","n":"inf","prior":"kernels:2.json"}` && got != `{"command":"optimum","d":2,"n":"inf","prior":"kernels:2.json"}` {
		t.Errorf("the question is %s", got)
	}
	_, err = sweep.ParseGrid([]byte("command: optimum\nflags: {start: 'bernoulli:{q}'}\nover: {r: [0.1]}\n"))
	wants(t, err, `no field "r"`)
}

func TestBadGrids(t *testing.T) {
	for yaml, words := range map[string][]string{
		"command: optimum\nover: {d: [1, x]}":                 {"question 2 of the grid (d = x)", "whole number"},
		"command: optimum\nover: {d: [1], nonsense: [2]}":     {"nonsense"},
		"command: optimum\nover: {d: [1, 01]}":                {"same value twice"},
		"command: optimum\nflags: {d: 1}\nover: {d: [1]}":     {"given twice"},
		"command: nothing\nover: {d: [1]}":                    {"no command"},
		"command: optimum\nflags: {d: 1}":                     {"names no flag"},
		"command: optimum\nover: {d: []}":                     {"no value"},
		"command: optimum\nover: {d: [[1]]}":                  {"line 2"},
		"command: optimum\nmore: 1\nover: {d: [1]}":           {"line 2", "more"},
		"command: reproduce\nover: {seed: [1]}":               {"reproduce"},
		"command: optimum\nover: {n: 1..5000, seed: 1..5000}": {"25000000 questions"},
		"- 1":        {"line 1"},
		"command: [": {"YAML"},
	} {
		_, err := sweep.ParseGrid([]byte(yaml))
		if err == nil {
			t.Errorf("%q is a grid", yaml)
			continue
		}
		wants(t, err, words...)
	}
}

func TestParseShard(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	slurm := env("SLURM_ARRAY_TASK_ID", "7", "SLURM_ARRAY_TASK_COUNT", "4", "SLURM_ARRAY_TASK_MIN", "5", "SLURM_ARRAY_TASK_MAX", "8")
	gaps := env("SLURM_ARRAY_TASK_ID", "7", "SLURM_ARRAY_TASK_COUNT", "2", "SLURM_ARRAY_TASK_MIN", "5", "SLURM_ARRAY_TASK_MAX", "7")
	job := env("JOB_COMPLETION_INDEX", "0")
	for _, c := range []struct {
		text string
		env  func(string) string
		want sweep.Shard
	}{
		{"1/1", env(), sweep.Shard{Index: 1, Count: 1}}, {"3/8", env(), sweep.Shard{Index: 3, Count: 8}},
		{"slurm", slurm, sweep.Shard{Index: 3, Count: 4}}, {"auto", slurm, sweep.Shard{Index: 3, Count: 4}},
		{"kubernetes/5", job, sweep.Shard{Index: 1, Count: 5}}, {"auto/5", job, sweep.Shard{Index: 1, Count: 5}},
	} {
		if got, err := sweep.ParseShard(c.text, c.env); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.text, got, err)
		}
	}
	for text, e := range map[string]func(string) string{
		"0/4": env(), "5/4": env(), "1": env(), "": env(), "slurm": gaps, "auto": env(), "kubernetes": job, "kubernetes/": job, "1/0": env(), "-1/2": env(),
	} {
		if got, err := sweep.ParseShard(text, e); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// The shards of a grid have no question twice, leave none out, and the dear ones are
// spread over them.
func TestDeal(t *testing.T) {
	cost := make([]float32, 1001)
	for i := range cost {
		cost[i] = float32(i%7) * float32(i%13)
	}
	var all []int32
	var sums []float64
	for k := 1; k <= 6; k++ {
		own := sweep.Deal(sweep.Shard{Index: k, Count: 6}, cost)
		sum := 0.0
		for _, i := range own {
			sum += float64(cost[i])
		}
		all, sums = append(all, own...), append(sums, sum)
	}
	slices.Sort(all)
	for i, j := range all {
		if i != int(j) {
			t.Fatalf("question %d is missing or dealt twice", i)
		}
	}
	if lo, hi := slices.Min(sums), slices.Max(sums); len(all) != len(cost) || hi-lo > 72 {
		t.Errorf("%d questions; the shards cost %v", len(all), sums)
	}
}

func FuzzParseGrid(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("command: recover\nflags: {d: 3, heads: 2}\nover: {n: 1..3, p: 0.1:0.9:0.1}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := sweep.ParseGrid(data)
		if err != nil {
			return
		}
		for _, i := range []int{0, g.Len() / 2, g.Len() - 1} {
			if len(g.Point(i)) != len(g.Over) {
				t.Fatalf("point %d: %v", i, g.Point(i))
			}
			g.Question(i)
		}
	})
}
