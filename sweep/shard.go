package sweep

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Shard is a part of the questions of a sweep: number Index of Count, from 1. The zero
// value is the whole.
type Shard struct{ Index, Count int }

// ParseShard reads "i/N". "slurm", "kubernetes" and "auto" take the part from the
// environment of a Slurm array or of a Kubernetes Indexed Job; the latter does not say
// how many there are, so N is given: "kubernetes/N".
func ParseShard(text string, getenv func(string) string) (Shard, error) {
	engine, count, _ := strings.Cut(text, "/")
	switch engine {
	case "auto":
		for _, name := range []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"} {
			if getenv(name) != "" {
				return fromEnvironment(name, count, getenv)
			}
		}
		return Shard{}, badf("shard", "`shard` auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; write i/N")
	case "slurm":
		return fromEnvironment("SLURM_ARRAY_TASK_ID", count, getenv)
	case "kubernetes":
		return fromEnvironment("JOB_COMPLETION_INDEX", count, getenv)
	}
	i, err1 := strconv.Atoi(engine)
	n, err2 := strconv.Atoi(count)
	if err1 != nil || err2 != nil || n < 1 || i < 1 || i > n {
		return Shard{}, badf("shard", "`shard` %q: write i/N with i from 1 to N, or slurm, kubernetes/N or auto to take it from the environment", text)
	}
	return Shard{i, n}, nil
}

// fromEnvironment shifts the index of an array that may begin at any number.
func fromEnvironment(name, count string, getenv func(string) string) (Shard, error) {
	index, err := strconv.Atoi(getenv(name))
	if err != nil {
		return Shard{}, badf("shard", "`shard`: %s is %q, not a number; is this a task of an array?", name, getenv(name))
	}
	first := 0
	if name == "SLURM_ARRAY_TASK_ID" {
		if text := getenv("SLURM_ARRAY_TASK_MIN"); text != "" {
			if first, err = strconv.Atoi(text); err != nil {
				return Shard{}, badf("shard", "`shard`: SLURM_ARRAY_TASK_MIN is %q, not a number", text)
			}
		}
		if count == "" {
			count = getenv("SLURM_ARRAY_TASK_COUNT")
		}
		if last, err := strconv.Atoi(getenv("SLURM_ARRAY_TASK_MAX")); err == nil && count != "" && strconv.Itoa(last-first+1) != count {
			return Shard{}, badf("shard", "`shard`: the tasks %d to %d of the array are not %s tasks; write the array as 1-N, without gaps", first, last, count)
		}
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return Shard{}, badf("shard", "`shard`: how many shards there are is not known; write %s/N", map[bool]string{true: "slurm", false: "kubernetes"}[name == "SLURM_ARRAY_TASK_ID"])
	}
	if index < first || index-first >= n {
		return Shard{}, badf("shard", "`shard`: %s is %d, but there are %d shards", name, index, n)
	}
	return Shard{index - first + 1, n}, nil
}

// String writes the shard as ParseShard reads it.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

func (s Shard) check() (Shard, error) {
	if s == (Shard{}) {
		s = Shard{1, 1}
	}
	if s.Count < 1 || s.Index < 1 || s.Index > s.Count {
		return s, badf("shard", "`shard` %v: the index must be from 1 to the count", s)
	}
	return s, nil
}

// deal returns the indexes of a shard, ascending. Questions go round in the order of
// their cost, the dearest first, there and back, so that every shard has as many dear ones.
func (s Shard) deal(cost []float32) []int32 {
	order := make([]int32, len(cost))
	for i := range order {
		order[i] = int32(i)
	}
	if s.Count == 1 {
		return order
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(cost[b], cost[a]), cmp.Compare(a, b)) })
	var own []int32
	for rank, i := range order {
		turn := rank % (2 * s.Count)
		if turn >= s.Count {
			turn = 2*s.Count - 1 - turn
		}
		if turn == s.Index-1 {
			own = append(own, i)
		}
	}
	slices.Sort(own)
	return own
}
