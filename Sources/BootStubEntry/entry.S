/* SPDX-License-Identifier: MIT */
/*
 * The self-extracting Image: entry by the arm64 boot protocol, the other cores, hand-over to the
 * kernel, exceptions.
 *
 * "Arm ARM" is the Arm Architecture Reference Manual for A-profile (DDI 0487); its sections are cited
 * by title, as their numbers change. "Booting" is the kernel's Documentation/arch/arm64/booting.rst,
 * "PSCI" the Power State Coordination Interface (DEN 0022).
 */
#include "include/stub.h"

/* SCTLR_EL1 and SCTLR_EL2 share the bits M, A, C, SA and I; each has its own that are RES1 in Armv8.0.
 * EE, WXN and everything newer are 0. */
#define SCTLR_M (1 << 0)
#define SCTLR_A (1 << 1)
#define SCTLR_C (1 << 2)
#define SCTLR_SA (1 << 3)
#define SCTLR_I (1 << 12)
#define SCTLR_EL1_RES1 ((1 << 11) | (1 << 20) | (1 << 22) | (1 << 23) | (1 << 28) | (1 << 29))
#define SCTLR_EL2_RES1 \
  ((1 << 4) | (1 << 5) | (1 << 11) | (1 << 16) | (1 << 18) | (1 << 22) | (1 << 23) | (1 << 28) | \
   (1 << 29))
/* MMU off: all data accesses are Device-nGnRnE, where an unaligned one faults on silicon. A makes it
 * fault everywhere. I: instructions are cached even so; booting: the instruction cache "must not hold
 * any stale entries corresponding to the loaded kernel image". */
#define SCTLR_OFF (SCTLR_A | SCTLR_SA | SCTLR_I)
#define SCTLR_ON (SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I)

/* Attribute 0: Normal memory, inner and outer write-back, read and write allocate. */
#define MAIR_NORMAL 0xff
/* 48-bit addresses, 4 KiB granule, walks through TTBR0 as cacheable and shareable as the tables. */
#define TCR_COMMON (16 | (1 << 8) | (1 << 10) | (3 << 12))
/* T1SZ and TG1 are given legal values, EPD1 turns walks through TTBR1 off; IPS is at bit 32. */
#define TCR_EL1 (TCR_COMMON | (16 << 16) | (1 << 23) | (2 << 30))
/* Bits 23 and 31 are RES1; PS is at bit 16. */
#define TCR_EL2 (TCR_COMMON | (1 << 23) | (1 << 31))

#define HCR_E2H_BIT 34
#define HCR_RW (1 << 31)
/* D, A, I, F masked; EL1 with its own stack pointer. */
#define SPSR_EL1H 0x3c5
#define EL2 (2 << 2)
#define EL3 (3 << 2)

.macro write register, source, flag
    cbnz    \flag, 8f
    msr     \register\()_el1, \source
    b       9f
8:  msr     \register\()_el2, \source
9:
.endm

.macro select destination, el1, el2, flag, scratch
    movl    \destination, \el1
    movl    \scratch, \el2
    cmp     \flag, #0
    csel    \destination, \destination, \scratch, eq
.endm

.macro movl destination, value
    movz    \destination, #((\value) & 0xffff)
    movk    \destination, #(((\value) >> 16) & 0xffff), lsl #16
.endm

/*
 * Where the other cores' part of the work area starts, from x19, the state.
 */
.macro secondaries start
    add     \start, x19, #(STUB_SECONDARIES - STUB_STACK_BYTES)
.endm

/*
 * The state, to x19, from the descriptor alone: both are at the same place for every core. And this
 * Image, to x21.
 */
