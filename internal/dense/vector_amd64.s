//go:build !purego

#include "textflag.h"

// The operations of vector.go, eight numbers at a time. AX points to constants,
// of which K(i) is row i.

#define K(i) (32*(i))(AX)

// EXP replaces Y0 by exp(Y0), a relative error of 2e-7; Y1, Y2, Y3 are lost. With
// n = round(x/log 2) it is 2^n exp(x - n log 2). Operands stand so that NaN stays
// NaN.
#define EXP \
	VCMPPS       $5, K(1), Y0, Y3 \
	VMOVUPS      K(0), Y1         \
	VMINPS       Y0, Y1, Y0       \
	VMOVUPS      K(1), Y1         \
	VMAXPS       Y0, Y1, Y0       \
	VMULPS       K(2), Y0, Y1     \
	VROUNDPS     $0, Y1, Y1       \
	VFNMADD231PS K(3), Y1, Y0     \
	VFNMADD231PS K(4), Y1, Y0     \
	VMOVUPS      K(5), Y2         \
	VFMADD213PS  K(6), Y0, Y2     \
	VFMADD213PS  K(7), Y0, Y2     \
	VFMADD213PS  K(8), Y0, Y2     \
	VFMADD213PS  K(9), Y0, Y2     \
	VFMADD213PS  K(10), Y0, Y2    \
	VFMADD213PS  K(11), Y0, Y2    \
	VFMADD213PS  K(11), Y0, Y2    \
	VCVTPS2DQ    Y1, Y1           \
	VPADDD       K(12), Y1, Y1    \
	VPSLLD       $23, Y1, Y1      \
	VMULPS       Y1, Y2, Y0       \
	VANDPS       Y3, Y0, Y0

// SUM leaves the sum of the eight numbers of y in all of them; x is its lower
// half; Y1 is lost.
#define SUM(y, x) \
	VEXTRACTF128 $1, y, X1 \
	VADDPS       X1, x, x \
	VHADDPS      x, x, x  \
	VHADDPS      x, x, x  \
	VBROADCASTSS x, y

// func softmaxAVX2(x *float32, n int, scale float32)
TEXT ·softmaxAVX2(SB), NOSPLIT, $0-20
	MOVQ         x+0(FP), SI
	MOVQ         n+8(FP), CX
	VBROADCASTSS scale+16(FP), Y6
	LEAQ         ·constants(SB), AX
	SHRQ         $3, CX

	VMOVUPS (SI), Y4
	MOVQ    SI, DI
	MOVQ    CX, DX

most:
	VMAXPS (DI), Y4, Y4
	ADDQ   $32, DI
	DECQ   DX
	JNZ    most

	VEXTRACTF128 $1, Y4, X1
	VMAXPS       X1, X4, X4
	VPERMILPS    $0x4E, X4, X1
	VMAXPS       X1, X4, X4
	VPERMILPS    $0xB1, X4, X1
	VMAXPS       X1, X4, X4
	VBROADCASTSS X4, Y4

	VXORPS Y5, Y5, Y5
	MOVQ   SI, DI
	MOVQ   CX, DX

exp:
	VMOVUPS (DI), Y0
	VSUBPS  Y4, Y0, Y0 // x - most
	VMULPS  Y6, Y0, Y0
	EXP
	VMOVUPS Y0, (DI)
	VADDPS  Y0, Y5, Y5
	ADDQ    $32, DI
	DECQ    DX
	JNZ     exp

	SUM(Y5, X5)
	VMOVUPS K(11), Y0
	VDIVPS  Y5, Y0, Y5

scale:
	VMULPS  (SI), Y5, Y0
	VMOVUPS Y0, (SI)
	ADDQ    $32, SI
	DECQ    CX
	JNZ     scale
	VZEROUPPER
	RET

// func softmaxBackwardAVX2(d, p *float32, n int, scale float32)
TEXT ·softmaxBackwardAVX2(SB), NOSPLIT, $0-28
	MOVQ         d+0(FP), DI
	MOVQ         p+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS scale+24(FP), Y6
	SHRQ         $3, CX
	VXORPS       Y5, Y5, Y5
	MOVQ         DI, R8
	MOVQ         SI, R9
	MOVQ         CX, DX

dot:
	VMOVUPS     (R8), Y0
	VFMADD231PS (R9), Y0, Y5
	ADDQ        $32, R8
	ADDQ        $32, R9
	DECQ        DX
	JNZ         dot
	SUM(Y5, X5)

entry:
	VMOVUPS (DI), Y0
	VSUBPS  Y5, Y0, Y0
	VMULPS  (SI), Y0, Y0
	VMULPS  Y6, Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, SI
	DECQ    CX
	JNZ     entry
	VZEROUPPER
	RET

