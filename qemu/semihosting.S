/* SPDX-License-Identifier: MIT */
/*
 * What a program without an operating system asks QEMU for (-semihosting-config enable=on). To be included.
 */
#define SYS_WRITE0 0x04
#define SYS_EXIT_EXTENDED 0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026

/*
 * _Noreturn void leave(int status): ends QEMU with that status.
 */
leave:
    movz    x2, #(ADP_STOPPED_APPLICATION_EXIT >> 16), lsl #16
    movk    x2, #(ADP_STOPPED_APPLICATION_EXIT & 0xffff)
    sxtw    x3, w0
    stp     x2, x3, [sp, #-16]!
    mov     x1, sp
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
