package sweep_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"

	"markovicl/sweep"
)

// The least loss of one layer over d and n.
func Example() {
	grid, err := sweep.ParseGrid([]byte(`
command: optimum
over: {d: [1, 2], n: [10, inf]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	summary, err := sweep.Run(context.Background(), dir, grid, sweep.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := os.Open(filepath.Join(dir, summary.Table))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, name := range rows[0] {
		if name == "d" || name == "n" || name == "loss" {
			fmt.Printf("%-5s %.8s %.8s %.8s %.8s\n", name, rows[1][i], rows[2][i], rows[3][i], rows[4][i])
		}
	}
	// Output:
	// d     1 1 2 2
	// n     10 inf 10 inf
	// loss  0.353801 0.333333 0.244421 0.230126
}
