package exhibit_test

import (
	"context"
	"fmt"
	"os"

	"markovicl/ask"
	"markovicl/ask/exhibit"
)

func Example() {
	q, err := ask.Parse([]byte(`{"command":"optimum","d":1,"n":"10,inf"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := ask.Ask(context.Background(), q, ask.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := exhibit.Of(q, nil, []exhibit.Point{{Answer: answer}})
	if err != nil {
		fmt.Println(err)
		return
	}
	table := e.Table()
	if err := table.Write(os.Stdout, "latex"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// % d 1, prior uniform, start bernoulli:0.5
	// % \usepackage{booktabs}
	// \begin{tabular}{rrrrrrl}
	// \toprule
	// n & loss & predicting 0 & rank & parameters & condition & realisable \\
	// \midrule
	// 10 & 0.353801 & 0.5 & 3 & 3 & 37.2748 & yes \\
	// $\infty$ & 0.333333 & 0.5 & 3 & 3 & 75.6205 & yes \\
	// \bottomrule
	// \end{tabular}
}
