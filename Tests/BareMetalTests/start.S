/* SPDX-License-Identifier: MIT */
/*
 * Runs main as boot code runs: EL1 on QEMU's virt board, MMU off, with every unaligned access and
 * every use of FP or SIMD registers an exception. Any exception ends the program with status 2.
 */
#define SCTLR_EL1_RES1 ((1 << 11) | (1 << 20) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29))
#define SCTLR_A (1 << 1)
#define SYS_WRITE0 0x04
#define SYS_EXIT_EXTENDED 0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

    .section .text.start, "ax"
    .global start
start:
    ldr     x0, =(SCTLR_EL1_RES1 | SCTLR_A)
    msr     sctlr_el1, x0
    adr     x0, vectors
    msr     vbar_el1, x0
    // FPEN = 0: FP and SIMD trap at EL1 too.
    msr     cpacr_el1, xzr
    isb
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
    adr     x1, alignment_text
    cmp     x2, #0x25                   // data abort: with the MMU off, alignment
    b.eq    1f
    adr     x1, fp_text
    cmp     x2, #0x07                   // trapped access to FP or SIMD
    b.eq    1f
    adr     x1, other_text
1:  mov     w0, #SYS_WRITE0
    hlt     #0xf000
    mov     w0, #2
    b       leave

/*
 * _Noreturn void leave(int status): ends QEMU with that status.
 */
leave:
    adrp    x1, __bss_start
    movz    x2, #(ADP_STOPPED_APPLICATION_EXIT >> 16), lsl #16
    movk    x2, #(ADP_STOPPED_APPLICATION_EXIT & 0xffff)
    sxtw    x3, w0
    stp     x2, x3, [x1]
    mov     w0, #SYS_EXIT_EXTENDED
    hlt     #0xf000

/*
 * void print(const char *text): to QEMU's own output.
 */
    .global print
print:
    mov     x1, x0
    mov     w0, #SYS_WRITE0
    hlt     #0xf000
    ret

alignment_text: .asciz "exception: data abort\n"
fp_text: .asciz "exception: FP or SIMD\n"
other_text: .asciz "exception: another one\n"

    .balign 0x800
vectors:
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
    embed   plain
    embed   linked_frame
    embed   independent_frame
    embed   raw_block