// func geluAVX2(y, x *float32, n int)
TEXT ·geluAVX2(SB), NOSPLIT, $0-24
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LEAQ ·constants(SB), AX
	SHRQ $3, CX

entry:
	VMOVUPS     (SI), Y4
	VMULPS      Y4, Y4, Y0
	VMOVUPS     K(14), Y5
	VFMADD213PS K(11), Y5, Y0 // 1 + 0.044715 x^2
	VMULPS      Y4, Y0, Y0
	VMULPS      K(13), Y0, Y0 // -2u
	EXP
	VADDPS      K(11), Y0, Y0
	VDIVPS      Y0, Y4, Y0
	VMOVUPS     Y0, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	DECQ        CX
	JNZ         entry
	VZEROUPPER
	RET

// func geluBackwardAVX2(d, x *float32, n int)
TEXT ·geluBackwardAVX2(SB), NOSPLIT, $0-24
	MOVQ d+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	LEAQ ·constants(SB), AX
	SHRQ $3, CX

entry:
	VMOVUPS     (SI), Y4
	VMULPS      Y4, Y4, Y6
	VMOVUPS     K(14), Y0
	VFMADD213PS K(11), Y6, Y0 // 1 + 0.044715 x^2
	VMULPS      Y4, Y0, Y0
	VMULPS      K(13), Y0, Y0
	EXP
	VMOVUPS     K(11), Y5
	VADDPS      Y5, Y0, Y7
	VDIVPS      Y7, Y5, Y7    // s = 1/(1 + e)
	VMULPS      Y7, Y0, Y5
	VMULPS      Y7, Y5, Y5    // s (1 - s) = e s^2
	VMULPS      Y4, Y5, Y5
	VMULPS      K(17), Y5, Y5 // x s (1 - s) 2 sqrt(2/pi)
	VMOVUPS     K(15), Y0
	VFMADD213PS K(11), Y6, Y0 // 1 + 3 0.044715 x^2
	VFMADD231PS Y0, Y5, Y7
	VMULPS      (DI), Y7, Y7
	VMOVUPS     Y7, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	DECQ        CX
	JNZ         entry
	VZEROUPPER
	RET

// func layerNormAVX2(y, x, w, b *float32, n int) (mean, rstd float32)
TEXT ·layerNormAVX2(SB), NOSPLIT, $0-48
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         w+16(FP), R8
	MOVQ         b+24(FP), R9
	MOVQ         n+32(FP), CX
	LEAQ         ·constants(SB), AX
	VXORPS       X7, X7, X7
	VCVTSI2SSQ   CX, X7, X7
	VBROADCASTSS X7, Y7
	SHRQ         $3, CX

	VXORPS Y4, Y4, Y4
	MOVQ   SI, R10
	MOVQ   CX, DX

sum:
	VADDPS (R10), Y4, Y4
	ADDQ   $32, R10
	DECQ   DX
	JNZ    sum
	SUM(Y4, X4)
	VDIVPS Y7, Y4, Y4 // mean

	VXORPS Y5, Y5, Y5
	MOVQ   SI, R10
	MOVQ   CX, DX

squares:
	VMOVUPS     (R10), Y0
	VSUBPS      Y4, Y0, Y0
	VFMADD231PS Y0, Y0, Y5
	ADDQ        $32, R10
	DECQ        DX
	JNZ         squares
	SUM(Y5, X5)
	VDIVPS      Y7, Y5, Y5
	VADDPS      K(16), Y5, Y5
	VSQRTPS     Y5, Y5
	VMOVUPS     K(11), Y0
	VDIVPS      Y5, Y0, Y5    // rstd
	VMOVSS      X4, mean+40(FP)
	VMOVSS      X5, rstd+44(FP)

entry:
	VMOVUPS     (SI), Y0
	VSUBPS      Y4, Y0, Y0
	VMULPS      Y5, Y0, Y0
	VMOVUPS     (R8), Y1
	VFMADD213PS (R9), Y0, Y1
	VMOVUPS     Y1, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	ADDQ        $32, R8
	ADDQ        $32, R9
	DECQ        CX
	JNZ         entry
	VZEROUPPER
	RET

