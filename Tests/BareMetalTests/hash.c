/* SPDX-License-Identifier: MIT */
/*
 * Hashes as boot code does, under start.S, where FP and SIMD are trapped: by instructions, for which
 * they are opened, and in general registers. The register that traps them has to be as it was.
 */
#include <stub_crypto.h>

typedef void blocks(uint32_t *state, const uint8_t *data, size_t block_count);

/* Of StubCrypto. */
blocks sha256_blocks_portable;
void stub_sha256(const uint8_t *bytes, ptrdiff_t byte_count, blocks *blocks, uint32_t *memory);

void print(const char *text);

static uint64_t trap_register(void) {
  uint64_t level, value;
  __asm__ volatile("mrs %0, CurrentEL" : "=r"(level));
#ifdef E2H
  level = 1 << 2;
#endif
  if (level == 1 << 2)
    __asm__ volatile("mrs %0, cpacr_el1" : "=r"(value));
  else
    __asm__ volatile("mrs %0, cptr_el2" : "=r"(value));
  return value;
}

int main(void) {
  static uint8_t message[1003];
  static uint32_t digest[SHA256_MEMORY_WORDS], expected[SHA256_MEMORY_WORDS];
  for (size_t i = 0; i < sizeof message; i++) message[i] = (uint8_t)(i * i >> 3);
  uint64_t before = trap_register();
  int good = sha256_has_instructions();
  /* Of odd addresses as well. */
  for (size_t i = 0; i < 8; i++) {
    stub_sha256(message + i, sizeof message - 8, sha256_blocks_of_core, digest);
    stub_sha256(message + i, sizeof message - 8, sha256_blocks_portable, expected);
    for (size_t word = 0; word < 8; word++) good &= digest[word] == expected[word];
  }
  good &= trap_register() == before;
  print(good ? "PASS " : "FAIL ");
  print("SHA-256 by instructions, and FP trapped again\n");
  return !good;
}
