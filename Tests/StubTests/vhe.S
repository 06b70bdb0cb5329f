/* SPDX-License-Identifier: MIT */
/*
 * Starts the packed Image that lies 2 MiB behind it as a boot loader with VHE would: at EL2 with
 * HCR_EL2.E2H set, and at another address than QEMU would choose.
 */
start:
    b       entry
    nop
    .quad   0
    .quad   0x4000000                   // image_size: room for all of them
    .quad   0xa
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0
entry:
    mrs     x4, hcr_el2
    orr     x4, x4, #(1 << 34)
    msr     hcr_el2, x4
    isb
    adr     x4, start
    add     x4, x4, #0x200, lsl #12
    br      x4
