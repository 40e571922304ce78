//go:build !purego

#include "textflag.h"

// One word of chains takes one digit: a random word of the generators Z0 to Z3, which go on
// where K1 is set, is compared with the digits of the chances, Z19 for the chains that were in
// state 1 (ONES) and Z18 for the others. UNDECIDED loses those that differ, of which HITS gains
// those with a random 0 where the chance has 1.
#define WORD(ONES, UNDECIDED, HITS) \
	VMOVDQA64 ONES, Z20; \
	VPTERNLOGQ $0xCA, Z18, Z19, Z20; \
	VPADDQ Z3, Z0, Z21; \
	VPROLQ $23, Z21, Z21; \
	VPADDQ Z0, Z21, Z21; \
	VPSLLQ $17, Z1, Z22; \
	VPXORQ Z0, Z2, K1, Z2; \
	VPXORQ Z1, Z3, K1, Z3; \
	VPXORQ Z2, Z1, K1, Z1; \
	VPXORQ Z3, Z0, K1, Z0; \
	VPXORQ Z22, Z2, K1, Z2; \
	VPROLQ $45, Z3, K1, Z3; \
	VPXORQ Z20, Z21, Z21; \
	VPANDQ UNDECIDED, Z21, Z21; \
	VPTERNLOGQ $0xF8, Z20, Z21, HITS; \
	VPANDNQ UNDECIDED, Z21, UNDECIDED

// func drawLanesAVX512(state *[4]lanes, first, zero, one *lanes, allA, allB uint64, ones *[2]lanes, positions int)
TEXT ·drawLanesAVX512(SB), NOSPLIT, $0-64
	MOVQ state+0(FP), AX
	MOVQ first+8(FP), BX
	MOVQ zero+16(FP), R8
	MOVQ one+24(FP), R9
	VPBROADCASTQ allA+32(FP), Z14
	VPBROADCASTQ allB+40(FP), Z15
	MOVQ ones+48(FP), DI
	MOVQ positions+56(FP), CX
	VMOVDQU64 (AX), Z0
	VMOVDQU64 64(AX), Z1
	VMOVDQU64 128(AX), Z2
	VMOVDQU64 192(AX), Z3
	VMOVDQU64 (BX), Z10 // the digits left, for chains from state 0 and from 1
	VMOVDQA64 Z10, Z11
	VMOVDQU64 (R8), Z12
	VMOVDQU64 (R9), Z13
	VPXORQ Z4, Z4, Z4   // the chains in state 1, two words
	VPXORQ Z5, Z5, Z5

position:
	VMOVDQA64 Z14, Z6   // the undecided
	VMOVDQA64 Z15, Z7
	VPXORQ Z8, Z8, Z8   // the hits
	VPXORQ Z9, Z9, Z9

digit:
	VPORQ Z6, Z7, Z16
	VPORQ Z10, Z11, Z17
	VPTESTMQ Z16, Z16, K1
	VPTESTMQ Z17, Z17, K2
	KANDW K1, K2, K1    // prompts with chains undecided and digits left
	KORTESTW K1, K1
	JEQ known
	VPSRAQ $63, Z10, Z18
	VPSRAQ $63, Z11, Z19
	VPSLLQ $1, Z10, Z10
	VPSLLQ $1, Z11, Z11
	WORD(Z4, Z6, Z8)
	WORD(Z5, Z7, Z9)
	JMP digit

known:
	VMOVDQA64 Z8, Z4
	VMOVDQA64 Z9, Z5
	VMOVDQU64 Z4, (DI)
	VMOVDQU64 Z5, 64(DI)
	ADDQ $128, DI
	VMOVDQA64 Z12, Z10
	VMOVDQA64 Z13, Z11
	DECQ CX
	JNZ position
	VZEROUPPER
	RET

// Upper triangles of Gram matrices, entry by entry: the chains in state 1 at both of two
// positions are counted, and the counts divided by n.
//
// func gramLanesAVX512(ones *[2]lanes, positions int, chainsA, chainsB uint64, n float64, upper *float64)
TEXT ·gramLanesAVX512(SB), NOSPLIT, $0-48
	MOVQ ones+0(FP), SI
	MOVQ positions+8(FP), CX
	VPBROADCASTQ chainsA+16(FP), Z6
	VPBROADCASTQ chainsB+24(FP), Z7
	VBROADCASTSD n+32(FP), Z8
	MOVQ upper+40(FP), DI

row:
	VPANDQ (SI), Z6, Z0
	VPANDQ 64(SI), Z7, Z1
	MOVQ SI, DX
	MOVQ CX, BX

entry:
	VPANDQ (DX), Z0, Z2
	VPANDQ 64(DX), Z1, Z3
	VPOPCNTQ Z2, Z2
	VPOPCNTQ Z3, Z3
	VPADDQ Z2, Z3, Z2
	VCVTUQQ2PD Z2, Z2
	VDIVPD Z8, Z2, Z2
	VMOVUPD Z2, (DI)
	ADDQ $64, DI
	ADDQ $128, DX
	DECQ BX
	JNZ entry
	ADDQ $128, SI
	DECQ CX
	JNZ row
	VZEROUPPER
	RET
