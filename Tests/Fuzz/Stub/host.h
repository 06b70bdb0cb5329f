/* SPDX-License-Identifier: MIT */
/*
 * stub.h for this machine, whatever it is: what touches registers is a function of the harness here.
 */
#ifndef LZ4BOOT_STUB_HOST_H
#define LZ4BOOT_STUB_HOST_H

#include <lz4boot.h>

#pragma push_macro("__aarch64__")
#undef __aarch64__
#include "../../../Sources/BootStubEntry/include/stub.h"
#pragma pop_macro("__aarch64__")

#pragma clang assume_nonnull begin

uint32_t stub_read8(uint64_t address);
uint32_t stub_read32(uint64_t address);
void stub_write8(uint64_t address, uint32_t value);
void stub_write32(uint64_t address, uint32_t value);
uint32_t stub_load32(uint64_t address);
uint64_t stub_secondary_entry(void);
uint64_t stub_mpidr(void);
uint64_t stub_first_block(void);
uint64_t stub_ticks(void);
uint64_t stub_ticks_per_second(void);

#if !defined(__aarch64__)
/* Where stub_crypto.h has none. */
void sha256_blocks_of_core(uint32_t *state, const uint8_t *data, size_t block_count);
#endif

#pragma clang assume_nonnull end

#endif
