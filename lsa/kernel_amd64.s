//go:build !purego

#include "textflag.h"

// A vec is 128 bytes: four registers of four numbers. The loops are those of kernel.go; the
// comments name what the lines from there on do. The three with matrices run over a quarter
// or half of the lanes at a time, so that several rows fit into the registers and the
// processor adds and multiplies as fast as it can instead of waiting for loads.

// An entry R of G beside the diagonal, of a block of four rows: it goes with XC into row
// ROW and with XR into row COL.
#define PAIR(R, ROW, COL, XR, XC) \
	VMOVUPD R, Y8; \
	VMULPD XC, Y8, Y9; \
	VADDPD Y9, ROW, ROW; \
	VMULPD XR, Y8, Y8; \
	VADDPD Y8, COL, COL

// An entry of G on the diagonal.
#define DIAGONAL(R, ROW, X) \
	VMULPD R, X, Y8; \
	VADDPD Y8, ROW, ROW

// An entry of column k for row ROW: x_k is Y14, dst_k is Y15.
#define COLUMN(R, ROW, X, T) \
	VMOVUPD (R)(AX*1), Y8; \
	VMULPD Y14, Y8, T; \
	VADDPD T, ROW, ROW; \
	VMULPD X, Y8, Y8; \
	VADDPD Y8, Y15, Y15

// func symMulVecAVX(dst, upper, x *vec, n int)
TEXT ·symMulVecAVX(SB), NOSPLIT, $8-32
	MOVQ $0, quarter-8(SP)
	MOVQ dst+0(FP), R8
	MOVQ n+24(FP), CX
	VXORPD Y0, Y0, Y0

zero:
	VMOVUPD Y0, (R8)
	VMOVUPD Y0, 32(R8)
	VMOVUPD Y0, 64(R8)
	VMOVUPD Y0, 96(R8)
	ADDQ    $128, R8
	DECQ    CX
	JNZ     zero

	// A quarter of the lanes: DI, DX at dst_i, x_i; SI at G_ii; CX = n - i.
lanes:
	MOVQ quarter-8(SP), AX
	MOVQ dst+0(FP), DI
	MOVQ upper+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ n+24(FP), CX
	ADDQ AX, DI
	ADDQ AX, SI
	ADDQ AX, DX

	// Four rows: R8 to R11 at their entries on the diagonal.
rows:
	CMPQ CX, $4
	JLT  row
	MOVQ CX, BX
	SHLQ $7, BX
	MOVQ SI, R8
	LEAQ (R8)(BX*1), R9
	LEAQ -128(R9)(BX*1), R10
	LEAQ -256(R10)(BX*1), R11
	LEAQ -384(R11)(BX*1), SI
	VMOVUPD (DX), Y4    // x_i to x_i+3
	VMOVUPD 128(DX), Y5
	VMOVUPD 256(DX), Y6
	VMOVUPD 384(DX), Y7
	VMOVUPD (DI), Y0    // dst_i to dst_i+3
	VMOVUPD 128(DI), Y1
	VMOVUPD 256(DI), Y2
	VMOVUPD 384(DI), Y3
	DIAGONAL((R8), Y0, Y4)
	PAIR(128(R8), Y0, Y1, Y4, Y5)
	PAIR(256(R8), Y0, Y2, Y4, Y6)
	PAIR(384(R8), Y0, Y3, Y4, Y7)
	DIAGONAL((R9), Y1, Y5)
	PAIR(128(R9), Y1, Y2, Y5, Y6)
	PAIR(256(R9), Y1, Y3, Y5, Y7)
	DIAGONAL((R10), Y2, Y6)
	PAIR(128(R10), Y2, Y3, Y6, Y7)
	DIAGONAL((R11), Y3, Y7)
	SUBQ $128, R9 // from here on AX is that of the column in the first row
	SUBQ $256, R10
	SUBQ $384, R11
	MOVQ $512, AX
	CMPQ AX, BX
	JGE  done

