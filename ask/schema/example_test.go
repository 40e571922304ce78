package schema_test

import (
	"fmt"

	"markovicl/ask/schema"
)

// What an answer of optimum says about its loss, and of several tasks.
func ExampleOf() {
	s, err := schema.Of("optimum")
	if err != nil {
		fmt.Println(err)
		return
	}
	one, several := s.AnyOf[0], s.AnyOf[1]
	loss, _ := one.Properties.Get("loss")
	floor, _ := one.Properties.Get("floor")
	fmt.Println(s.Title)
	fmt.Println("loss:", loss.Type)
	fmt.Println("floor:", floor.AnyOf[0].Type, "or", floor.AnyOf[1].Type)
	fmt.Println("of several tasks:", several.Required)
	// Output:
	// Answer of markovicl optimum
	// loss: number
	// floor: number or null
	// of several tasks: [results]
}
