/* SPDX-License-Identifier: MIT */
/*
 * The two functions that compilers call of themselves, to copy or clear a struct. Byte by byte: they
 * run with the MMU off, where nothing wider may be unaligned, on a few dozen bytes.
 */

/*
 * void *memcpy(void *target, const void *source, size_t byte_count)
 */
    .section .text.memcpy, "ax"
    .global memcpy
memcpy:
    mov     x3, x0
1:  cbz     x2, 2f
    ldrb    w4, [x1], #1
    strb    w4, [x3], #1
    sub     x2, x2, #1
    b       1b
2:  ret

/*
 * void *memset(void *target, int value, size_t byte_count)
 */
    .section .text.memset, "ax"
    .global memset
memset:
    mov     x3, x0
1:  cbz     x2, 2f
    strb    w1, [x3], #1
    sub     x2, x2, #1
    b       1b
2:  ret
