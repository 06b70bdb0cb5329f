/* SPDX-License-Identifier: MIT */
/*
 * What the stub's assembly and its Swift share. The work area of the packed Image, from its start:
 *
 *     [stack][state, padded to a page][translation tables] and for each further core [gap][stack]
 *
 * The boot core's stack is at the bottom: what overflows it hits the end of what was packed, which is
 * mapped read-only. With the MMU off nothing would stop it; the deepest is then the search for a
 * console, at most 12 buses down. What overflows another one hits a gap, a page that is not mapped.
 */
#ifndef LZ4BOOT_STUB_H
#define LZ4BOOT_STUB_H

#define STUB_PAGE_BYTES 0x1000
#define STUB_STACK_BYTES 0x3000
#define STUB_TABLE_COUNT 16
#define STUB_SECONDARIES 0x14000 /* the sum of the three: where the other cores' part starts */
#define STUB_SECONDARY_COUNT 3
#define STUB_SECONDARY_BYTES 0x2000 /* gap and stack, a page each */
#define STUB_WORK_BYTES 0x1a000     /* the whole */

/* The fields of the descriptor that the assembly needs, and where the descriptor ends, from the start of
 * the Image (PackedImage.swift). */
#define STUB_DESCRIPTOR_WORK_OFFSET 0x58
#define STUB_DESCRIPTOR_TREE_COPY_OFFSET 0xe8
#define STUB_DESCRIPTOR_END 0x160

/* Offsets into struct stub_state. */
#define STUB_STATE_DEVICE_TREE 0x00
#define STUB_STATE_IMAGE 0x08
#define STUB_STATE_TABLES 0x10
#define STUB_STATE_USES_EL2_FORMAT 0x18
#define STUB_STATE_KERNEL_START 0x20
#define STUB_STATE_KERNEL_END 0x28
#define STUB_STATE_INITRD_START 0x30
#define STUB_STATE_INITRD_END 0x38
#define STUB_STATE_TREE_START 0x40
#define STUB_STATE_TREE_END 0x48
#define STUB_STATE_ENTRY 0x50
#define STUB_STATE_CONDUIT 0x58
#define STUB_STATE_FAULT_COUNT 0x60
#define STUB_STATE_FAULT_CLAIM 0x68
#define STUB_STATE_CURRENT_EL 0x70
#define STUB_STATE_HCR_EL2 0x78
#define STUB_STATE_ENTRY_TICKS 0x80
#define STUB_STATE_MMU_ON_TICKS 0x88
#define STUB_STATE_HANDOVER_TICKS 0xa0
#define STUB_STATE_BYTES 0x2a8

/* Values of `conduit`, those of PSCIConduit; 0 where there is no PSCI. */
#define STUB_CONDUIT_HVC 1
#define STUB_CONDUIT_SMC 2

/* PSCI (Arm DEN 0022): functions of 0.2 and later, in their 64-bit form where they have one, and what
 * they return. */
#define STUB_PSCI_CPU_OFF 0x84000002
#define STUB_PSCI_SYSTEM_OFF 0x84000008
#define STUB_PSCI_SYSTEM_RESET 0x84000009
#define STUB_PSCI_CPU_ON 0xc4000003
#define STUB_PSCI_AFFINITY_INFO 0xc4000004
#define STUB_PSCI_SUCCESS 0
#define STUB_PSCI_AFFINITY_OFF 1

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include <lz4boot.h>

#pragma clang assume_nonnull begin

