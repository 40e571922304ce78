//go:build !purego

package dense

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		versions["AVX2"] = useAVX2
		if cpu.X86.HasAVX512F {
			versions["AVX-512"] = useAVX512
		}
	}
}