columns:
	VMOVUPD (DX)(AX*1), Y14 // x_k
	VMOVUPD (DI)(AX*1), Y15 // dst_k
	COLUMN(R8, Y0, Y4, Y9)
	COLUMN(R9, Y1, Y5, Y10)
	COLUMN(R10, Y2, Y6, Y11)
	COLUMN(R11, Y3, Y7, Y12)
	VMOVUPD Y15, (DI)(AX*1)
	ADDQ $128, AX
	CMPQ AX, BX
	JLT  columns

done:
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 128(DI)
	VMOVUPD Y2, 256(DI)
	VMOVUPD Y3, 384(DI)
	ADDQ $512, DI
	ADDQ $512, DX
	SUBQ $4, CX
	JMP  rows

	// One of the last rows.
row:
	TESTQ CX, CX
	JZ    next
	MOVQ  CX, BX
	SHLQ  $7, BX
	VMOVUPD (DX), Y4
	VMOVUPD (DI), Y0
	DIAGONAL((SI), Y0, Y4)
	MOVQ  $128, AX
	CMPQ  AX, BX
	JGE   alone

column:
	VMOVUPD (SI)(AX*1), Y8
	VMULPD (DX)(AX*1), Y8, Y9
	VADDPD Y9, Y0, Y0
	VMULPD Y4, Y8, Y8
	VADDPD (DI)(AX*1), Y8, Y8
	VMOVUPD Y8, (DI)(AX*1)
	ADDQ  $128, AX
	CMPQ  AX, BX
	JLT   column

alone:
	VMOVUPD Y0, (DI)
	ADDQ  $128, DI
	ADDQ  $128, DX
	ADDQ  BX, SI
	DECQ  CX
	JMP   row

next:
	MOVQ quarter-8(SP), AX
	ADDQ $32, AX
	MOVQ AX, quarter-8(SP)
	CMPQ AX, $128
	JLT  lanes
	VZEROUPPER
	RET

// A coefficient times x_k, half of whose lanes are Y8 and Y9, goes into LOW and HIGH.
#define TERM(C, LOW, HIGH, T, U) \
	VBROADCASTSD C, Y10; \
	VMULPD Y8, Y10, T; \
	VADDPD T, LOW, LOW; \
	VMULPD Y9, Y10, U; \
	VADDPD U, HIGH, HIGH

// dst_i = sum_k C_ik x_k, after dst_i if add is set, for i < m, k < n; C_ik is row bytes
// from C_i-1,k and column bytes from C_i,k-1.
//
// func matVecAVX(dst, x *vec, C *float64, m, n, row, column int, add bool)
TEXT ·matVecAVX(SB), NOSPLIT, $8-57
	MOVQ $0, half-8(SP)
	MOVQ row+40(FP), R9
	LEAQ (R9)(R9*2), R10
	MOVQ column+48(FP), R12
	MOVBLZX add+56(FP), R13

	// Half of the lanes: DI at dst_i, DX at C_i0, CX = m - i.
lanes:
	MOVQ half-8(SP), AX
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ C+16(FP), DX
	MOVQ m+24(FP), CX
	ADDQ AX, DI
	ADDQ AX, SI

rows:
	CMPQ CX, $4
	JLT  row
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	TESTL R13, R13
	JZ   terms
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 128(DI), Y2
	VMOVUPD 160(DI), Y3
	VMOVUPD 256(DI), Y4
	VMOVUPD 288(DI), Y5
	VMOVUPD 384(DI), Y6
	VMOVUPD 416(DI), Y7

terms:
	MOVQ SI, BX
	MOVQ DX, R8
	MOVQ n+32(FP), R11

