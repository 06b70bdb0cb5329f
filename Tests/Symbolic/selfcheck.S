/* SPDX-License-Identifier: MIT */
/* Functions that each do one thing that the proof has to find, and some that do nothing wrong. Arguments: x0 source of
   4 bytes, x1 target of x2 bytes. selfcheck.py says what is expected. */

.macro function name
    .globl \name
    .type \name, %function
    .section .text.\name, "ax"
\name:
.endm

/* The first source byte goes to the target, if there is room, by way of the stack. */
function correct
    cbz x2, 1f
    stp x19, x30, [sp, #-16]!
    ldrb w19, [x0]
    strb w19, [x1]
    ldrb w19, [x1]
    ldp x19, x30, [sp], #16
1:  ret

/* A loop of one block whose number of rounds is not known. */
function correct_loop
    cbz x2, 2f
    add x2, x1, x2
1:  strb wzr, [x1], #1
    cmp x1, x2
    b.ne 1b
2:  ret

function load_behind_source
    ldrb w0, [x0, #4]
    ret

function load_in_front_of_source
    ldrb w0, [x0, #-1]
    ret

function load_of_a_pair
    ldp w3, w4, [x0]
    ret

function load_that_nobody_uses
    ldrb wzr, [x0, #4]
    ret

function load_at_an_index
    ldrb w3, [x0]
    and w3, w3, #7
    ldrb w0, [x0, x3]
    ret

function load_of_null
    mov x3, #0
    ldrb w0, [x3]
    ret

function store_to_source
    strb wzr, [x0]
    ret

function store_behind_target
    strb wzr, [x1, x2]
    ret

function store_of_a_pair
    cmp x2, #12
    b.lo 1f
    stp xzr, xzr, [x1]
1:  ret

function store_behind_a_gap
    cmp x2, #2
    b.lo 1f
    strb wzr, [x1, #1]
1:  ret

function store_of_garbage
    cbz x2, 1f
    strb w9, [x1]
1:  ret

function loop_one_round_too_far
    cbz x2, 2f
    add x2, x1, x2
1:  strb wzr, [x1], #1
    cmp x1, x2
    b.ls 1b
2:  ret

function load_of_what_is_not_written
    cbz x2, 1f
    ldrb w0, [x1]
1:  ret

function address_of_garbage
    ldr x0, [x9]
    ret

function branch_on_a_register
    cbz w9, 1f
    mov w0, #1
1:  ret

function branch_on_the_stack
    sub sp, sp, #16
    ldr w9, [sp]
    add sp, sp, #16
    cbz w9, 1f
    mov w0, #1
1:  ret

function store_below_the_stack
    str x0, [sp, #-8]
    ret

function load_of_the_caller
    ldr x0, [sp]
    ret

function stack_of_520_bytes
    sub sp, sp, #528
    str x0, [sp, #8]
    add sp, sp, #528
    ret

function stack_kept
    sub sp, sp, #16
    ret

function register_not_preserved
    mov x19, x0
    ret

function unaligned
    ldrh w0, [x0]
    ret

function unaligned_elsewhere
    ldrh w0, [x0, #1]
    ret

function copy_of_garbage
    cbz x2, 2f
    add x2, x1, x2
1:  strb w9, [x1], #1
    cmp x1, x2
    b.ne 1b
2:  ret

/* Entered by a branch, so that no round of it is seen before all are. */
function branch_behind_a_loop
    cbz x2, 2f
    add x2, x1, x2
    b 1f
1:  add x9, x9, x9
    strb wzr, [x1], #1
    cmp x1, x2
    b.ne 1b
    cbz w9, 2f
    mov w0, #1
2:  ret

function jump_to_garbage
    br x9

function jump_out
    mov x9, #4096
    br x9

function trap
    brk #1

function undefined
    udf #0

function exclusive
    ldxr w0, [x0]
    ret

function system_call
    svc #0
    ret

function endless
    b endless
