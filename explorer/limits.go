package explorer

import (
	"context"
	"errors"
	"sync"
)

// gate lets so many questions be worked on at once, lets some more wait, and
// sends the rest away. One client gets at most its share of the places.
type gate struct {
	work            chan struct{} // a token for each question being worked on
	waiting, client int           // how many may wait, and how many one client may have in all
	mu              sync.Mutex
	inside          int
	clients         map[string]int
}

var (
	errFull = errors.New("the server is busy with other questions; ask again in a moment")
	errMany = errors.New("too many questions from here at once; wait for an answer first")
)

func newGate(work, waiting, client int) *gate {
	return &gate{work: make(chan struct{}, work), waiting: waiting, client: client, clients: map[string]int{}}
}

// admit counts a question in, which begins with its body being read, and returns
// what counts it out. It fails with errFull or errMany, at once.
func (g *gate) admit(client string) (leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.clients[client] >= g.client:
		return nil, errMany
	case g.inside >= cap(g.work)+g.waiting:
		return nil, errFull
	}
	g.inside++
	g.clients[client]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inside--
		if g.clients[client]--; g.clients[client] == 0 {
			delete(g.clients, client)
		}
	}, nil
}

// start waits for a place to work in and returns what gives it back. It fails as
// ctx does. A client that sends its question slowly has none meanwhile.
func (g *gate) start(ctx context.Context) (end func(), err error) {
	select {
	case g.work <- struct{}{}:
		return func() { <-g.work }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
