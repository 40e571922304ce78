//go:build !purego

#include "textflag.h"

// symMulVec of kernel.go with all lanes of four rows in the registers of AVX-512, in the same
// order as there. A vec is two registers.

// An entry R of G beside the diagonal, of a block of four rows: it goes with XC into row
// ROW and with XR into row COL.
#define PAIR(R, OFF, R0, R1, C0, C1, XR0, XR1, XC0, XC1) \
	VMOVUPD OFF(R), Z16; \
	VMOVUPD OFF+64(R), Z17; \
	VMULPD XC0, Z16, Z18; \
	VMULPD XC1, Z17, Z19; \
	VADDPD Z18, R0, R0; \
	VADDPD Z19, R1, R1; \
	VMULPD XR0, Z16, Z16; \
	VMULPD XR1, Z17, Z17; \
	VADDPD Z16, C0, C0; \
	VADDPD Z17, C1, C1

// An entry of G on the diagonal.
#define DIAGONAL(R, R0, R1, X0, X1) \
	VMULPD (R), X0, Z16; \
	VMULPD 64(R), X1, Z17; \
	VADDPD Z16, R0, R0; \
	VADDPD Z17, R1, R1

// An entry of column k for a row: x_k is Z28 and Z29, dst_k is Z30 and Z31.
#define COLUMN(R, R0, R1, X0, X1, G0, G1, T0, T1) \
	VMOVUPD (R)(AX*1), G0; \
	VMOVUPD 64(R)(AX*1), G1; \
	VMULPD Z28, G0, T0; \
	VMULPD Z29, G1, T1; \
	VADDPD T0, R0, R0; \
	VADDPD T1, R1, R1; \
	VMULPD X0, G0, G0; \
	VMULPD X1, G1, G1; \
	VADDPD G0, Z30, Z30; \
	VADDPD G1, Z31, Z31

// func symMulVecAVX512(dst, upper, x *vec, n int)
TEXT ·symMulVecAVX512(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ upper+8(FP), SI
	MOVQ x+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ DI, R8
	MOVQ CX, R9
	VPXORQ Z0, Z0, Z0

zero:
	VMOVUPD Z0, (R8)
	VMOVUPD Z0, 64(R8)
	ADDQ    $128, R8
	DECQ    R9
	JNZ     zero

	// Four rows: R8 to R11 at their entries on the diagonal, CX = n - i.
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
	VMOVUPD 0(DX), Z8
	VMOVUPD 64(DX), Z9
	VMOVUPD 128(DX), Z10
	VMOVUPD 192(DX), Z11
	VMOVUPD 256(DX), Z12
	VMOVUPD 320(DX), Z13
	VMOVUPD 384(DX), Z14
	VMOVUPD 448(DX), Z15
	VMOVUPD 0(DI), Z0
	VMOVUPD 64(DI), Z1
	VMOVUPD 128(DI), Z2
	VMOVUPD 192(DI), Z3
	VMOVUPD 256(DI), Z4
	VMOVUPD 320(DI), Z5
	VMOVUPD 384(DI), Z6
	VMOVUPD 448(DI), Z7
	DIAGONAL(R8, Z0, Z1, Z8, Z9)
	PAIR(R8, 128, Z0, Z1, Z2, Z3, Z8, Z9, Z10, Z11)
	PAIR(R8, 256, Z0, Z1, Z4, Z5, Z8, Z9, Z12, Z13)
	PAIR(R8, 384, Z0, Z1, Z6, Z7, Z8, Z9, Z14, Z15)
	DIAGONAL(R9, Z2, Z3, Z10, Z11)
	PAIR(R9, 128, Z2, Z3, Z4, Z5, Z10, Z11, Z12, Z13)
	PAIR(R9, 256, Z2, Z3, Z6, Z7, Z10, Z11, Z14, Z15)
	DIAGONAL(R10, Z4, Z5, Z12, Z13)
	PAIR(R10, 128, Z4, Z5, Z6, Z7, Z12, Z13, Z14, Z15)
	DIAGONAL(R11, Z6, Z7, Z14, Z15)
	SUBQ $128, R9 // from here on AX is that of the column in the first row
	SUBQ $256, R10
	SUBQ $384, R11
	MOVQ $512, AX
	CMPQ AX, BX
	JGE  done

columns:
	VMOVUPD (DX)(AX*1), Z28
	VMOVUPD 64(DX)(AX*1), Z29
	VMOVUPD (DI)(AX*1), Z30
	VMOVUPD 64(DI)(AX*1), Z31
	COLUMN(R8, Z0, Z1, Z8, Z9, Z16, Z17, Z18, Z19)
	COLUMN(R9, Z2, Z3, Z10, Z11, Z20, Z21, Z22, Z23)
	COLUMN(R10, Z4, Z5, Z12, Z13, Z24, Z25, Z26, Z27)
	COLUMN(R11, Z6, Z7, Z14, Z15, Z16, Z17, Z18, Z19)
	VMOVUPD Z30, (DI)(AX*1)
	VMOVUPD Z31, 64(DI)(AX*1)
	ADDQ $128, AX
	CMPQ AX, BX
	JLT  columns

done:
	VMOVUPD Z0, 0(DI)
	VMOVUPD Z1, 64(DI)
	VMOVUPD Z2, 128(DI)
	VMOVUPD Z3, 192(DI)
	VMOVUPD Z4, 256(DI)
	VMOVUPD Z5, 320(DI)
	VMOVUPD Z6, 384(DI)
	VMOVUPD Z7, 448(DI)
	ADDQ $512, DI
	ADDQ $512, DX
	SUBQ $4, CX
	JMP  rows

	// One of the last three rows.
row:
	TESTQ CX, CX
	JZ    end
	MOVQ  CX, BX
	SHLQ  $7, BX
	VMOVUPD (DX), Z8
	VMOVUPD 64(DX), Z9
	VMOVUPD (DI), Z0
	VMOVUPD 64(DI), Z1
	DIAGONAL(SI, Z0, Z1, Z8, Z9)
	MOVQ  $128, AX
	CMPQ  AX, BX
	JGE   alone

column:
	VMOVUPD (DX)(AX*1), Z28
	VMOVUPD 64(DX)(AX*1), Z29
	VMOVUPD (DI)(AX*1), Z30
	VMOVUPD 64(DI)(AX*1), Z31
	COLUMN(SI, Z0, Z1, Z8, Z9, Z16, Z17, Z18, Z19)
	VMOVUPD Z30, (DI)(AX*1)
	VMOVUPD Z31, 64(DI)(AX*1)
	ADDQ  $128, AX
	CMPQ  AX, BX
	JLT   column

alone:
	VMOVUPD Z0, (DI)
	VMOVUPD Z1, 64(DI)
	ADDQ  $128, DI
	ADDQ  $128, DX
	ADDQ  BX, SI
	DECQ  CX
	JMP   row

end:
	VZEROUPPER
	RET
