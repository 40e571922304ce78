package paper_test

import (
	"fmt"
	"os"

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
