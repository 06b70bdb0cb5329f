/* SPDX-License-Identifier: MIT */
/*
 * Starts the packed Image that lies DISTANCE behind it, at another address than QEMU would choose.
 * With VHE defined, as a boot loader at EL2 with HCR_EL2.E2H set would; with DOWN defined, one that
 * goes down from EL2 to EL1; with DEVICE_TREE defined, with the device tree at that distance from the
 * packed Image; with CADENCE defined, with the UART at that address set up; with BYTES defined, the packed
 * Image, which has so many, at address 0. TEXT_OFFSET keeps itself out of the way.
 */
#ifndef TEXT_OFFSET
#define TEXT_OFFSET 0
#endif
start:
    b       entry
    nop
    .quad   TEXT_OFFSET
    .quad   0x4000000                   // image_size: room for all of them
    .quad   0xa
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0
entry:
#ifdef VHE
    mrs     x4, hcr_el2
    orr     x4, x4, #(1 << 34)
    msr     hcr_el2, x4
    isb
#endif
    adr     x4, start
    ldr     x5, =DISTANCE
    add     x4, x4, x5
#ifdef DEVICE_TREE
    ldr     x5, =DEVICE_TREE
    add     x0, x4, x5
#endif
#ifdef CADENCE
    ldr     x5, =CADENCE
    mov     w6, #0x14                   // control: receiver and transmitter enabled
    str     w6, [x5]
#endif
#ifdef BYTES
    mov     x5, xzr
    ldr     x6, =BYTES
1:  ldp     x7, x8, [x4], #16
    stp     x7, x8, [x5], #16
    subs    x6, x6, #16
    b.hi    1b
    mov     x4, xzr
#endif
#ifdef DOWN
    mov     x5, #(1 << 31)              // HCR_EL2.RW
    msr     hcr_el2, x5
    ldr     x5, =0x30d00800             // SCTLR_EL1: RES1 bits
    msr     sctlr_el1, x5
    mov     x5, #0x3c5                  // EL1h, all masked
    msr     spsr_el2, x5
    msr     elr_el2, x4
    eret
#endif
    br      x4
