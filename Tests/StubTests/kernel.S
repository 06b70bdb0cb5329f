/* SPDX-License-Identifier: MIT */
/*
 * A kernel that does nothing but check how it is entered, for QEMU's virt board.
 *
 * It switches on every other core, prints "fake kernel: good, EL1, 4 cores" or EL2 and the number that
 * came, its own included, and powers off; or it prints the letter of the first check that failed and
 * stops. PSCI is called by HVC at EL1 and by SMC at EL2; with SMC defined, always by that. smoke.sh
 * appends data and writes their CRC-32, as gzip computes it, to 0x20. With DATA_FILE and DATA_CRC defined
 * both are there already, for an ELF file, which also checks that its bss is zero.
 */
#define UART 0x09000000
#define PSCI_SYSTEM_OFF 0x84000008
#define PSCI_CPU_ON 0xc4000003
#define PSCI_INVALID_PARAMETERS -2
#ifndef TEXT_OFFSET
#define TEXT_OFFSET 0
#endif
#ifndef DATA_BYTES
#define DATA_BYTES 0x640000
#endif

    .arch   armv8-a+crc
    .section .text
#ifdef DATA_FILE
    .global start                       // for the linker
#endif
start:
    b       entry
    nop
    .quad   TEXT_OFFSET
    .quad   DATA_BYTES + 0x25000        // image_size: with a bss, and no multiple of 2 MiB
    .quad   0xa
data_crc:
#ifdef DATA_CRC
    .quad   DATA_CRC
#else
    .quad   0                           // written by smoke.sh
#endif
    .quad   0, 0
    .ascii  "ARM\x64"
    .long   0

/* Fails with \letter unless the flags say \condition. */
.macro check condition, letter
    mov     w9, #\letter
    b.\condition 9f
    b       fail
9:
.endm

entry:
    movz    x20, #(UART >> 16), lsl #16
    mov     x21, x0
    // x1 to x3 are zero.
    orr     x4, x1, x2
    orr     x4, x4, x3
    cmp     x4, #0
    check   eq, 'x'
    // MMU and data cache are off, and so is the alignment check of the stub.
    mrs     x22, CurrentEL
    lsr     x22, x22, #2
    mrs     x4, sctlr_el1
    cmp     x22, #2
    b.ne    1f
    mrs     x4, sctlr_el2
1:  tst     x4, #7
    check   eq, 's'
    // All interrupts are masked.
    mrs     x4, daif
    cmp     x4, #0x3c0
    check   eq, 'd'
    // The device tree is where x0 says.
    ldr     w4, [x21]
    movz    w5, #0x0dd0
    movk    w5, #0xedfe, lsl #16
    cmp     w4, w5
    check   eq, 't'
    // 2 MiB aligned, but for text_offset.
    adr     x23, start
    movz    x4, #(TEXT_OFFSET & 0xffff)
    movk    x4, #(TEXT_OFFSET >> 16), lsl #16
    sub     x4, x23, x4
    tst     x4, #0x1fffff
    check   eq, 'a'
    // The data are whole.
    adr     x4, data
    ldr     x6, =DATA_BYTES
    add     x6, x4, x6
    mov     w7, #-1
2:  ldr     x5, [x4], #8
    crc32x  w7, w7, x5
    cmp     x4, x6
    b.lo    2b
    mvn     w7, w7
    ldr     w5, data_crc
    cmp     w5, w7
    check   eq, 'c'

#ifdef DATA_FILE
    ldr     x4, =bss
    ldr     x6, =bss_end
2:  ldr     x5, [x4], #8
    cmp     x5, #0
    check   eq, 'b'
    cmp     x4, x6
    b.lo    2b
#endif

    // Every other core is off and can be switched on: 1 and up, to the first that the board does not
    // have.
    mov     x24, #1
    adr     x25, arrivals
3:  ldr     x0, =PSCI_CPU_ON
    mov     x1, x24
    adr     x2, other_core
    add     x3, x25, x24
    bl      psci
    cmn     w0, #(-PSCI_INVALID_PARAMETERS)
    b.eq    5f
    cmp     w0, #0
    check   eq, 'p'
4:  ldrb    w4, [x25, x24]
    cbz     w4, 4b
    add     x24, x24, #1
    b       3b
5:
    adr     x4, good
    bl      print
    add     w4, w22, #'0'
    str     w4, [x20]
    adr     x4, cores
    bl      print
    add     w4, w24, #'0'
    str     w4, [x20]
    adr     x4, cores_end
    bl      print
    ldr     x0, =PSCI_SYSTEM_OFF
    bl      psci

other_core:                             // x0: where to say that it came
    mov     w1, #1
    strb    w1, [x0]
1:  wfi
    b       1b

psci:
#ifndef SMC
    cmp     x22, #2
    b.eq    1f
    hvc     #0
    ret
1:
#endif
    smc     #0
    ret

fail:
    adr     x4, bad
    bl      print
    str     w9, [x20]
    adr     x4, newline
    bl      print
1:  wfi
    b       1b

print:
    ldrb    w5, [x4], #1
    cbz     w5, 6f
    str     w5, [x20]
    b       print
6:  ret

good: .asciz "fake kernel: good, EL"
bad: .asciz "fake kernel: failed check "
cores: .asciz ", "
cores_end: .ascii " cores"
newline: .asciz "\r\n"
arrivals: .zero 8
    .balign 8
    .ltorg
    .balign 64
data:
#ifdef DATA_FILE
    .incbin DATA_FILE

    .bss
    .balign 8
bss:
    .zero   0x12340
bss_end:
#endif
