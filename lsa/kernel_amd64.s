//go:build !purego

#include "textflag.h"

// A vec is 64 bytes: two registers of four numbers. Y0, Y1 hold the sum that
// grows in a loop (or the factor that stays), Y2.. what passes through.

// func symMulVecAVX(dst, upper, x *vec, n int)
TEXT ·symMulVecAVX(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ upper+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ n+24(FP), CX

	// dst = 0
	MOVQ   DI, R8
	MOVQ   CX, R9
	VXORPD Y0, Y0, Y0

zero:
	VMOVUPD Y0, (R8)
	VMOVUPD Y0, 32(R8)
	ADDQ    $64, R8
	DECQ    R9
	JNZ     zero

	// Row i: DI, DX at dst_i, x_i; SI at G_ii; CX = n - i.
row:
	VMOVUPD (DX), Y2           // x_i
	VMOVUPD 32(DX), Y3
	VMULPD  (SI), Y2, Y4
	VMULPD  32(SI), Y3, Y5
	VADDPD  (DI), Y4, Y0       // dst_i + G_ii x_i
	VADDPD  32(DI), Y5, Y1
	ADDQ    $64, SI
	MOVQ    CX, R9
	DECQ    R9
	JZ      last
	LEAQ    64(DI), R8         // dst_k
	LEAQ    64(DX), R10        // x_k

pair:
	VMOVUPD (SI), Y4           // G_ik
	VMOVUPD 32(SI), Y5
	VMULPD  (R10), Y4, Y6
	VMULPD  32(R10), Y5, Y7
	VMULPD  Y2, Y4, Y4
	VMULPD  Y3, Y5, Y5
	VADDPD  Y6, Y0, Y0         // dst_i += G_ik x_k
	VADDPD  Y7, Y1, Y1
	VADDPD  (R8), Y4, Y4       // dst_k += G_ik x_i
	VADDPD  32(R8), Y5, Y5
	VMOVUPD Y4, (R8)
	VMOVUPD Y5, 32(R8)
	ADDQ    $64, SI
	ADDQ    $64, R8
	ADDQ    $64, R10
	DECQ    R9
	JNZ     pair

	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ    $64, DI
	ADDQ    $64, DX
	DECQ    CX
	JMP     row

last:
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
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
	SHLQ $3, R11               // bytes of a row of A

column:
	VMOVUPD (DI), Y0           // dst_j
	VMOVUPD 32(DI), Y1
	MOVQ    SI, R8
	MOVQ    DX, R9
	MOVQ    CX, R10

term:
	VBROADCASTSD (R9), Y2      // A_ij
	VMULPD       (R8), Y2, Y3
	VMULPD       32(R8), Y2, Y4
	VADDPD       Y3, Y0, Y0    // += s_i A_ij
	VADDPD       Y4, Y1, Y1
	ADDQ         $64, R8
	ADDQ         R11, R9
	DECQ         R10
	JNZ          term

	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ    $64, DI
	ADDQ    $8, DX
	DECQ    BX
	JNZ     column
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
	MOVQ   SI, R8
	MOVQ   BX, R10

term:
	VBROADCASTSD (DX), Y2      // A_ij
	VMULPD       (R8), Y2, Y3
	VMULPD       32(R8), Y2, Y4
	VADDPD       Y3, Y0, Y0    // += A_ij x_j
	VADDPD       Y4, Y1, Y1
	ADDQ         $64, R8
	ADDQ         $8, DX
	DECQ         R10
	JNZ          term

	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	ADDQ    $64, DI
	DECQ    CX
	JNZ     row
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
	VMOVUPD (SI), Y0           // s_i
	VMOVUPD 32(SI), Y1
	MOVQ    DX, R8
	MOVQ    BX, R10

entry:
	VMULPD  (R8), Y0, Y2
	VMULPD  32(R8), Y1, Y3
	VADDPD  (DI), Y2, Y2       // dst_ij += s_i x_j
	VADDPD  32(DI), Y3, Y3
	VMOVUPD Y2, (DI)
	VMOVUPD Y3, 32(DI)
	ADDQ    $64, R8
	ADDQ    $64, DI
	DECQ    R10
	JNZ     entry

	ADDQ $64, SI
	DECQ CX
	JNZ  row
	VZEROUPPER
	RET

// func addScaledAVX(dst *vec, a float64, x *vec, n int)
TEXT ·addScaledAVX(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	VBROADCASTSD a+8(FP), Y0
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), CX

entry:
	VMULPD  (SI), Y0, Y2
	VMULPD  32(SI), Y0, Y3
	VADDPD  (DI), Y2, Y2       // dst_i += a x_i
	VADDPD  32(DI), Y3, Y3
	VMOVUPD Y2, (DI)
	VMOVUPD Y3, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	DECQ    CX
	JNZ     entry
	VZEROUPPER
	RET

// func addDotAVX(dst, x, y *vec, n int)
TEXT ·addDotAVX(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DX
	MOVQ n+24(FP), CX
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1

term:
	VMOVUPD (SI), Y2
	VMOVUPD 32(SI), Y3
	VMULPD  (DX), Y2, Y2
	VMULPD  32(DX), Y3, Y3
	VADDPD  Y2, Y0, Y0         // += x_i y_i
	VADDPD  Y3, Y1, Y1
	ADDQ    $64, SI
	ADDQ    $64, DX
	DECQ    CX
	JNZ     term

	VMOVUPD Y0, (DI)
	VMOVUPD Y1, 32(DI)
	VZEROUPPER
	RET
