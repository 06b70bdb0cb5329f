/* SPDX-License-Identifier: MIT */
/*
 * Runs main as boot code runs: EL1 or EL2 on QEMU's virt board, MMU off, with every unaligned access
 * and every use of FP or SIMD registers an exception. Any exception ends the program with status 2.
 * With E2H defined, EL2 is as with VHE: then the names of EL1 reach its registers.
 */
#define SCTLR_EL1_RES1 ((1 << 11) | (1 << 20) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29))
#define SCTLR_EL2_RES1 \
  ((1 << 4) | (1 << 5) | (1 << 11) | (1 << 16) | (1 << 18) | (1 << 22) | (1 << 23) | (1 << 28) | \
   (1 << 29))
#define SCTLR_A (1 << 1)
#define EL2 (2 << 2)
#define HCR_E2H_BIT 34
#define CPTR_EL2_RES1 ((1 << 13) | (1 << 12) | (1 << 9) | 0xff)
#define CPTR_EL2_TFP (1 << 10)

    .section .text.start, "ax"
    .global start
start:
    adr     x1, exception_vectors
#ifdef E2H
    mrs     x0, hcr_el2
    orr     x0, x0, #(1 << HCR_E2H_BIT)
    msr     hcr_el2, x0
    // ISB: what the names mean from here on goes by E2H.
    isb
#else
    mrs     x0, CurrentEL
    cmp     x0, #EL2
    b.eq    1f
#endif
    ldr     x0, =(SCTLR_EL1_RES1 | SCTLR_A)
    msr     sctlr_el1, x0
    msr     vbar_el1, x1
    // FPEN = 0: FP and SIMD trap at this level too.
    msr     cpacr_el1, xzr
    b       2f
1:  ldr     x0, =(SCTLR_EL2_RES1 | SCTLR_A)
    msr     sctlr_el2, x0
    msr     vbar_el2, x1
    ldr     x0, =(CPTR_EL2_RES1 | CPTR_EL2_TFP)
    msr     cptr_el2, x0
    // ISB: what was written is in effect behind it.
2:  isb
    adrp    x0, __stack_end_exclusive
    mov     sp, x0
    adrp    x0, __bss_start
    adrp    x1, __bss_end_exclusive
1:  cmp     x0, x1
    b.hs    2f
    str     xzr, [x0], #8
    b       1b
2:  bl      main
    b       leave

/*
 * Any exception: says so and leaves with status 2.
 */
exception:
    mrs     x2, esr_el1
    lsr     x2, x2, #26
    adr     x0, alignment_text
    cmp     x2, #0x25                   // data abort: with the MMU off, alignment
    b.eq    1f
    adr     x0, fp_text
    cmp     x2, #0x07                   // trapped access to FP or SIMD
    b.eq    1f
    adr     x0, other_text
1:  bl      print
    mov     w0, #2
    b       leave

#include "semihosting.S"

alignment_text: .asciz "exception: data abort\n"
fp_text: .asciz "exception: FP or SIMD\n"
other_text: .asciz "exception: another one\n"

    .balign 0x800
exception_vectors:
    .rept   16
    .balign 0x80
    b       exception
    .endr

    .section .rodata
    .macro embed name
    .global \name, \name\()_end
\name:
    .incbin "\name"
\name\()_end:
    .byte   0
    .endm
#if defined(VECTORS)
    .balign 8
    embed   vectors
#elif !defined(HASH)
    embed   plain
    embed   linked_frame
    embed   independent_frame
    embed   raw_block
#endif
