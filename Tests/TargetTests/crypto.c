/* SPDX-License-Identifier: MIT */
/*
 * Checks signatures of a file and hashes messages of 0 to 300 bytes, between guard pages, and prints a digest of the
 * hashes. The code for this machine and for the Cortex-A53 has to print the same; there, SHA-256 by instructions has to
 * give what it gives without.
 *
 *     crypto FILE        lines of seed, public key, message and valid signature, in hexadecimal; - is nothing
 */
#define _GNU_SOURCE
#include "fnv1a.h"
#include "guarded.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stub_crypto.h>

typedef void blocks(uint32_t *state, const uint8_t *data, size_t block_count);

/* Of StubCrypto. */
blocks sha256_blocks_portable;
void stub_sha256(const uint8_t *bytes, ptrdiff_t byte_count, blocks *blocks, uint32_t *memory);
void stub_sha512(const uint8_t *bytes, ptrdiff_t byte_count, uint64_t *digest);
bool ed25519_is_valid(const uint8_t *signature, const uint8_t *public_key, const uint8_t *message, ptrdiff_t byte_count);

enum { SPACE = 4096 };

static unsigned failures;

static void expect(bool is_right, const char *what, size_t number)
{
    if (is_right)
        return;
    fprintf(stderr, "%s, %zu\n", what, number);
    failures++;
}

/* Puts the bytes of hexadecimal digits flush with the end of guarded memory. */
static uint8_t *bytes_of(const char *hex, unsigned char *memory, size_t *byte_count)
{
    *byte_count = strcmp(hex, "-") ? strlen(hex) / 2 : 0;
    uint8_t *bytes = memory + SPACE - *byte_count;
    for (size_t i = 0; i < *byte_count; i++)
        sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
    return bytes;
}

static unsigned check_signatures(const char *path)
{
    static char key_hex[65], message_hex[2 * SPACE], signature_hex[129];
    unsigned char *keys = guarded(SPACE), *messages = guarded(SPACE), *signatures = guarded(SPACE);
    unsigned count = 0;
    FILE *file = fopen(path, "r");
    for (; file && fscanf(file, "%*s %64s %8191s %128s", key_hex, message_hex, signature_hex) == 3; count++) {
        size_t key_bytes, message_bytes, signature_bytes;
        uint8_t *key = bytes_of(key_hex, keys, &key_bytes);
        uint8_t *message = bytes_of(message_hex, messages, &message_bytes);
        uint8_t *signature = bytes_of(signature_hex, signatures, &signature_bytes);
        expect(key_bytes == 32 && signature_bytes == 64, "a line is wrong", count);
        expect(ed25519_is_valid(signature, key, message, (ptrdiff_t)message_bytes), "valid signature", count);
        for (size_t bit = count; bit < 512; bit += 5) {
            signature[bit / 8] ^= 1 << bit % 8;
            expect(!ed25519_is_valid(signature, key, message, (ptrdiff_t)message_bytes), "bit of a signature", bit);
            signature[bit / 8] ^= 1 << bit % 8;
        }
        for (size_t bit = count; bit < 256; bit += 5) {
            key[bit / 8] ^= 1 << bit % 8;
            expect(!ed25519_is_valid(signature, key, message, (ptrdiff_t)message_bytes), "bit of a key", bit);
            key[bit / 8] ^= 1 << bit % 8;
        }
    }
    return count;
}

static uint64_t digest_of_hashes(void)
{
    unsigned char *memory = guarded(SPACE);
    uint64_t digest = FNV1A_START;
    for (size_t i = 0; i < SPACE; i++)
        memory[i] = (unsigned char)(i * i >> 4 ^ i);
    for (ptrdiff_t count = 0; count <= 300; count++) {
        /* Flush with the end, so of any alignment. */
        const uint8_t *message = memory + SPACE - count;
        uint32_t words[SHA256_MEMORY_WORDS];
        uint64_t long_words[8];
        stub_sha256(message, count, sha256_blocks_portable, words);
        digest = fnv1a(digest, words, 32);
        stub_sha512(message, count, long_words);
        digest = fnv1a(digest, long_words, sizeof long_words);
#if defined(__aarch64__)
        uint32_t by_instructions[SHA256_MEMORY_WORDS];
        stub_sha256(message, count, sha256_blocks, by_instructions);
        expect(!memcmp(words, by_instructions, 32), "SHA-256 by instructions", (size_t)count);
#endif
    }
    return digest;
}

int main(int argc, char **argv)
{
#if defined(__aarch64__)
    expect(sha256_has_instructions(), "instructions for SHA-256", 0);
#endif
    unsigned signatures = check_signatures(argc > 1 ? argv[1] : "");
    expect(signatures > 0, "no signatures", 0);
    printf("%u signatures, digest %016llx\n", signatures, (unsigned long long)digest_of_hashes());
    return failures != 0;
}