/* Whether the kernel is entered, or why not. */
enum __attribute__((enum_extensibility(closed))) stub_verdict {
  stub_verdict_accepted = 0,
  /* The Image does not lie where the boot protocol puts it; `actual` is where. */
  stub_verdict_misplaced,
  /* Stub or descriptor are damaged; `actual` is their checksum. */
  stub_verdict_damaged,
  /* The device tree that is packed, the text, or the initrd's frame header; `actual` is where the Image
   * lies. */
  stub_verdict_tree_damaged,
  /* Device tree or initrd lie in memory that is the kernel's or the stub's; `actual` is where. */
  stub_verdict_device_tree,
  /* A program's address lies in this Image; `actual` is the address. */
  stub_verdict_overlap,
  /* What follows the stub has another SHA-256; `actual` is where the Image lies. */
  stub_verdict_digest,
  /* The signature is not that of the key; `actual` is where the Image lies. */
  stub_verdict_signature,
  /* A core that was switched on does not go off; `actual` is its affinity. */
  stub_verdict_core,
  /* The decoder refused a block; `failure`. */
  stub_verdict_block,
};

/* The loader's device tree: none or a damaged one; copied; or there can be no copy, as it is too large or
 * its blocks are in another order. */
enum __attribute__((enum_extensibility(closed))) stub_tree {
  stub_tree_none = 0,
  stub_tree_copied,
  stub_tree_not_copied,
};

/* What is decoded: kernel or initrd. */
struct stub_piece {
  uint64_t source, source_end; /* the frame */
  uint64_t target_byte_count, target_end;
};

/* A UART, as SerialConsole says; 0 for none. */
struct stub_console {
  uint64_t data, status;
  uint32_t mask, ready, access_byte_count, unused;
};

/* The first block, of those that a core came to, that is not accepted. */
struct stub_failure {
  uint64_t piece, block;
  uint64_t number; /* of the block, counted through all pieces, so that one comparison finds the first */
  uint64_t offset; /* of the first byte at fault, in the frame */
  uint64_t status; /* an lz4boot_status; 0 if there is no such block */
};

/* One core of the team. */
struct stub_core {
  uint64_t affinity;    /* Aff3 to Aff0 where MPIDR_EL1 has them; not of the boot core */
  uint64_t switched_on; /* 1 if PSCI said that it does so */
  uint64_t done;        /* 1 once it found nothing more to decode */
  struct stub_failure failure;
};

#define STUB_TIME_CORES 9 /* where those of the cores start */
#define STUB_TIME_COUNT 17 /* with two for each core */

/* The times that are told, in the order of the names in Reports.swift. Ticks are values of CNTVCT_EL0. */
struct stub_times {
  uint64_t entry, mmu_on, decode_start, decode_end, handover, ticks_per_second;
  uint64_t payload_bytes, kernel_bytes, core_count;
  struct {
    uint64_t start, end;
  } cores[1 + STUB_SECONDARY_COUNT]; /* of those that came to decode; else 0 */
};

/* All that the stub knows. Written with the MMU off and, by stub_unpack, stub_work and the start of an
 * exception, with it on. What the assembly reads of it on another core is written with the MMU off. */
struct stub_state {
  uint64_t device_tree;     /* physical address; at first the boot loader's, then what the kernel gets */
  uint64_t image;           /* where this Image lies */
  uint64_t tables;          /* the translation tables */
  uint64_t uses_el2_format; /* 1 at EL2 without HCR_EL2.E2H */
  /* Memory that is written for the kernel; 0 of nothing. */
  uint64_t kernel_start, kernel_end, initrd_start, initrd_end;
  uint64_t tree_start, tree_end; /* the same for a changed device tree */
  uint64_t entry;               /* of the kernel */
  uint64_t conduit;             /* how PSCI is called */
  uint64_t fault_count;         /* so that an exception while one is reported ends in silence */
  uint64_t fault_claim;         /* so that of several cores one reports its exception */
  uint64_t current_el, hcr_el2; /* of the boot core; the latter at EL2 only */
  struct stub_times times;
  enum stub_tree tree;
  uint32_t is_tree_unchanged; /* the kernel does not find there what it should */
  struct stub_console console;
  uint64_t image_end;       /* where the memory ends that the loader reserved */
  uint64_t secondary_count; /* cores that could be switched on: cores[1] and up */
  uint64_t piece_count;
  uint64_t claimed; /* blocks that some core decodes or has decoded */
  uint64_t timing_place; /* where the device tree has room for the times; 0 for none */
  enum stub_verdict verdict;
  uint32_t unused;
  uint64_t actual;
  struct stub_piece pieces[2];
  struct stub_core cores[1 + STUB_SECONDARY_COUNT];
};

