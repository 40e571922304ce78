package npz_test

import (
	"bytes"
	"fmt"

	"markovicl/internal/npz"
)

func Example() {
	var file bytes.Buffer
	w := npz.NewWriter(&file)
	w.Write("h", []int{2, 2}, []float64{1, 2, 3, 4})
	w.Write("c", nil, []float64{0.25})
	w.Close()

	r, err := npz.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		panic(err)
	}
	h, err := r.Read("h", 2, -1)
	fmt.Println(h.Shape, h.Data, err)
	_, err = r.Read("c", 3)
	fmt.Println(err)
	// Output:
	// [2 2] [1 2 3 4] <nil>
	// array "c": an array of type <f8 and shape []; the shape must be [3] (-1 stands for any size)
}
