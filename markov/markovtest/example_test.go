package markovtest_test

import (
	"fmt"
	"strings"

	"markovicl/markov/markovtest"
)

// Tasks of at most three states whose starts do not depend on the kernel, as a property
// test draws them: rapid.Check(t, func(t *rapid.T) { task := tasks.Draw(t, "task"); .. }).
func ExampleTasks() {
	tasks := markovtest.Tasks(markovtest.Limits{States: 3, Positions: 2, Without: []string{"stationary"}})
	for seed := range 3 {
		task := tasks.Example(seed)
		fmt.Println(task.States() <= 3, task.Positions() <= 2, strings.Contains(task.String(), "stationary"))
	}
	// Output:
	// true true false
	// true true false
	// true true false
}
