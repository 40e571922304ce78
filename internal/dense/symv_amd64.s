//go:build !purego

#include "textflag.h"

// Four rows of A, lda bytes apart, n columns, a multiple of four: y += A't and s += A
// x, for t and s of four numbers. Each entry of A is read once for both.
//
// func rows4AVX2(n int, a *float64, lda int, x, y, t, s *float64)
TEXT ·rows4AVX2(SB), NOSPLIT, $0-56
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R8
	MOVQ x+24(FP), DX
	MOVQ y+32(FP), DI
	MOVQ t+40(FP), R10
	MOVQ s+48(FP), R11
	LEAQ (SI)(R8*1), R12
	LEAQ (SI)(R8*2), R13
	LEAQ (R12)(R8*2), BX
	VBROADCASTSD (R10), Y8
	VBROADCASTSD 8(R10), Y9
	VBROADCASTSD 16(R10), Y10
	VBROADCASTSD 24(R10), Y11
	VXORPD Y12, Y12, Y12
	VXORPD Y13, Y13, Y13
	VXORPD Y14, Y14, Y14
	VXORPD Y15, Y15, Y15
	XORQ AX, AX

columns:
	VMOVUPD (DX)(AX*8), Y0
	VMOVUPD (DI)(AX*8), Y1
	VMOVUPD (SI)(AX*8), Y2
	VMOVUPD (R12)(AX*8), Y3
	VMOVUPD (R13)(AX*8), Y4
	VMOVUPD (BX)(AX*8), Y5
	VMULPD Y2, Y8, Y6
	VFMADD231PD Y3, Y9, Y1
	VFMADD231PD Y4, Y10, Y6
	VFMADD231PD Y5, Y11, Y1
	VFMADD231PD Y2, Y0, Y12
	VFMADD231PD Y3, Y0, Y13
	VFMADD231PD Y4, Y0, Y14
	VFMADD231PD Y5, Y0, Y15
	VADDPD Y6, Y1, Y1
	VMOVUPD Y1, (DI)(AX*8)
	ADDQ $4, AX
	CMPQ AX, CX
	JLT columns

	// The sums of the lanes of Y12 to Y15, beside each other.
	VHADDPD Y13, Y12, Y0
	VHADDPD Y15, Y14, Y1
	VPERM2F128 $0x21, Y1, Y0, Y2
	VBLENDPD $12, Y1, Y0, Y3
	VADDPD Y2, Y3, Y0
	VADDPD (R11), Y0, Y0
	VMOVUPD Y0, (R11)
	VZEROUPPER
	RET
