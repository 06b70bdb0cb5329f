/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 by the instructions of Armv8 (FEAT_SHA256), for cores that have them.
 *
 * "Arm ARM" is the Arm Architecture Reference Manual for A-profile (DDI 0487); its sections are cited
 * by title, as their numbers change.
 */
#if defined(__aarch64__)
    .arch_extension sha2

#define EL2 (2 << 2)
#define HCR_E2H_BIT 34
/* CPACR_EL1.FPEN = 0b11: no FP or SIMD instruction is trapped. */
#define CPACR_FPEN (3 << 20)
/* CPTR_EL2.TFP, in the format without E2H: 1 traps them. */
#define CPTR_TFP (1 << 10)
#define ISAR0_SHA2_SHIFT 12
#define ISAR0_SHA2_BITS 4

/* ID_AA64ISAR0_EL1.SHA2: 0 is none, 1 is SHA-256, 2 is SHA-512 besides (Arm ARM, "ID_AA64ISAR0_EL1"). */
.macro test_for_instructions scratch
    mrs     \scratch, id_aa64isar0_el1
    tst     \scratch, #(((1 << ISAR0_SHA2_BITS) - 1) << ISAR0_SHA2_SHIFT)
.endm

/*
 * bool sha256_has_instructions(void)
 */
    .section .text.sha256_has_instructions, "ax"
    .global sha256_has_instructions
    .hidden sha256_has_instructions
sha256_has_instructions:
    test_for_instructions x0
    cset    w0, ne
    ret

/*
 * void sha256_blocks_of_core(uint32_t *state, const uint8_t *data, size_t block_count)
 *
 * sha256_blocks_portable on a core without the instructions; else sha256_blocks, with FP and SIMD
 * opened for its time, as boot code may be entered with them trapped. At EL1, and at EL2 with
 * HCR_EL2.E2H, where the name reaches CPTR_EL2 in the format of EL1, that is CPACR_EL1.FPEN; at EL2
 * without E2H it is CPTR_EL2.TFP (Arm ARM, "CPTR_EL2"). ISB: a write to a system register is seen for
 * sure only behind a context synchronization event (Arm ARM, "Synchronization requirements for AArch64
 * System registers"); the second so that whoever comes next finds what was.
 *
 *   x9  return address    x10  scratch    x11  the register as it was
 */
    .section .text.sha256_blocks_of_core, "ax"
    .global sha256_blocks_of_core
    .hidden sha256_blocks_of_core
sha256_blocks_of_core:
    test_for_instructions x9
    b.eq    sha256_blocks_portable
    mov     x9, x30
    mrs     x10, CurrentEL
    cmp     x10, #EL2
    b.ne    1f
    mrs     x10, hcr_el2
    tbz     x10, #HCR_E2H_BIT, 2f
1:  mrs     x11, cpacr_el1
    orr     x10, x11, #CPACR_FPEN
    msr     cpacr_el1, x10
    isb
    bl      sha256_blocks
    msr     cpacr_el1, x11
    isb
    ret     x9
2:  mrs     x11, cptr_el2
    and     x10, x11, #~CPTR_TFP
    msr     cptr_el2, x10
    isb
    bl      sha256_blocks
    msr     cptr_el2, x11
    isb
    ret     x9

/*
 * void sha256_blocks(uint32_t *state, const uint8_t *data, size_t block_count)
 *
 * Sixteen times four rounds, each with the four next words of the message schedule, of which the last
 * sixteen are not needed: a loop that is all the same is smaller, and as fast, as the rounds depend on
 * each other. Bytes are loaded as bytes, so that data needs no alignment. x9 to x11 stay as they are.
 *
 *   v0, v1  state: a to d, e to h        v2, v3  the same within a block
 *   v4-v7   sixteen words of schedule    v16-v18  scratch
 */
    .section .text.sha256_blocks, "ax"
    .global sha256_blocks
    .hidden sha256_blocks
sha256_blocks:
    cbz     x2, 3f
    ld1     {v0.4s, v1.4s}, [x0]
1:  ld1     {v4.16b-v7.16b}, [x1], #64
    rev32   v4.16b, v4.16b
    rev32   v5.16b, v5.16b
    rev32   v6.16b, v6.16b
    rev32   v7.16b, v7.16b
    mov     v2.16b, v0.16b
    mov     v3.16b, v1.16b
    adrp    x3, sha256_round_constants
    add     x3, x3, :lo12:sha256_round_constants
    mov     w4, #16
2:  ld1     {v16.4s}, [x3], #16
    add     v16.4s, v16.4s, v4.4s
    mov     v17.16b, v2.16b
    sha256h q2, q3, v16.4s
    sha256h2 q3, q17, v16.4s
    sha256su0 v4.4s, v5.4s
    sha256su1 v4.4s, v6.4s, v7.4s
    mov     v18.16b, v4.16b
    mov     v4.16b, v5.16b
    mov     v5.16b, v6.16b
    mov     v6.16b, v7.16b
    mov     v7.16b, v18.16b
    subs    w4, w4, #1
    b.ne    2b
    add     v0.4s, v0.4s, v2.4s
    add     v1.4s, v1.4s, v3.4s
    subs    x2, x2, #1
    b.ne    1b
    st1     {v0.4s, v1.4s}, [x0]
3:  ret
#endif

    .section .note.GNU-stack, "", %progbits
