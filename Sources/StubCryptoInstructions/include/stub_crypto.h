/* SPDX-License-Identifier: MIT */
/*
 * What StubCrypto has in assembly: constants, and SHA-256 by instructions.
 */
#ifndef LZ4BOOT_STUB_CRYPTO_H
#define LZ4BOOT_STUB_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif
/* In the same program always, so that an address is found without a table of them. */
#pragma GCC visibility push(hidden)

/* What stub_sha256 works in: state (8), schedule and variables (136), two blocks (32). */
#define SHA256_MEMORY_WORDS 176

#if defined(__aarch64__)
/* Whether this core has instructions for SHA-256. Needs EL1 or a system that answers for it. */
bool sha256_has_instructions(void);
/* Takes blocks of 64 bytes by these instructions. */
void sha256_blocks(uint32_t *state, const uint8_t *data, size_t block_count);
/* For EL1 and EL2: takes them by instructions, for which it opens FP and SIMD, or, where there are none,
 * by sha256_blocks_portable. */
void sha256_blocks_of_core(uint32_t *state, const uint8_t *data, size_t block_count);
#endif

extern const uint32_t sha256_initial_state[8], sha256_round_constants[64];
extern const uint64_t sha512_initial_state[8], sha512_round_constants[80];
extern const uint64_t ed25519_d[5], ed25519_square_root_of_minus_one[5], ed25519_order[4];
extern const uint8_t ed25519_negative_base_point[32];

/* Swift would see the arrays as tuples. */
static inline const uint32_t *sha256_start(void) { return sha256_initial_state; }
static inline const uint32_t *sha256_constants(void) { return sha256_round_constants; }
static inline const uint64_t *sha512_start(void) { return sha512_initial_state; }
static inline const uint64_t *sha512_constants(void) { return sha512_round_constants; }
static inline const uint64_t *ed25519_curve_d(void) { return ed25519_d; }
static inline const uint64_t *ed25519_square_root_of_minus_1(void) { return ed25519_square_root_of_minus_one; }
static inline const uint64_t *ed25519_l(void) { return ed25519_order; }
static inline const uint8_t *ed25519_minus_b(void) { return ed25519_negative_base_point; }

#pragma GCC visibility pop
#if defined(__clang__)
#pragma clang assume_nonnull end
#endif
#endif