term:
	VMOVUPD (BX), Y8 // x_k
	VMOVUPD 32(BX), Y9
	TERM((R8), Y0, Y1, Y11, Y12)
	TERM((R8)(R9*1), Y2, Y3, Y13, Y14)
	TERM((R8)(R9*2), Y4, Y5, Y11, Y12)
	TERM((R8)(R10*1), Y6, Y7, Y13, Y14)
	ADDQ $128, BX
	ADDQ R12, R8
	DECQ R11
	JNZ  term
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 128(DI)
	VMOVUPD Y3, 160(DI)
	VMOVUPD Y4, 256(DI)
	VMOVUPD Y5, 288(DI)
	VMOVUPD Y6, 384(DI)
	VMOVUPD Y7, 416(DI)
	ADDQ $512, DI
	LEAQ (DX)(R9*4), DX
	SUBQ $4, CX
	JMP  rows

row:
	TESTQ CX, CX
	JZ    next
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	TESTL R13, R13
	JZ    single
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1

single:
	MOVQ SI, BX
	MOVQ DX, R8
	MOVQ n+32(FP), R11

one:
	VMOVUPD (BX), Y8
	VMOVUPD 32(BX), Y9
	TERM((R8), Y0, Y1, Y11, Y12)
	ADDQ $128, BX
	ADDQ R12, R8
	DECQ R11
	JNZ  one
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ $128, DI
	ADDQ R9, DX
	DECQ CX
	JMP  row

next:
	MOVQ half-8(SP), AX
	ADDQ $64, AX
	MOVQ AX, half-8(SP)
	CMPQ AX, $128
	JLT  lanes
	VZEROUPPER
	RET

// x_j of a group, times s_i (Y8) and s_i+1 (Y9), goes into FIRST and SECOND.
#define ENTRY(X, FIRST, SECOND, T, U) \
	VMOVUPD X, Y10; \
	VMULPD Y8, Y10, T; \
	VADDPD T, FIRST, FIRST; \
	VMULPD Y9, Y10, U; \
	VADDPD U, SECOND, SECOND

// Outer products of m vecs s and n vecs x, summed over groups, of which s is sStep bytes
// apart and x is xStep bytes.
//
// func addOutersAVX(dst, s, x *vec, m, n, groups, sStep, xStep int)
TEXT ·addOutersAVX(SB), NOSPLIT, $8-64
	MOVQ $0, quarter-8(SP)
	MOVQ sStep+48(FP), R8
	MOVQ xStep+56(FP), R9

	// A quarter of the lanes: DI at dst_i0, SI at s_i, CX = m - i.
lanes:
	MOVQ quarter-8(SP), AX
	MOVQ dst+0(FP), DI
	MOVQ s+8(FP), SI
	MOVQ m+24(FP), CX
	ADDQ AX, DI
	ADDQ AX, SI

	// Two rows, DI and R10 at dst_ij and dst_i+1,j, DX at x_j, BX = n - j.
rows:
	MOVQ n+32(FP), BX
	MOVQ x+16(FP), DX
	ADDQ quarter-8(SP), DX
	CMPQ CX, $2
	JLT  row
	MOVQ BX, R10
	SHLQ $7, R10
	ADDQ DI, R10

columns:
	CMPQ BX, $4
	JLT  column
	VMOVUPD (DI), Y0
	VMOVUPD 128(DI), Y1
	VMOVUPD 256(DI), Y2
	VMOVUPD 384(DI), Y3
	VMOVUPD (R10), Y4
	VMOVUPD 128(R10), Y5
	VMOVUPD 256(R10), Y6
	VMOVUPD 384(R10), Y7
	MOVQ SI, R11
	MOVQ DX, R12
	MOVQ groups+40(FP), AX

