package explorer

import (
	"container/list"
	"sync"

	"markovicl/ask"
)

// DefaultMemory is the number of bytes of answers that a server remembers.
const DefaultMemory = 64 << 20

// Memory is a cache in memory that forgets what was not asked for longest. Equal
// questions have one answer, however they were written.
type Memory struct {
	most  int
	mu    sync.Mutex
	bytes int
	order *list.List // of *remembered, latest first
	known map[string]*list.Element
}

type remembered struct {
	question string
	answer   []byte
}

// NewMemory returns a cache of so many bytes of answers and questions.
func NewMemory(bytes int) *Memory {
	return &Memory{most: bytes, order: list.New(), known: map[string]*list.Element{}}
}

// canonical is the shortest text of a question, or its own if it is none.
func canonical(question []byte) string {
	q, err := ask.Parse(question)
	if err != nil {
		return string(question)
	}
	return string(ask.Canonical(q))
}

// Get implements Cache.
func (m *Memory) Get(question []byte) ([]byte, bool) {
	key := canonical(question)
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.known[key]
	if e == nil {
		return nil, false
	}
	m.order.MoveToFront(e)
	return e.Value.(*remembered).answer, true
}

// Put implements Cache.
func (m *Memory) Put(question, answer []byte) {
	key := canonical(question)
	size := len(key) + len(answer)
	m.mu.Lock()
	defer m.mu.Unlock()
	if size > m.most/4 || m.known[key] != nil {
		return
	}
	m.known[key] = m.order.PushFront(&remembered{key, answer})
	for m.bytes += size; m.bytes > m.most; {
		last := m.order.Remove(m.order.Back()).(*remembered)
		m.bytes -= len(last.question) + len(last.answer)
		delete(m.known, last.question)
	}
}
