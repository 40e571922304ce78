//go:build !purego

package markov

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX512F {
		drawLanes = func(b *gramBlock, allA, allB uint64) {
			drawLanesAVX512(&b.state, &b.first, &b.zero, &b.one, allA, allB, &b.ones[0], len(b.ones))
		}
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VPOPCNTDQ {
		gramLanes = func(b *gramBlock, chainsA, chainsB uint64, n float64, upper []float64) {
			positions := len(b.ones)
			_ = upper[positions*(positions+1)/2*Together-1]
			gramLanesAVX512(&b.ones[0], positions, chainsA, chainsB, n, &upper[0])
		}
	}
}

//go:noescape
func drawLanesAVX512(state *[4]lanes, first, zero, one *lanes, allA, allB uint64, ones *[2]lanes, positions int)

//go:noescape
func gramLanesAVX512(ones *[2]lanes, positions int, chainsA, chainsB uint64, n float64, upper *float64)
