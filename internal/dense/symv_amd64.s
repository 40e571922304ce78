//go:build !purego

#include "textflag.h"

// FOUR_COLUMNS is what rows4AVX2 does with four columns, so many bytes on.
#define FOUR_COLUMNS(at) \
	VMOVUPD at(DX)(AX*8), Y0; \
	VMOVUPD at(DI)(AX*8), Y1; \
	VMOVUPD at(SI)(AX*8), Y2; \
	VMOVUPD at(R12)(AX*8), Y3; \
	VMOVUPD at(R13)(AX*8), Y4; \
	VMOVUPD at(BX)(AX*8), Y5; \
	VMULPD Y2, Y8, Y6; \
	VFMADD231PD Y3, Y9, Y1; \
	VFMADD231PD Y4, Y10, Y6; \
	VFMADD231PD Y5, Y11, Y1; \
	VFMADD231PD Y2, Y0, Y12; \
	VFMADD231PD Y3, Y0, Y13; \
	VFMADD231PD Y4, Y0, Y14; \
	VFMADD231PD Y5, Y0, Y15; \
	VADDPD Y6, Y1, Y1; \
	VMOVUPD Y1, at(DI)(AX*8)

// SUMS adds the sums of the lanes of Y12 to Y15, beside each other, to s.
#define SUMS \
	VHADDPD Y13, Y12, Y0; \
	VHADDPD Y15, Y14, Y1; \
	VPERM2F128 $0x21, Y1, Y0, Y2; \
	VBLENDPD $12, Y1, Y0, Y3; \
	VADDPD Y2, Y3, Y0; \
	VADDPD (R11), Y0, Y0; \
	VMOVUPD Y0, (R11)

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

	MOVQ CX, R9
	ANDQ $~7, R9
	JZ rest

pairs:
	PREFETCHT0 512(SI)(AX*8)
	PREFETCHT0 512(R12)(AX*8)
	PREFETCHT0 512(R13)(AX*8)
	PREFETCHT0 512(BX)(AX*8)
	FOUR_COLUMNS(0)
	FOUR_COLUMNS(32)
	ADDQ $8, AX
	CMPQ AX, R9
	JLT pairs
	CMPQ AX, CX
	JGE sums

rest:
	FOUR_COLUMNS(0)
	ADDQ $4, AX
	CMPQ AX, CX
	JLT rest

sums:
	SUMS
	VZEROUPPER
	RET

// Four rows of A, lda bytes apart, n columns, a multiple of four: y += A't.
//
// func add4AVX2(n int, a *float64, lda int, t, y *float64)
TEXT ·add4AVX2(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R8
	MOVQ t+24(FP), R10
	MOVQ y+32(FP), DI
	LEAQ (SI)(R8*1), R12
	LEAQ (SI)(R8*2), R13
	LEAQ (R12)(R8*2), BX
	VBROADCASTSD (R10), Y8
	VBROADCASTSD 8(R10), Y9
	VBROADCASTSD 16(R10), Y10
	VBROADCASTSD 24(R10), Y11
	XORQ AX, AX

columns:
	VMOVUPD (DI)(AX*8), Y1
	VMULPD (SI)(AX*8), Y8, Y6
	VFMADD231PD (R12)(AX*8), Y9, Y1
	VFMADD231PD (R13)(AX*8), Y10, Y6
	VFMADD231PD (BX)(AX*8), Y11, Y1
	VADDPD Y6, Y1, Y1
	VMOVUPD Y1, (DI)(AX*8)
	ADDQ $4, AX
	CMPQ AX, CX
	JLT columns
	VZEROUPPER
	RET

// Four rows of A, lda bytes apart, n columns, a multiple of four: s += A x.
//
// func dots4AVX2(n int, a *float64, lda int, x, s *float64)
TEXT ·dots4AVX2(SB), NOSPLIT, $0-40
	MOVQ n+0(FP), CX
	MOVQ a+8(FP), SI
	MOVQ lda+16(FP), R8
	MOVQ x+24(FP), DX
	MOVQ s+32(FP), R11
	LEAQ (SI)(R8*1), R12
	LEAQ (SI)(R8*2), R13
	LEAQ (R12)(R8*2), BX
	VXORPD Y12, Y12, Y12
	VXORPD Y13, Y13, Y13
	VXORPD Y14, Y14, Y14
	VXORPD Y15, Y15, Y15
	XORQ AX, AX

columns:
	VMOVUPD (DX)(AX*8), Y0
	VFMADD231PD (SI)(AX*8), Y0, Y12
	VFMADD231PD (R12)(AX*8), Y0, Y13
	VFMADD231PD (R13)(AX*8), Y0, Y14
	VFMADD231PD (BX)(AX*8), Y0, Y15
	ADDQ $4, AX
	CMPQ AX, CX
	JLT columns

	SUMS
	VZEROUPPER
	RET
