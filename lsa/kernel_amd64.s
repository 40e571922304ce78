//go:build !purego

#include "textflag.h"

// A vec is 128 bytes: four registers of four numbers. The loops are those of
// kernel.go; the comments name what the four lines from there on do.

// func symMulVecAVX(dst, upper, x *vec, n int)
TEXT ·symMulVecAVX(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ upper+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ n+24(FP), CX

	MOVQ   DI, R8 // dst = 0
	MOVQ   CX, R9
	VXORPD Y0, Y0, Y0

zero:
	VMOVUPD Y0, (R8)
	VMOVUPD Y0, 32(R8)
	VMOVUPD Y0, 64(R8)
	VMOVUPD Y0, 96(R8)
	ADDQ    $128, R8
	DECQ    R9
	JNZ     zero

	// Row i: DI, DX at dst_i, x_i; SI at G_ii; CX = n - i.
row:
	VMOVUPD (DX), Y4     // x_i
	VMOVUPD 32(DX), Y5
	VMOVUPD 64(DX), Y6
	VMOVUPD 96(DX), Y7
	VMULPD  (SI), Y4, Y8
	VMULPD  32(SI), Y5, Y9
	VMULPD  64(SI), Y6, Y10
	VMULPD  96(SI), Y7, Y11
	VADDPD  (DI), Y8, Y0 // dst_i + G_ii x_i
	VADDPD  32(DI), Y9, Y1
	VADDPD  64(DI), Y10, Y2
	VADDPD  96(DI), Y11, Y3
	ADDQ    $128, SI
	MOVQ    CX, R9
	DECQ    R9
	JZ      last
	LEAQ    128(DI), R8  // dst_k
	LEAQ    128(DX), R10 // x_k

pair:
	VMOVUPD (SI), Y8     // G_ik
	VMOVUPD 32(SI), Y9
	VMOVUPD 64(SI), Y10
	VMOVUPD 96(SI), Y11
	VMULPD  (R10), Y8, Y12
	VMULPD  32(R10), Y9, Y13
	VMULPD  64(R10), Y10, Y14
	VMULPD  96(R10), Y11, Y15
	VADDPD  Y12, Y0, Y0  // dst_i += G_ik x_k
	VADDPD  Y13, Y1, Y1
	VADDPD  Y14, Y2, Y2
	VADDPD  Y15, Y3, Y3
	VMULPD  Y4, Y8, Y8
	VMULPD  Y5, Y9, Y9
	VMULPD  Y6, Y10, Y10
	VMULPD  Y7, Y11, Y11
	VADDPD  (R8), Y8, Y8 // dst_k += G_ik x_i
	VADDPD  32(R8), Y9, Y9
	VADDPD  64(R8), Y10, Y10
	VADDPD  96(R8), Y11, Y11
	VMOVUPD Y8, (R8)
	VMOVUPD Y9, 32(R8)
	VMOVUPD Y10, 64(R8)
	VMOVUPD Y11, 96(R8)
	ADDQ    $128, SI
	ADDQ    $128, R8
	ADDQ    $128, R10
	DECQ    R9
	JNZ     pair

	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VMOVUPD Y2, 64(DI)
	VMOVUPD Y3, 96(DI)
	ADDQ    $128, DI
	ADDQ    $128, DX
	DECQ    CX
	JMP     row

last:
	VMOVUPD    Y0, (DI)
	VMOVUPD    Y1, 32(DI)
	VMOVUPD    Y2, 64(DI)
	VMOVUPD    Y3, 96(DI)
	VZEROUPPER
	RET

// func addTMulAVX(dst, s *vec, A *float64, m, n int)
TEXT ·addTMulAVX(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ s+8(FP), SI
	MOVQ A+16(FP), DX
	MOVQ m+24(FP), CX
	MOVQ n+32(FP), BX
	MOVQ BX, R11
	SHLQ $3, R11 // bytes of a row of A

column:
	VMOVUPD (DI), Y0 // dst_j
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3
	MOVQ    SI, R8
	MOVQ    DX, R9
	MOVQ    CX, R10

term:
	VBROADCASTSD (R9), Y4   // A_ij
	VMULPD       (R8), Y4, Y8
	VMULPD       32(R8), Y4, Y9
	VMULPD       64(R8), Y4, Y10
	VMULPD       96(R8), Y4, Y11
	VADDPD       Y8, Y0, Y0 // dst_j += s_i A_ij
	VADDPD       Y9, Y1, Y1
	VADDPD       Y10, Y2, Y2
	VADDPD       Y11, Y3, Y3
	ADDQ         $128, R8
	ADDQ         R11, R9
	DECQ         R10
	JNZ          term

	VMOVUPD    Y0, (DI)
	VMOVUPD    Y1, 32(DI)
	VMOVUPD    Y2, 64(DI)
	VMOVUPD    Y3, 96(DI)
	ADDQ       $128, DI
	ADDQ       $8, DX
	DECQ       BX
	JNZ        column
	VZEROUPPER
	RET

// func mulScalarAVX(dst *vec, A *float64, x *vec, m, n int)
TEXT ·mulScalarAVX(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ A+8(FP), DX
	MOVQ x+16(FP), SI
	MOVQ m+24(FP), CX
	MOVQ n+32(FP), BX

row:
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	MOVQ   SI, R8
	MOVQ   BX, R10

term:
	VBROADCASTSD (DX), Y4   // A_ij
	VMULPD       (R8), Y4, Y8
	VMULPD       32(R8), Y4, Y9
	VMULPD       64(R8), Y4, Y10
	VMULPD       96(R8), Y4, Y11
	VADDPD       Y8, Y0, Y0 // dst_i += A_ij x_j
	VADDPD       Y9, Y1, Y1
	VADDPD       Y10, Y2, Y2
	VADDPD       Y11, Y3, Y3
	ADDQ         $128, R8
	ADDQ         $8, DX
	DECQ         R10
	JNZ          term

	VMOVUPD    Y0, (DI)
	VMOVUPD    Y1, 32(DI)
	VMOVUPD    Y2, 64(DI)
	VMOVUPD    Y3, 96(DI)
	ADDQ       $128, DI
	DECQ       CX
	JNZ        row
	VZEROUPPER
	RET

// func addOuterAVX(dst, s, x *vec, m, n int)
TEXT ·addOuterAVX(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ s+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ m+24(FP), CX
	MOVQ n+32(FP), BX

row:
	VMOVUPD (SI), Y0 // s_i
	VMOVUPD 32(SI), Y1
	VMOVUPD 64(SI), Y2
	VMOVUPD 96(SI), Y3
	MOVQ    DX, R8
	MOVQ    BX, R10

entry:
	VMULPD  (R8), Y0, Y8
	VMULPD  32(R8), Y1, Y9
	VMULPD  64(R8), Y2, Y10
	VMULPD  96(R8), Y3, Y11
	VADDPD  (DI), Y8, Y8 // dst_ij += s_i x_j
	VADDPD  32(DI), Y9, Y9
	VADDPD  64(DI), Y10, Y10
	VADDPD  96(DI), Y11, Y11
	VMOVUPD Y8, (DI)
	VMOVUPD Y9, 32(DI)
	VMOVUPD Y10, 64(DI)
	VMOVUPD Y11, 96(DI)
	ADDQ    $128, R8
	ADDQ    $128, DI
	DECQ    R10
	JNZ     entry

	ADDQ       $128, SI
	DECQ       CX
	JNZ        row
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