// func layerNormBackwardAVX2(dx, dw, db, dy, x, w *float32, n int, mean, rstd float32)
TEXT ·layerNormBackwardAVX2(SB), NOSPLIT, $0-64
	MOVQ         dx+0(FP), DI
	MOVQ         dw+8(FP), R8
	MOVQ         db+16(FP), R9
	MOVQ         dy+24(FP), SI
	MOVQ         x+32(FP), BX
	MOVQ         w+40(FP), R10
	MOVQ         n+48(FP), CX
	VBROADCASTSS mean+56(FP), Y4
	VBROADCASTSS rstd+60(FP), Y5
	VXORPS       X15, X15, X15
	VCVTSI2SSQ   CX, X15, X15
	VBROADCASTSS X15, Y12
	SHLQ         $2, CX        // bytes
	XORQ         DX, DX
	VXORPS       Y6, Y6, Y6
	VXORPS       Y7, Y7, Y7

sums:
	VMOVUPS     (BX)(DX*1), Y0
	VSUBPS      Y4, Y0, Y0
	VMULPS      Y5, Y0, Y0         // the normalised x
	VMOVUPS     (SI)(DX*1), Y2     // g
	VADDPS      (R9)(DX*1), Y2, Y3
	VMOVUPS     Y3, (R9)(DX*1)
	VMOVUPS     (R8)(DX*1), Y3
	VFMADD231PS Y0, Y2, Y3
	VMOVUPS     Y3, (R8)(DX*1)
	VMULPS      (R10)(DX*1), Y2, Y2 // g w
	VADDPS      Y2, Y6, Y6
	VFMADD231PS Y0, Y2, Y7
	ADDQ        $32, DX
	CMPQ        DX, CX
	JLT         sums
	SUM(Y6, X6)
	SUM(Y7, X7)
	VDIVPS      Y12, Y6, Y6
	VDIVPS      Y12, Y7, Y7
	XORQ        DX, DX

entry:
	VMOVUPS      (BX)(DX*1), Y0
	VSUBPS       Y4, Y0, Y0
	VMULPS       Y5, Y0, Y0
	VMOVUPS      (SI)(DX*1), Y2
	VMULPS       (R10)(DX*1), Y2, Y2
	VSUBPS       Y6, Y2, Y2
	VFNMADD231PS Y7, Y0, Y2
	VMOVUPS      (DI)(DX*1), Y3
	VFMADD231PS  Y5, Y2, Y3
	VMOVUPS      Y3, (DI)(DX*1)
	ADDQ         $32, DX
	CMPQ         DX, CX
	JLT          entry
	VZEROUPPER
	RET

// func adamAVX2(p, m, v, grad *float32, n int, s *AdamStep)
TEXT ·adamAVX2(SB), NOSPLIT, $0-48
	MOVQ         p+0(FP), DI
	MOVQ         m+8(FP), R8
	MOVQ         v+16(FP), R9
	MOVQ         grad+24(FP), SI
	MOVQ         n+32(FP), CX
	MOVQ         s+40(FP), BX
	VBROADCASTSS 0(BX), Y4  // GradientScale
	VBROADCASTSS 4(BX), Y5  // Beta1
	VBROADCASTSS 8(BX), Y6
	VBROADCASTSS 12(BX), Y7 // Beta2
	VBROADCASTSS 16(BX), Y8
	VBROADCASTSS 20(BX), Y9 // Correct2
	VBROADCASTSS 24(BX), Y10
	VBROADCASTSS 28(BX), Y11 // Rate
	VBROADCASTSS 32(BX), Y12 // Shrink
	SHLQ         $2, CX
	XORQ         DX, DX

entry:
	VMULPS       (SI)(DX*1), Y4, Y0
	VMULPS       (R8)(DX*1), Y5, Y1
	VFMADD231PS  Y6, Y0, Y1         // m
	VMOVUPS      Y1, (R8)(DX*1)
	VMULPS       Y0, Y0, Y0
	VMULPS       (R9)(DX*1), Y7, Y2
	VFMADD231PS  Y8, Y0, Y2         // v
	VMOVUPS      Y2, (R9)(DX*1)
	VMULPS       Y9, Y2, Y2
	VSQRTPS      Y2, Y2
	VADDPS       Y10, Y2, Y2
	VMULPS       Y11, Y1, Y1
	VDIVPS       Y2, Y1, Y1
	VMULPS       (DI)(DX*1), Y12, Y3
	VSUBPS       Y1, Y3, Y3
	VMOVUPS      Y3, (DI)(DX*1)
	ADDQ         $32, DX
	CMPQ         DX, CX
	JLT          entry
	VZEROUPPER
	RET

// func addAVX2(dst, x *float32, n int)
TEXT ·addAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	SHLQ $2, CX
	XORQ DX, DX

entry:
	VMOVUPS (DI)(DX*1), Y0
	VADDPS  (SI)(DX*1), Y0, Y0
	VMOVUPS Y0, (DI)(DX*1)
	ADDQ    $32, DX
	CMPQ    DX, CX
	JLT     entry
	VZEROUPPER
	RET
