package paper

import (
	"context"
	"errors"
	"testing"
)

func TestItemsStopWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, item := range Items() {
		r, err := item.Run(ctx, Settings{Seed: 1}, func(int, int) {})
		if r != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: result %v, error %v; want the context's error", item.ID, r != nil, err)
		}
	}
}