.macro find_state scratch
    adr     x21, stub_start
    ldr     \scratch, [x21, #STUB_DESCRIPTOR_WORK_OFFSET]
    add     x19, x21, \scratch
    add     x19, x19, #STUB_STACK_BYTES
.endm

    .section .head, "ax"
/*
 * The Image header, then the descriptor that `lz4boot pack` completes (PackedImage.swift).
 */
    .global stub_start
stub_start:
    b       entry
    nop
    .quad   0                           // text_offset
    .quad   0                           // image_size: written by pack
    .quad   0                           // flags: written by pack
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0
    .ascii  "LZ4BOOT3"
    .quad   0, 0, 0, 0, 0, 0, 0         // written by pack
    .quad   __stub_flags
    .quad   STUB_WORK_BYTES
    .quad   __stub_byte_count
    .fill   STUB_DESCRIPTOR_END - 0x98, 1, 0  // written by pack

/*
 * Entry (booting, section 4): MMU and data cache off, x0 = device tree, EL1 or EL2, this Image cleaned
 * to the point of coherency.
 *
 *   x19  state, which is also the top of the stack     x20  device tree
 *   x21  this Image                                    x22  entry SCTLR
 *   x23  entry VBAR                                    x24  entry MAIR
 *   x25  entry TCR                                     x26  entry TTBR0
 *   x27  ticks at entry, later the kernel's entry      x28  1 where the names of EL2 control
 */
entry:
    // Booting says so already; an interrupt here could go nowhere.
    msr     daifset, #0xf
    // ISB: the counter may otherwise be read ahead of what comes before it.
    isb
    mrs     x27, cntvct_el0
    // Booting knows EL2 and EL1. EL3 has another regime, and the kernel would not run either.
    mrs     x1, CurrentEL
    cmp     x1, #EL3
    b.eq    halt
    // The stack pointer of this exception level, whichever the loader had selected.
    msr     spsel, #1
    mov     x20, x0
    adr     x21, stub_start
    // Less than a page off, vectors (VBAR[10:0] are RES0), translations and the lines at the ends of the
    // work area are all wrong: nothing can be said then. Other misplacements are told later.
    tst     x21, #(STUB_PAGE_BYTES - 1)
    b.ne    halt
    bl      el2_names
    cbnz    x28, 1f
    mrs     x22, sctlr_el1
    mrs     x23, vbar_el1
    mrs     x24, mair_el1
    mrs     x25, tcr_el1
    mrs     x26, ttbr0_el1
    b       2f
1:  mrs     x22, sctlr_el2
    mrs     x23, vbar_el2
    mrs     x24, mair_el2
    mrs     x25, tcr_el2
    mrs     x26, ttbr0_el2
2:  bl      mmu_off
    adr     x0, vectors
    write   vbar, x0, x28
    // ISB: an exception from here on finds the new vectors.
    isb

    // Caches may hold lines of the work area from before, dirty ones among them. A dirty one that is
    // evicted later would overwrite what is now written to memory, so they are written back before.
    //
    // Whether the descriptor is whole is told later, with a stack. Until then this much: the work area
    // ends where the trees start. If not, one of the two fields is damaged, no kernel will be entered, and
    // the memory of its payload does for saying so.
    ldr     x0, [x21, #STUB_DESCRIPTOR_WORK_OFFSET]
    ldr     x1, [x21, #STUB_DESCRIPTOR_TREE_COPY_OFFSET]
    sub     x1, x1, #STUB_WORK_BYTES
    cmp     x0, x1
    add     x19, x21, x0
    b.eq    1f
    adr     x19, __stub_end_exclusive
1:  add     x19, x19, #STUB_STACK_BYTES
    bl      clean_work_area

    mov     sp, x19
    // State and first translation table.
    mov     x1, x19
    add     x2, x19, #(2 * STUB_PAGE_BYTES)
1:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    1b
    add     x2, x19, #STUB_PAGE_BYTES
    stp     x20, x21, [x19, #STUB_STATE_DEVICE_TREE]
    stp     x2, x28, [x19, #STUB_STATE_TABLES]
    str     x27, [x19, #STUB_STATE_ENTRY_TICKS]
    mrs     x0, CurrentEL
    str     x0, [x19, #STUB_STATE_CURRENT_EL]
    cmp     x0, #EL2
    b.ne    2f
    mrs     x0, hcr_el2
    str     x0, [x19, #STUB_STATE_HCR_EL2]
2:
    mov     x0, x19
    bl      stub_map
    cbnz    w0, refuse

    // Stack, state and tables went to memory past the caches. Lines of them that speculation brought
    // in meanwhile, on behalf of other regimes or cores, are old: with caches on they would hide what
    // was written. Invalidated once more, as the kernel's own head.S does. They are clean, as nobody
    // has written to them, and what is clean is never written back over newer memory (Arm ARM, "The Arm
    // architecture abstraction of caches").
    bl      clean_work_area

    bl      mmu_on
    isb
    mrs     x0, cntvct_el0
    str     x0, [x19, #STUB_STATE_MMU_ON_TICKS]
    mov     x0, x19
    bl      stub_unpack
    cbnz    w0, refuse_with_mmu_on
    b       handover

/*
 * Leaves the caches and enters the kernel. Between the MMU going off and the end of the maintenance
 * nothing may read or write memory: the newest data are still in the caches, where uncached accesses
 * miss them, and what is written past them would be overwritten by the cleaning. So everything that
 * is needed is in registers first.
 *
 * The MMU goes off before the cleaning: with stage 1 off all data accesses are to Device memory, which
 * is never read speculatively and never allocated in a cache, so no line comes back behind the loop.
 */
handover:
    ldp     x9, x10, [x19, #STUB_STATE_KERNEL_START]
    ldp     x14, x15, [x19, #STUB_STATE_INITRD_START]
    ldp     x4, x5, [x19, #STUB_STATE_TREE_START]
    // The decoder's writes are complete while they are still cached: the cleaning must find them.
    dsb     sy
    bl      mmu_off
    // Clean: the kernel starts with its caches off and must find itself in memory (booting: "the
    // address range corresponding to the loaded kernel image must be cleaned to the PoC"). Invalidate:
    // it writes its tables and its bss with caches off, and no line of ours may hide or overwrite them.
    bl      clean_work_area
    mov     x0, x9
    mov     x1, x10
    bl      clean_lines
    mov     x0, x14
    mov     x1, x15
    bl      clean_lines
    mov     x0, x4
    mov     x1, x5
    bl      clean_lines
    // Instructions were written as data. Now that they are in memory, what instruction caches may hold
    // of their addresses goes: for all cores, as another one may be the next to fetch them. DSB ISH:
    // complete on all of them; ISB: what this core has fetched already is dropped (Arm ARM,
    // "Synchronization and coherency issues between data and instruction accesses").
    ic      ialluis
    dsb     ish
    isb
    // Translations of this regime must not outlive its tables, which become the kernel's memory.
    bl      tlb_invalidate

    // The state is in memory now, where the MMU being off finds it.
    isb
    mrs     x0, cntvct_el0
    str     x0, [x19, #STUB_STATE_HANDOVER_TICKS]
    mov     x0, x19
    bl      stub_finish
    ldr     x20, [x19, #STUB_STATE_DEVICE_TREE]
    ldr     x27, [x19, #STUB_STATE_ENTRY]
    // As they were: the kernel sees what it would have seen without the stub. ISB: before the SCTLR that
    // would make use of them, and before the kernel.
    cbnz    x28, 1f
    msr     mair_el1, x24
    msr     tcr_el1, x25
    msr     ttbr0_el1, x26
    msr     vbar_el1, x23
    isb
    msr     sctlr_el1, x22
    b       2f
1:  msr     mair_el2, x24
    msr     tcr_el2, x25
    msr     ttbr0_el2, x26
    msr     vbar_el2, x23
    isb
    msr     sctlr_el2, x22
2:  isb
    mov     x0, x20
    // Booting: "reserved for future use", 0.
    mov     x1, xzr
    mov     x2, xzr
    mov     x3, xzr
    br      x27

/*
 * Says why the kernel is not entered, and stops. The cleaning brings stack and state into memory,
 * where they are found with the MMU off; as in the hand-over, nothing is read or written before.
 */
refuse_with_mmu_on:
    dsb     sy
    bl      mmu_off
    bl      clean_work_area
refuse:
    mov     x0, x19
    bl      stub_report_refusal
halt:
    msr     daifset, #0xf
1:  wfi
    b       1b

/*
 * Any exception, on any core: a Swift trap (BRK), an abort, an SError. Nothing returns from it, so all
 * registers are free. An exception inside this one is not reported: the console itself may be the
 * cause.
 *
 * Of another core, the boot core learns nothing: it refuses the kernel after a while, as that core
 * never goes off.
 */
exception:
    bl      el2_names
    cbnz    x28, 1f
    mrs     x20, esr_el1
    mrs     x22, elr_el1
    mrs     x23, far_el1
    mrs     x25, sctlr_el1
    b       2f
1:  mrs     x20, esr_el2
    mrs     x22, elr_el2
    mrs     x23, far_el2
    mrs     x25, sctlr_el2
2:  find_state x0
    // One core reports, the first: what stops one stops the others as well. Exclusives need the
    // caches; with the MMU off there is one core, or another one before or behind its work.
    tbz     x25, #0, 2f
    add     x1, x19, #STUB_STATE_FAULT_CLAIM
    mov     w2, #1
1:  ldxr    x0, [x1]
    cbnz    x0, halt
    stxr    w0, x2, [x1]
    cbnz    w0, 1b
2:
    // The stack that SP is in, or below in the gap, from its top; the boot core's if it is in no other.
    mov     x24, x19
    secondaries x1
    mov     x0, sp
    sub     x0, x0, x1
    sub     x0, x0, #1
    cmp     x0, #(STUB_SECONDARY_COUNT * STUB_SECONDARY_BYTES)
    b.hs    exception_alone
    orr     x0, x0, #(STUB_SECONDARY_BYTES - 1)
    add     x24, x1, x0
    add     x24, x24, #1
    b       exception_alone

/*
 * The vector table, all of it unexpected: 16 entries of 0x80 bytes. The stub runs at one exception level
 * and nothing runs below it, so only the four for this level with its own stack pointer can be taken
 * (0x200 to 0x3ff). Code lies in the place of all others, and in what these leave (linker/stub.ld).
 */
    .section .vectors.000, "ax"
/*
 * Turns MMU and caches on, with the tables that stub_map built. Behind a DSB (tlb_invalidate).
 * Clobbers x0 to x4.
 */
mmu_on:
    mov     x4, x30
    // The TLB may hold anything from before: neither booting nor PSCI nor reset says.
    bl      tlb_invalidate
    mov     x2, #MAIR_NORMAL
    ldr     x3, [x19, #STUB_STATE_TABLES]
    // The physical address size that this core has, encoded as TCR wants it, up to 48 bits (5): more
    // needs another format of the tables.
    mrs     x0, id_aa64mmfr0_el1
    and     x0, x0, #0xf
    mov     x1, #5
    cmp     x0, x1
    csel    x0, x0, x1, lo
    cbnz    x28, 1f
    movl    x1, TCR_EL1
    orr     x1, x1, x0, lsl #32
    msr     mair_el1, x2
    msr     tcr_el1, x1
    msr     ttbr0_el1, x3
    b       2f
1:  movl    x1, TCR_EL2
    orr     x1, x1, x0, lsl #16
    msr     mair_el2, x2
    msr     tcr_el2, x1
    msr     ttbr0_el2, x3
    // ISB: the walks that start with the MMU go by all three.
2:  isb
    select  x0, (SCTLR_EL1_RES1 | SCTLR_ON), (SCTLR_EL2_RES1 | SCTLR_ON), x28, x1
    write   sctlr, x0, x28
    // ISB: from here on everything is translated; this page is, to itself.
    isb
    ret     x4

/*
 * Another core, switched on by stub_unpack (PSCI, CPU_ON): MMU and data cache off, x0 = its index in
 * the team, so 1 and up. It decodes what it can claim and switches itself off.
 *
 * What it reads before its caches are on is the stub, which the loader cleaned to memory, and fields of
 * the state and tables that the boot core wrote past its caches, before its MMU was on, and does not
 * change. Nothing has to be cleaned for it. Whatever the boot core wrote with caches on was complete
 * before it called PSCI (stub_psci) and is read here with caches on, by the coherency of Inner
 * Shareable memory; booting: "all CPUs [...] must be part of the same coherency domain".
 *
 * Its stack is written with caches on only: whatever lines caches held of it from before were
 * invalidated by the boot core, by address, which reaches every core.
 */
    .global secondary_entry
secondary_entry:
    msr     daifset, #0xf
    msr     spsel, #1
    mov     x20, x0
    find_state x1
    // PSCI starts a core at the highest level below the firmware, which need not be the boot core's:
    // where no hypervisor took EL2, a loader may have gone down from there.
    mrs     x0, CurrentEL
    ldr     x1, [x19, #STUB_STATE_CURRENT_EL]
    cmp     x0, #EL2
    b.ne    2f
    cmp     x1, #EL2
    b.eq    1f
    // Down to EL1, which has to be in AArch64, with its MMU off. ISB: with HCR_EL2.E2H 0, so that the
    // next name is EL1's register. ERET synchronizes the rest.
    mov     x1, #HCR_RW
    msr     hcr_el2, x1
    isb
    movl    x1, (SCTLR_EL1_RES1 | SCTLR_OFF)
    msr     sctlr_el1, x1
    mov     x1, #SPSR_EL1H
    msr     spsr_el2, x1
    adr     x1, 2f
    msr     elr_el2, x1
    eret
    // Whether EL2 has the formats of EL1 (E2H) is each core's own. ISB: names and formats of what
    // follows go by it.
1:  ldr     x1, [x19, #STUB_STATE_HCR_EL2]
    msr     hcr_el2, x1
    isb
2:  bl      el2_names
    bl      mmu_off
    secondaries x1
    mov     x0, #STUB_SECONDARY_BYTES
    madd    x1, x20, x0, x1
    mov     sp, x1
    adr     x0, vectors
    write   vbar, x0, x28
    // ISB: an exception from here on finds the vectors. DSB: for tlb_invalidate.
    isb
    dsb     sy
    bl      mmu_on
    // With caches on, as the boot core wrote it.
    ldr     x22, [x19, #STUB_STATE_CONDUIT]
secondary_work:
    mov     x0, x19
    mov     x1, x20
    bl      stub_work

    // What it decoded is complete while it is cached, for whoever asks its cache.
    dsb     sy
    // From here on it must not walk the tables, not even speculatively on behalf of firmware that
    // takes its time: they become the kernel's memory once PSCI says that the core is off. What is
    // dirty in its cache firmware cleans before it says so, and the hand-over's cleaning by address
    // asks every cache besides.
    bl      mmu_off
secondary_off:
    movl    x0, STUB_PSCI_CPU_OFF
    mov     x4, x22
    bl      stub_psci
    // It does not return, or the core is not off and the kernel is refused.
    b       halt

/*
 * The rest of `exception`, which one core comes to: x24 is its stack's top.
 */
exception_alone:
    // Other cores may go on with their caches on. Cleaning takes nothing from them, and what is read
    // of the state here was written with the MMU off.
    dsb     sy
    bl      mmu_off
    bl      clean_work_area
    ldr     x0, [x19, #STUB_STATE_FAULT_COUNT]
    cbnz    x0, halt
    mov     x0, #1
    str     x0, [x19, #STUB_STATE_FAULT_COUNT]
    mov     sp, x24
    mov     x0, x19
    mov     x1, x20
    mov     x2, x22
    mov     x3, x23
    bl      stub_report_exception
    b       halt

    .section .vectors.200, "ax"
    b       exception

/*
 * Turns MMU and data cache off; at the entry, where they are off, turns the alignment check on. ISB: a
 * write to a system register is seen for sure only behind a context synchronization event (Arm ARM,
 * "Synchronization requirements for AArch64 System registers"). Between MSR and ISB either setting
 * may hold: the code is mapped at its physical address, so the next instruction is the same one.
 * Changes x0 and x1.
 */
mmu_off:
    select  x0, (SCTLR_EL1_RES1 | SCTLR_OFF), (SCTLR_EL2_RES1 | SCTLR_OFF), x28, x1
    write   sctlr, x0, x28
    isb
    ret

/*
 * int32_t stub_psci(uint64_t function, uint64_t argument0, uint64_t argument1, uint64_t argument2,
 *                   uint64_t conduit)
 *
 * SMC Calling Convention (DEN 0028): function in W0, arguments in X1 and up, result in W0; X18 to X30
 * are preserved, and a C function need not preserve the others. DSB: what the caller wrote is visible
 * to every core before one is switched on, or before this one is gone (Arm ARM, "Data Synchronization
 * Barrier").
 */
    .global stub_psci
stub_psci:
    dsb     sy
    cmp     x4, #STUB_CONDUIT_HVC
    b.ne    1f
    hvc     #0
    ret
1:  smc     #0
    ret

/*
 * Which names control the translation regime that this code runs in? x28 = 1 for those of EL2; changes x1.
 * With HCR_EL2.E2H set (VHE), EL2 has the register formats of EL1, and the names of EL1 reach its
 * registers (Arm ARM, "Virtualization Host Extensions"), so that it needs no code of its own.
 */
el2_names:
    mrs     x28, CurrentEL
    cmp     x28, #EL2
    cset    x28, eq
    b.ne    1f
    mrs     x1, hcr_el2
    tbz     x1, #HCR_E2H_BIT, 1f
    mov     x28, #0
1:  ret

    .section .vectors.280, "ax"
    b       exception

/*
 * void stub_copy(uint64_t target, uint64_t source, uint64_t byte_count)
 */
    .global stub_copy
stub_copy:
    subs    x2, x2, #16
    b.lo    2f
1:  ldp     x3, x4, [x1], #16
    stp     x3, x4, [x0], #16
    subs    x2, x2, #16
    b.hs    1b
2:  add     x2, x2, #16
3:  cbz     x2, 4f
    ldrb    w3, [x1], #1
    strb    w3, [x0], #1
    sub     x2, x2, #1
    b       3b
4:  ret

/*
 * Forgets the translations of the current regime on this core; changes x0. (Another core that used them is
 * off when they go, and reset says nothing of a TLB, so whoever switches it on does this again.) Behind a
 * DSB, which all uses have, so that walks see the table entries written before it. The DSB here: a TLBI is
 * complete only behind one; NSH, as it concerns this core alone. ISB: instructions fetched under old
 * translations are dropped (Arm ARM, "TLB maintenance instructions"). At EL2, ALLE2 is right with and
 * without E2H.
 */
tlb_invalidate:
    mrs     x0, CurrentEL
    cmp     x0, #EL2
    b.eq    1f
    tlbi    vmalle1
    b       2f
1:  tlbi    alle2
2:  dsb     nsh
    isb
    ret

    .section .vectors.300, "ax"
    b       exception

/*
 * Cleans and invalidates the work area, or [x0, x1), which may be empty, complete on return; changes x0 to
 * x3. CIVAC, as CVAC alone is subject to errata of the Cortex-A53 (819472, 824069, 827319, 855873). By
 * address to the point of coherency, which works whether the MMU is on or off: operations by set and way
 * reach neither other cores' caches nor system caches, and race with speculation. The step is the smallest
 * line of all data caches, CTR_EL0.DminLine, log2 of a number of words. The first DSB: with the MMU off,
 * accesses are to Device memory, and a cache operation by address is ordered against those only by a
 * barrier (Arm ARM, "Ordering and completion of data and instruction cache instructions"). The second: an
 * operation is complete only behind one. SY: Device memory is Outer Shareable, ISH would not cover it.
 *
 * void stub_clean_to_memory(uint64_t start, uint64_t byte_count)
 */
    .global stub_clean_to_memory
clean_work_area:
    sub     x0, x19, #STUB_STACK_BYTES
    add     x1, x19, #(STUB_WORK_BYTES - STUB_STACK_BYTES)
    b       clean_lines
stub_clean_to_memory:
    add     x1, x0, x1
clean_lines:
    dsb     sy
    mrs     x2, ctr_el0
    ubfx    x2, x2, #16, #4
    mov     x3, #4
    lsl     x2, x3, x2
    sub     x3, x2, #1
    bic     x3, x0, x3
1:  cmp     x3, x1
    b.hs    2f
    dc      civac, x3
    add     x3, x3, x2
    b       1b
2:  dsb     sy
    ret

    .section .vectors.380, "ax"
    b       exception