group:
	VMOVUPD (R11), Y8 // s_i, s_i+1
	VMOVUPD 128(R11), Y9
	ENTRY((R12), Y0, Y4, Y11, Y12)
	ENTRY(128(R12), Y1, Y5, Y13, Y14)
	ENTRY(256(R12), Y2, Y6, Y11, Y12)
	ENTRY(384(R12), Y3, Y7, Y13, Y14)
	ADDQ R8, R11
	ADDQ R9, R12
	DECQ AX
	JNZ  group
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 128(DI)
	VMOVUPD Y2, 256(DI)
	VMOVUPD Y3, 384(DI)
	VMOVUPD Y4, (R10)
	VMOVUPD Y5, 128(R10)
	VMOVUPD Y6, 256(R10)
	VMOVUPD Y7, 384(R10)
	ADDQ $512, DI
	ADDQ $512, R10
	ADDQ $512, DX
	SUBQ $4, BX
	JMP  columns

column:
	TESTQ BX, BX
	JZ    twoDone
	VMOVUPD (DI), Y0
	VMOVUPD (R10), Y4
	MOVQ SI, R11
	MOVQ DX, R12
	MOVQ groups+40(FP), AX

pair:
	VMOVUPD (R11), Y8
	VMOVUPD 128(R11), Y9
	ENTRY((R12), Y0, Y4, Y11, Y12)
	ADDQ R8, R11
	ADDQ R9, R12
	DECQ AX
	JNZ  pair
	VMOVUPD Y0, (DI)
	VMOVUPD Y4, (R10)
	ADDQ $128, DI
	ADDQ $128, R10
	ADDQ $128, DX
	DECQ BX
	JMP  column

twoDone:
	MOVQ R10, DI
	ADDQ $256, SI
	SUBQ $2, CX
	JMP  rows

	// The last row of an odd number.
row:
	TESTQ CX, CX
	JZ    next

entries:
	CMPQ BX, $4
	JLT  entry
	VMOVUPD (DI), Y0
	VMOVUPD 128(DI), Y1
	VMOVUPD 256(DI), Y2
	VMOVUPD 384(DI), Y3
	MOVQ SI, R11
	MOVQ DX, R12
	MOVQ groups+40(FP), AX

four:
	VMOVUPD (R11), Y8
	VMULPD (R12), Y8, Y11
	VMULPD 128(R12), Y8, Y12
	VMULPD 256(R12), Y8, Y13
	VMULPD 384(R12), Y8, Y14
	VADDPD Y11, Y0, Y0
	VADDPD Y12, Y1, Y1
	VADDPD Y13, Y2, Y2
	VADDPD Y14, Y3, Y3
	ADDQ R8, R11
	ADDQ R9, R12
	DECQ AX
	JNZ  four
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 128(DI)
	VMOVUPD Y2, 256(DI)
	VMOVUPD Y3, 384(DI)
	ADDQ $512, DI
	ADDQ $512, DX
	SUBQ $4, BX
	JMP  entries

entry:
	TESTQ BX, BX
	JZ    next
	VMOVUPD (DI), Y0
	MOVQ SI, R11
	MOVQ DX, R12
	MOVQ groups+40(FP), AX

single:
	VMOVUPD (R11), Y8
	VMULPD (R12), Y8, Y11
	VADDPD Y11, Y0, Y0
	ADDQ R8, R11
	ADDQ R9, R12
	DECQ AX
	JNZ  single
	VMOVUPD Y0, (DI)
	ADDQ $128, DI
	ADDQ $128, DX
	DECQ BX
	JMP  entry

next:
	MOVQ quarter-8(SP), AX
	ADDQ $32, AX
	MOVQ AX, quarter-8(SP)
	CMPQ AX, $128
	JLT  lanes
	VZEROUPPER
	RET

