package store_test

import (
	"errors"
	"fmt"
	"os"

	"markovicl/store"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir)
	if err != nil {
		panic(err)
	}
	key := store.KeyOf([]byte(`{"command":"optimum","d":3}`), "version 1")
	for range 2 {
		answer, err := s.Get(key)
		if errors.Is(err, store.ErrNone) {
			fmt.Println("computing")
			err = s.Put(key, []byte(`{"loss":0.2}`))
		}
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\n", answer)
	}
	// Output:
	// computing
	//
	// {"loss":0.2}
}
