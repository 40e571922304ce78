//go:build !purego

#include "textflag.h"

// Four rows of A, rs bytes apart, n numbers each, a multiple of four, times alpha, beside
// each other at every step bytes.
//
// func packRowsAVX2(n int, a *float64, rs int, to *float64, step int, alpha float64)
TEXT ·packRowsAVX2(SB), NOSPLIT, $0-48
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ rs+16(FP), R8
	MOVQ to+24(FP), DI
	MOVQ step+32(FP), R9
	VBROADCASTSD alpha+40(FP), Y15
	LEAQ (R9)(R9*2), R10
	LEAQ (R8)(R8*2), R11

numbers:
	VMOVUPD (SI), Y0
	VMOVUPD (SI)(R8*1), Y1
	VMOVUPD (SI)(R8*2), Y2
	VMOVUPD (SI)(R11*1), Y3
	VUNPCKLPD Y1, Y0, Y4
	VUNPCKHPD Y1, Y0, Y5
	VUNPCKLPD Y3, Y2, Y6
	VUNPCKHPD Y3, Y2, Y7
	VPERM2F128 $0x20, Y6, Y4, Y0
	VPERM2F128 $0x20, Y7, Y5, Y1
	VPERM2F128 $0x31, Y6, Y4, Y2
	VPERM2F128 $0x31, Y7, Y5, Y3
	VMULPD Y15, Y0, Y0
	VMULPD Y15, Y1, Y1
	VMULPD Y15, Y2, Y2
	VMULPD Y15, Y3, Y3
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, (DI)(R9*1)
	VMOVUPD Y2, (DI)(R9*2)
	VMOVUPD Y3, (DI)(R10*1)
	ADDQ $32, SI
	LEAQ (DI)(R9*4), DI
	SUBQ $4, CX
	JG numbers
	VZEROUPPER
	RET

// n runs of count numbers, which is even, times alpha: from every ks bytes of A to every
// step bytes.
//
// func packRunsAVX2(n, count int, a *float64, ks int, to *float64, step int, alpha float64)
TEXT ·packRunsAVX2(SB), NOSPLIT, $0-56
	MOVQ n+0(FP), CX
	MOVQ count+8(FP), DX
	MOVQ a+16(FP), SI
	MOVQ ks+24(FP), R8
	MOVQ to+32(FP), DI
	MOVQ step+40(FP), R9
	VBROADCASTSD alpha+48(FP), Y15
	MOVQ DX, BX
	ANDQ $-4, BX

run:
	XORQ AX, AX
	CMPQ AX, BX
	JGE  two

four:
	VMULPD (SI)(AX*8), Y15, Y0
	VMOVUPD Y0, (DI)(AX*8)
	ADDQ $4, AX
	CMPQ AX, BX
	JLT  four

two:
	CMPQ AX, DX
	JGE  next
	VMULPD (SI)(AX*8), X15, X0
	VMOVUPD X0, (DI)(AX*8)

next:
	ADDQ R8, SI
	ADDQ R9, DI
	DECQ CX
	JNZ  run
	VZEROUPPER
	RET
