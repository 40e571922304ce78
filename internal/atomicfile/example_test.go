package atomicfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"markovicl/internal/atomicfile"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "answer.json")

	if err := atomicfile.Check(path); err != nil {
		fmt.Println("not worth beginning:", err)
	}
	if err := atomicfile.Write(path, []byte(`{"loss":0.25}`)); err != nil {
		fmt.Println(err)
	}
	text, _ := os.ReadFile(path)
	fmt.Println(string(text))
	// Output: {"loss":0.25}
}