_Static_assert(offsetof(struct stub_state, device_tree) == STUB_STATE_DEVICE_TREE, "");
_Static_assert(offsetof(struct stub_state, image) == STUB_STATE_IMAGE, "");
_Static_assert(offsetof(struct stub_state, tables) == STUB_STATE_TABLES, "");
_Static_assert(offsetof(struct stub_state, uses_el2_format) == STUB_STATE_USES_EL2_FORMAT, "");
_Static_assert(offsetof(struct stub_state, kernel_start) == STUB_STATE_KERNEL_START, "");
_Static_assert(offsetof(struct stub_state, kernel_end) == STUB_STATE_KERNEL_END, "");
_Static_assert(offsetof(struct stub_state, initrd_start) == STUB_STATE_INITRD_START, "");
_Static_assert(offsetof(struct stub_state, initrd_end) == STUB_STATE_INITRD_END, "");
_Static_assert(offsetof(struct stub_state, tree_start) == STUB_STATE_TREE_START, "");
_Static_assert(offsetof(struct stub_state, tree_end) == STUB_STATE_TREE_END, "");
_Static_assert(offsetof(struct stub_state, entry) == STUB_STATE_ENTRY, "");
_Static_assert(offsetof(struct stub_state, conduit) == STUB_STATE_CONDUIT, "");
_Static_assert(offsetof(struct stub_state, fault_count) == STUB_STATE_FAULT_COUNT, "");
_Static_assert(offsetof(struct stub_state, fault_claim) == STUB_STATE_FAULT_CLAIM, "");
_Static_assert(offsetof(struct stub_state, current_el) == STUB_STATE_CURRENT_EL, "");
_Static_assert(offsetof(struct stub_state, hcr_el2) == STUB_STATE_HCR_EL2, "");
_Static_assert(offsetof(struct stub_state, times.entry) == STUB_STATE_ENTRY_TICKS, "");
_Static_assert(offsetof(struct stub_state, times.mmu_on) == STUB_STATE_MMU_ON_TICKS, "");
_Static_assert(offsetof(struct stub_state, times.handover) == STUB_STATE_HANDOVER_TICKS, "");
_Static_assert(STUB_TIME_COUNT == STUB_TIME_CORES + 2 * (1 + STUB_SECONDARY_COUNT), "");
_Static_assert(sizeof(struct stub_times) == 8 * STUB_TIME_COUNT, "");
_Static_assert(sizeof(struct stub_state) == STUB_STATE_BYTES, "");
_Static_assert(STUB_STATE_BYTES <= STUB_PAGE_BYTES, "");
_Static_assert(STUB_SECONDARIES == STUB_STACK_BYTES + (1 + STUB_TABLE_COUNT) * STUB_PAGE_BYTES, "");
_Static_assert(STUB_WORK_BYTES == STUB_SECONDARIES + STUB_SECONDARY_COUNT * STUB_SECONDARY_BYTES, "");

/*
 * Called by the assembly, defined in Swift. MMU off unless noted.
 */
/* Checks the stub, copies the device tree and builds the translation tables. State and first table are 0,
 * but for what the assembly has written. */
enum stub_verdict stub_map(struct stub_state *state);
/* MMU and caches on: looks for other cores, changes the device tree, decodes kernel and initrd. */
enum stub_verdict stub_unpack(struct stub_state *state);
/* MMU and caches on, on every core of the team: decodes what it can claim. */
void stub_work(struct stub_state *state, uint64_t core);
/* Tells how long everything took. */
void stub_finish(struct stub_state *state);
/* Says why no kernel is entered, and does what is to be done then. Returns if that is nothing. */
void stub_report_refusal(const struct stub_state *state);
void stub_report_exception(const struct stub_state *state, uint64_t syndrome, uint64_t address,
                           uint64_t fault_address);