// The lanes of n vecs, added up as sum does.
//
// func sumsAVX(dst *float64, x *vec, n int)
TEXT ·sumsAVX(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX

one:
	VMOVUPD (SI), Y0
	VMOVUPD 64(SI), Y2
	VHADDPD 32(SI), Y0, Y0     // x0+x1, x4+x5; x2+x3, x6+x7
	VHADDPD 96(SI), Y2, Y2
	VEXTRACTF128 $1, Y0, X1
	VEXTRACTF128 $1, Y2, X3
	VADDPD X1, X0, X0          // the sums of the first two fours
	VADDPD X3, X2, X2          // and of the others
	VXORPD X4, X4, X4
	VADDSD X0, X4, X4
	VUNPCKHPD X0, X0, X0
	VADDSD X0, X4, X4
	VADDSD X2, X4, X4
	VUNPCKHPD X2, X2, X2
	VADDSD X2, X4, X4
	VMOVSD X4, (DI)
	ADDQ $128, SI
	ADDQ $8, DI
	DECQ CX
	JNZ  one
	VZEROUPPER
	RET

// func addScaledAVX(dst *vec, a float64, x *vec, n int)
TEXT ·addScaledAVX(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	VBROADCASTSD a+8(FP), Y0
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), CX

entry:
	VMULPD     (SI), Y0, Y8
	VMULPD     32(SI), Y0, Y9
	VMULPD     64(SI), Y0, Y10
	VMULPD     96(SI), Y0, Y11
	VADDPD     (DI), Y8, Y8 // dst_i += a x_i
	VADDPD     32(DI), Y9, Y9
	VADDPD     64(DI), Y10, Y10
	VADDPD     96(DI), Y11, Y11
	VMOVUPD    Y8, (DI)
	VMOVUPD    Y9, 32(DI)
	VMOVUPD    Y10, 64(DI)
	VMOVUPD    Y11, 96(DI)
	ADDQ       $128, SI
	ADDQ       $128, DI
	DECQ       CX
	JNZ        entry
	VZEROUPPER
	RET

// func scaleByAVX(dst, x, e *vec, n int)
TEXT ·scaleByAVX(SB), NOSPLIT, $0-32
	MOVQ    dst+0(FP), DI
	MOVQ    x+8(FP), SI
	MOVQ    e+16(FP), DX
	MOVQ    n+24(FP), CX
	VMOVUPD (DX), Y0
	VMOVUPD 32(DX), Y1
	VMOVUPD 64(DX), Y2
	VMOVUPD 96(DX), Y3

entry:
	VMULPD  (SI), Y0, Y8
	VMULPD  32(SI), Y1, Y9
	VMULPD  64(SI), Y2, Y10
	VMULPD  96(SI), Y3, Y11
	VMOVUPD Y8, (DI)
	VMOVUPD Y9, 32(DI)
	VMOVUPD Y10, 64(DI)
	VMOVUPD Y11, 96(DI)
	ADDQ    $128, SI
	ADDQ    $128, DI
	DECQ    CX
	JNZ     entry
	VZEROUPPER
	RET

// func addDotAVX(dst, x, y *vec, n int)
TEXT ·addDotAVX(SB), NOSPLIT, $0-32
	MOVQ    dst+0(FP), DI
	MOVQ    x+8(FP), SI
	MOVQ    y+16(FP), DX
	MOVQ    n+24(FP), CX
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3

term:
	VMOVUPD (SI), Y8
	VMOVUPD 32(SI), Y9
	VMOVUPD 64(SI), Y10
	VMOVUPD 96(SI), Y11
	VMULPD  (DX), Y8, Y8
	VMULPD  32(DX), Y9, Y9
	VMULPD  64(DX), Y10, Y10
	VMULPD  96(DX), Y11, Y11
	VADDPD  Y8, Y0, Y0 // dst += x_i y_i
	VADDPD  Y9, Y1, Y1
	VADDPD  Y10, Y2, Y2
	VADDPD  Y11, Y3, Y3
	ADDQ    $128, SI
	ADDQ    $128, DX
	DECQ    CX
	JNZ     term

	VMOVUPD    Y0, (DI)
	VMOVUPD    Y1, 32(DI)
	VMOVUPD    Y2, 64(DI)
	VMOVUPD    Y3, 96(DI)
	VZEROUPPER
	RET
