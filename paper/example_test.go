package paper_test

import (
	"context"
	"fmt"
	"os"
	"slices"

	"markovicl/paper"
)

func ExampleItems() {
	for _, item := range paper.Items() {
		if item.Source == "Theorem 3.3" {
			fmt.Printf("%s: %s\n", item.ID, item.Title)
		}
	}
	// Output: thm3.3: The closed form of the optimum for d = 1
}

// Is the paper's Example C.16 right? A few seconds, in fractions.
func ExampleRun() {
	items := slices.DeleteFunc(paper.Items(), func(i paper.Item) bool { return i.ID != "exc16" })
	for _, outcome := range paper.Run(context.Background(), items, paper.Settings{Seed: 1, Quick: true}, 1, nil) {
		if outcome.Err != nil {
			fmt.Println(outcome.Err)
			return
		}
		fmt.Printf("%s: %s %s. %s: %v\n", outcome.Item.ID, outcome.Item.Statement, outcome.Result.Verdict, outcome.Result.Quantity, *outcome.Result.Ours)
	}
	// Output: exc16: For d = 2 no transformer is X*. holds. cases in which X* is a transformer, of 12: 0
}

func ExampleTableOf() {
	se := 0.002
	t := paper.TableOf("losses", "By the number of chains.", []struct {
		N     string   `column:"n"`
		Loss  float64  `column:"loss"`
		Error *float64 `column:"standard_error"`
	}{{"10", 0.35, &se}, {"inf", 1.0 / 3, nil}})
	if err := t.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// n,loss,standard_error
	// 10,0.35,0.002
	// inf,0.3333333333333333,
}
