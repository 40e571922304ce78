package chainfile

// recent remembers numbers of short texts, one for each slot of a table, so that the
// few labels of a long file are found without a map: it is a cache that may forget.
type recent struct {
	slots [256]struct {
		bytes  uint64 // of the text, the last one lowest
		length int    // of the text; 0 in an empty slot
		number int
	}
}

// shortText is the length in bytes up to which texts are remembered.
const shortText = 8

// slot returns where a text of 1 to shortText bytes belongs, and its bytes.
func slot(text string) (at uint8, packed uint64) {
	for i := range len(text) {
		packed = packed<<8 | uint64(text[i])
	}
	const golden = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio: Fibonacci hashing, Knuth, TAOCP 6.4
	return uint8(packed * golden >> 56), packed
}

// lookup returns the number of a text, if it is remembered.
func (r *recent) lookup(text string) (number int, ok bool) {
	if len(text) == 0 || len(text) > shortText {
		return 0, false
	}
	at, packed := slot(text)
	s := &r.slots[at]
	return s.number, s.bytes == packed && s.length == len(text)
}

// remember keeps the number of a text, in place of another one perhaps.
func (r *recent) remember(text string, number int) {
	if len(text) == 0 || len(text) > shortText {
		return
	}
	at, packed := slot(text)
	s := &r.slots[at]
	s.bytes, s.length, s.number = packed, len(text), number
}