/*
 * Called by Swift, defined in the assembly.
 */
/* Cleans and invalidates the lines of a range to the point of coherency, so that accesses with the MMU
 * off see what was written with it on. */
void stub_clean_to_memory(uint64_t start, uint64_t byte_count);
/* Calls a function of PSCI. */
int32_t stub_psci(uint64_t function, uint64_t argument0, uint64_t argument1, uint64_t argument2,
                  uint64_t conduit);
/* MMU and caches on. Copies bytes that do not overlap. */
void stub_copy(uint64_t target, uint64_t source, uint64_t byte_count);

/* The number of a block that is this core's alone. Relaxed: nothing else that other cores write is read
 * because of it. */
static inline uint64_t stub_claim(struct stub_state *state) {
  return __atomic_fetch_add(&state->claimed, 1, __ATOMIC_RELAXED);
}

/* Release and acquire: whoever sees that a core is done sees all that it wrote before. */
static inline void stub_set_done(struct stub_core *core) {
  __atomic_store_n(&core->done, 1, __ATOMIC_RELEASE);
}

static inline _Bool stub_is_done(const struct stub_core *core) {
  return __atomic_load_n(&core->done, __ATOMIC_ACQUIRE) != 0;
}

static inline struct stub_failure *stub_failure_of(const struct stub_core *core) {
  return (struct stub_failure *)&core->failure;
}

/* Swift would see the array as a tuple. */
static inline struct stub_core *stub_core_at(const struct stub_state *state, uint64_t index) {
  return (struct stub_core *)&state->cores[index];
}

/* All times, as so many numbers. */
static inline uint64_t *stub_time_at(const struct stub_state *state, uint64_t index) {
  return (uint64_t *)&state->times + index;
}

static inline struct stub_console *stub_console_of(const struct stub_state *state) {
  return (struct stub_console *)&state->console;
}

static inline struct stub_piece *stub_piece_at(const struct stub_state *state, uint64_t index) {
  return (struct stub_piece *)&state->pieces[index];
}

/* Swift's own conversions take no 0 for an address, where an Image may lie. */
static inline uint8_t *stub_bytes_at(uint64_t address) { return (uint8_t *)address; }

#if defined(__aarch64__)
/* Registers of devices: one access of the given width each. Inline assembly, because a hypervisor can
 * emulate only the plain addressing mode. */
static inline uint32_t stub_read8(uint64_t address) {
  uint32_t value;
  __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}

static inline uint32_t stub_read32(uint64_t address) {
  uint32_t value;
  __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}

static inline void stub_write8(uint64_t address, uint32_t value) {
  __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static inline void stub_write32(uint64_t address, uint32_t value) {
  __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/* Normal memory, at any address. */
static inline uint32_t stub_load32(uint64_t address) {
  uint32_t value;
  __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}

/* Where a core that is switched on starts: the physical address, as the stub is mapped to itself. */
static inline uint64_t stub_secondary_entry(void) {
  uint64_t value;
  __asm__("adr %0, secondary_entry" : "=r"(value));
  return value;
}

static inline uint64_t stub_mpidr(void) {
  uint64_t value;
  __asm__("mrs %0, mpidr_el1" : "=r"(value));
  return value;
}

/* Behind the stub and the header of the kernel's frame (PackedImage.frameHeaderByteCount). */
static inline uint64_t stub_first_block(void) {
  uint64_t value;
  __asm__("adr %0, __stub_end_exclusive + 15" : "=r"(value));
  return value;
}

/* The virtual count. ISB: the counter may otherwise be read ahead of what comes before it. */
static inline uint64_t stub_ticks(void) {
  uint64_t value;
  __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
}

static inline uint64_t stub_ticks_per_second(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
  return value;
}
#endif

#pragma clang assume_nonnull end
#endif
#endif
