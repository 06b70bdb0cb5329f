/* SPDX-License-Identifier: MIT */
/* A digest of bytes: FNV-1a, of 64 bits. */
#include <stddef.h>
#include <stdint.h>

#define FNV1A_START 0xCBF29CE484222325u

static uint64_t fnv1a(uint64_t digest, const void *bytes, size_t count)
{
    for (size_t index = 0; index < count; index++)
        digest = (digest ^ ((const unsigned char *)bytes)[index]) * 0x100000001B3;
    return digest;
}
