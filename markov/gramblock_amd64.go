//go:build !purego

package markov

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX512F {
		drawLanes = func(b *gramBlock, allA, allB uint64) {
			drawLanesAVX512(&b.state, &b.first, &b.zero, &b.one, allA, allB, &b.ones[0], len(b.ones))
		}
	}
}

//go:noescape
func drawLanesAVX512(state *[4]lanes, first, zero, one *lanes, allA, allB uint64, ones *[2]lanes, positions int)
