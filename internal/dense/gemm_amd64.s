//go:build !purego

#include "textflag.h"

// The tiles of gemm.go, each for float32 and float64. Rows of A are rs bytes apart,
// columns cs, rows of C ldc; B is packed, so that a k is one run of it. Each
// accumulator holds a piece of a row of C for all of k, which is at least 1.

// Six rows of 64 bytes in the sixteen registers of AVX2: two for B, two for entries
// of A, twelve for C. BX is row 3 of A.
#define TILE6(BROADCAST, FMA, ADD) \
	MOVQ k+0(FP), CX; \
	MOVQ a+8(FP), SI; \
	MOVQ rs+16(FP), R8; \
	MOVQ cs+24(FP), R9; \
	MOVQ b+32(FP), DX; \
	MOVQ c+40(FP), DI; \
	MOVQ ldc+48(FP), R10; \
	LEAQ (R8)(R8*2), BX; \
	ADDQ SI, BX; \
	MOVQ DI, R11; \
	PREFETCHT0 (R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	VXORPS Y4, Y4, Y4; \
	VXORPS Y5, Y5, Y5; \
	VXORPS Y6, Y6, Y6; \
	VXORPS Y7, Y7, Y7; \
	VXORPS Y8, Y8, Y8; \
	VXORPS Y9, Y9, Y9; \
	VXORPS Y10, Y10, Y10; \
	VXORPS Y11, Y11, Y11; \
	VXORPS Y12, Y12, Y12; \
	VXORPS Y13, Y13, Y13; \
	VXORPS Y14, Y14, Y14; \
	VXORPS Y15, Y15, Y15; \
	PCALIGN $32; \
term: \
	VMOVUPS (DX), Y0; \
	VMOVUPS 32(DX), Y1; \
	BROADCAST (SI), Y2; \
	FMA Y0, Y2, Y4; \
	FMA Y1, Y2, Y5; \
	BROADCAST (SI)(R8*1), Y3; \
	FMA Y0, Y3, Y6; \
	FMA Y1, Y3, Y7; \
	BROADCAST (SI)(R8*2), Y2; \
	FMA Y0, Y2, Y8; \
	FMA Y1, Y2, Y9; \
	BROADCAST (BX), Y3; \
	FMA Y0, Y3, Y10; \
	FMA Y1, Y3, Y11; \
	BROADCAST (BX)(R8*1), Y2; \
	FMA Y0, Y2, Y12; \
	FMA Y1, Y2, Y13; \
	BROADCAST (BX)(R8*2), Y3; \
	FMA Y0, Y3, Y14; \
	FMA Y1, Y3, Y15; \
	ADDQ R9, SI; \
	ADDQ R9, BX; \
	ADDQ $64, DX; \
	DECQ CX; \
	JNZ term; \
	MOVBLZX add+56(FP), AX; \
	TESTL AX, AX; \
	JZ store; \
	MOVQ DI, R11; \
	ADD (R11), Y4, Y4; \
	ADD 32(R11), Y5, Y5; \
	ADDQ R10, R11; \
	ADD (R11), Y6, Y6; \
	ADD 32(R11), Y7, Y7; \
	ADDQ R10, R11; \
	ADD (R11), Y8, Y8; \
	ADD 32(R11), Y9, Y9; \
	ADDQ R10, R11; \
	ADD (R11), Y10, Y10; \
	ADD 32(R11), Y11, Y11; \
	ADDQ R10, R11; \
	ADD (R11), Y12, Y12; \
	ADD 32(R11), Y13, Y13; \
	ADDQ R10, R11; \
	ADD (R11), Y14, Y14; \
	ADD 32(R11), Y15, Y15; \
store: \
	VMOVUPS Y4, (DI); \
	VMOVUPS Y5, 32(DI); \
	ADDQ R10, DI; \
	VMOVUPS Y6, (DI); \
	VMOVUPS Y7, 32(DI); \
	ADDQ R10, DI; \
	VMOVUPS Y8, (DI); \
	VMOVUPS Y9, 32(DI); \
	ADDQ R10, DI; \
	VMOVUPS Y10, (DI); \
	VMOVUPS Y11, 32(DI); \
	ADDQ R10, DI; \
	VMOVUPS Y12, (DI); \
	VMOVUPS Y13, 32(DI); \
	ADDQ R10, DI; \
	VMOVUPS Y14, (DI); \
	VMOVUPS Y15, 32(DI); \
	VZEROUPPER; \
	RET

// func sgemmAVX2(k int, a *float32, rs, cs int, b, c *float32, ldc int, add bool)
TEXT ·sgemmAVX2(SB), NOSPLIT, $0-57
	TILE6(VBROADCASTSS, VFMADD231PS, VADDPS)

// func dgemmAVX2(k int, a *float64, rs, cs int, b, c *float64, ldc int, add bool)
TEXT ·dgemmAVX2(SB), NOSPLIT, $0-57
	TILE6(VBROADCASTSD, VFMADD231PD, VADDPD)

// Twelve rows of 128 bytes in the 32 registers of AVX-512: two for B, four for
// entries of A, 24 for C. BX, R12 and R13 are rows 3, 6 and 9 of A.
#define TILE12(BROADCAST, FMA, ADD) \
	MOVQ k+0(FP), CX; \
	MOVQ a+8(FP), SI; \
	MOVQ rs+16(FP), R8; \
	MOVQ cs+24(FP), R9; \
	MOVQ b+32(FP), DX; \
	MOVQ c+40(FP), DI; \
	MOVQ ldc+48(FP), R10; \
	LEAQ (R8)(R8*2), AX; \
	LEAQ (SI)(AX*1), BX; \
	LEAQ (BX)(AX*1), R12; \
	LEAQ (R12)(AX*1), R13; \
	MOVQ DI, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	ADDQ R10, R11; \
	PREFETCHT0 (R11); \
	PREFETCHT0 127(R11); \
	VPXORQ Z8, Z8, Z8; \
	VPXORQ Z9, Z9, Z9; \
	VPXORQ Z10, Z10, Z10; \
	VPXORQ Z11, Z11, Z11; \
	VPXORQ Z12, Z12, Z12; \
	VPXORQ Z13, Z13, Z13; \
	VPXORQ Z14, Z14, Z14; \
	VPXORQ Z15, Z15, Z15; \
	VPXORQ Z16, Z16, Z16; \
	VPXORQ Z17, Z17, Z17; \
	VPXORQ Z18, Z18, Z18; \
	VPXORQ Z19, Z19, Z19; \
	VPXORQ Z20, Z20, Z20; \
	VPXORQ Z21, Z21, Z21; \
	VPXORQ Z22, Z22, Z22; \
	VPXORQ Z23, Z23, Z23; \
	VPXORQ Z24, Z24, Z24; \
	VPXORQ Z25, Z25, Z25; \
	VPXORQ Z26, Z26, Z26; \
	VPXORQ Z27, Z27, Z27; \
	VPXORQ Z28, Z28, Z28; \
	VPXORQ Z29, Z29, Z29; \
	VPXORQ Z30, Z30, Z30; \
	VPXORQ Z31, Z31, Z31; \
	PCALIGN $32; \
term: \
	VMOVUPS (DX), Z0; \
	VMOVUPS 64(DX), Z1; \
	BROADCAST (SI), Z2; \
	FMA Z0, Z2, Z8; \
	FMA Z1, Z2, Z9; \
	BROADCAST (SI)(R8*1), Z3; \
	FMA Z0, Z3, Z10; \
	FMA Z1, Z3, Z11; \
	BROADCAST (SI)(R8*2), Z4; \
	FMA Z0, Z4, Z12; \
	FMA Z1, Z4, Z13; \
	BROADCAST (BX), Z5; \
	FMA Z0, Z5, Z14; \
	FMA Z1, Z5, Z15; \
	BROADCAST (BX)(R8*1), Z2; \
	FMA Z0, Z2, Z16; \
	FMA Z1, Z2, Z17; \
	BROADCAST (BX)(R8*2), Z3; \
	FMA Z0, Z3, Z18; \
	FMA Z1, Z3, Z19; \
	BROADCAST (R12), Z4; \
	FMA Z0, Z4, Z20; \
	FMA Z1, Z4, Z21; \
	BROADCAST (R12)(R8*1), Z5; \
	FMA Z0, Z5, Z22; \
	FMA Z1, Z5, Z23; \
	BROADCAST (R12)(R8*2), Z2; \
	FMA Z0, Z2, Z24; \
	FMA Z1, Z2, Z25; \
	BROADCAST (R13), Z3; \
	FMA Z0, Z3, Z26; \
	FMA Z1, Z3, Z27; \
	BROADCAST (R13)(R8*1), Z4; \
	FMA Z0, Z4, Z28; \
	FMA Z1, Z4, Z29; \
	BROADCAST (R13)(R8*2), Z5; \
	FMA Z0, Z5, Z30; \
	FMA Z1, Z5, Z31; \
	ADDQ R9, SI; \
	ADDQ R9, BX; \
	ADDQ R9, R12; \
	ADDQ R9, R13; \
	ADDQ $128, DX; \
	DECQ CX; \
	JNZ term; \
	MOVBLZX add+56(FP), AX; \
	TESTL AX, AX; \
	JZ store; \
	MOVQ DI, R11; \
	ADD (R11), Z8, Z8; \
	ADD 64(R11), Z9, Z9; \
	ADDQ R10, R11; \
	ADD (R11), Z10, Z10; \
	ADD 64(R11), Z11, Z11; \
	ADDQ R10, R11; \
	ADD (R11), Z12, Z12; \
	ADD 64(R11), Z13, Z13; \
	ADDQ R10, R11; \
	ADD (R11), Z14, Z14; \
	ADD 64(R11), Z15, Z15; \
	ADDQ R10, R11; \
	ADD (R11), Z16, Z16; \
	ADD 64(R11), Z17, Z17; \
	ADDQ R10, R11; \
	ADD (R11), Z18, Z18; \
	ADD 64(R11), Z19, Z19; \
	ADDQ R10, R11; \
	ADD (R11), Z20, Z20; \
	ADD 64(R11), Z21, Z21; \
	ADDQ R10, R11; \
	ADD (R11), Z22, Z22; \
	ADD 64(R11), Z23, Z23; \
	ADDQ R10, R11; \
	ADD (R11), Z24, Z24; \
	ADD 64(R11), Z25, Z25; \
	ADDQ R10, R11; \
	ADD (R11), Z26, Z26; \
	ADD 64(R11), Z27, Z27; \
	ADDQ R10, R11; \
	ADD (R11), Z28, Z28; \
	ADD 64(R11), Z29, Z29; \
	ADDQ R10, R11; \
	ADD (R11), Z30, Z30; \
	ADD 64(R11), Z31, Z31; \
store: \
	VMOVUPS Z8, (DI); \
	VMOVUPS Z9, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z10, (DI); \
	VMOVUPS Z11, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z12, (DI); \
	VMOVUPS Z13, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z14, (DI); \
	VMOVUPS Z15, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z16, (DI); \
	VMOVUPS Z17, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z18, (DI); \
	VMOVUPS Z19, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z20, (DI); \
	VMOVUPS Z21, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z22, (DI); \
	VMOVUPS Z23, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z24, (DI); \
	VMOVUPS Z25, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z26, (DI); \
	VMOVUPS Z27, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z28, (DI); \
	VMOVUPS Z29, 64(DI); \
	ADDQ R10, DI; \
	VMOVUPS Z30, (DI); \
	VMOVUPS Z31, 64(DI); \
	VZEROUPPER; \
	RET

// func sgemmAVX512(k int, a *float32, rs, cs int, b, c *float32, ldc int, add bool)
TEXT ·sgemmAVX512(SB), NOSPLIT, $0-57
	TILE12(VBROADCASTSS, VFMADD231PS, VADDPS)

// func dgemmAVX512(k int, a *float64, rs, cs int, b, c *float64, ldc int, add bool)
TEXT ·dgemmAVX512(SB), NOSPLIT, $0-57
	TILE12(VBROADCASTSD, VFMADD231PD, VADDPD)
