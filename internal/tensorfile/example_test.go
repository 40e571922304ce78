package tensorfile_test

import (
	"fmt"

	"markovicl/internal/tensorfile"
)

func Example() {
	data, err := tensorfile.Encode([]tensorfile.Tensor{
		{Name: "w", Shape: []int{2, 2}, F32: []float32{1, 2, 3, 4}},
		{Name: "history", Shape: []int{1}, F64: []float64{0.25}},
	}, map[string]string{"step": "100"})
	if err != nil {
		fmt.Println(err)
		return
	}
	tensors, metadata, err := tensorfile.Decode(data)
	fmt.Println(tensors["w"].Shape, tensors["w"].F32, tensors["history"].F64, metadata["step"], err)
	// Output: [2 2] [1 2 3 4] [0.25] 100 <nil>
}
