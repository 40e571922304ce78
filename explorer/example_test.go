package explorer_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"

	"markovicl/explorer"
)

// A question over HTTP, as the page asks it.
func ExampleNewHandler() {
	server := httptest.NewServer(explorer.NewHandler(explorer.Options{}))
	defer server.Close()

	reply, err := server.Client().Post(server.URL+"/ask", "application/json", strings.NewReader(`{"command": "optimum", "d": 1, "n": 10}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reply.Body.Close()
	var answer struct {
		Loss       float64 `json:"loss"`
		Realisable bool    `json:"realisable"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&answer); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: loss %.6f, realisable %t\n", reply.Status, answer.Loss, answer.Realisable)
	// Output: 200 OK: loss 0.353801, realisable true
}
