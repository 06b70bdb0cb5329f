/* SPDX-License-Identifier: MIT */
/*
 * Runs main on the boot core and, once it asks for that, work on a second one, with the MMU on: QEMU's virt board, EL1.
 * All of it is one mapping of 1 GiB, Normal memory. Nothing here is for silicon: QEMU has no caches.
 */
#define SCTLR_EL1_ON ((1 << 11) | (1 << 20) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29) | (1 << 12) | (1 << 2) | 1)
#define MAIR_NORMAL 0xff
/* T0SZ 25: the first level translates 1 GiB per entry; walks are cacheable and inner shareable. */
#define TCR_EL1 (25 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23))
/* A block at index 0 of MAIR: access flag, inner shareable. */
#define BLOCK_AT_1_GIB (0x40000000 | (1 << 10) | (3 << 8) | 1)
#define PSCI_CPU_ON 0xc4000003

    .macro mmu_on
    mov     x0, #MAIR_NORMAL
    msr     mair_el1, x0
    ldr     x0, =TCR_EL1
    msr     tcr_el1, x0
    adrp    x0, table
    msr     ttbr0_el1, x0
    isb
    ldr     x0, =SCTLR_EL1_ON
    msr     sctlr_el1, x0
    isb
    .endm

    .section .text.start, "ax"
    .global start
start:
    adrp    x0, stacks
    add     sp, x0, #0x4000
    mmu_on
    bl      main
    b       leave

second:
    adrp    x0, stacks
    add     x0, x0, #0x8, lsl #12
    mov     sp, x0
    mmu_on
    b       work

/*
 * void start_second(void): PSCI by HVC, as virt has it at EL1.
 */
    .global start_second
start_second:
    ldr     x0, =PSCI_CPU_ON
    mov     x1, #1
    adr     x2, second
    mov     x3, #0
    hvc     #0
    ret

#include "../semihosting.S"

    .section .rodata
    .balign 4096
table:
    .quad   0, BLOCK_AT_1_GIB
    .balign 4096
    .global frame, frame_end
frame:
    .incbin "frame.lz4"
frame_end:

    .section .bss, "aw", %nobits
    .balign 4096
stacks:
    .skip   0x8000
