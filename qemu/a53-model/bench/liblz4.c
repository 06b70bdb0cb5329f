/* SPDX-License-Identifier: MIT */
/* The same calls with liblz4, and memcpy: what moving the decoded bytes costs. */
#include "calls.h"

#include <lz4.h>
#include <lz4frame.h>
#include <string.h>

static int64_t decode_block(const void *source, size_t source_byte_count, void *target,
                            size_t target_capacity)
{
    return LZ4_decompress_safe(source, target, (int)source_byte_count, (int)target_capacity);
}

static int64_t decode_frame(const uint8_t *source, size_t source_byte_count, uint8_t *target,
                            size_t target_capacity, size_t push)
{
    LZ4F_decompressOptions_t options = { .stableDst = 1 };
    LZ4F_dctx *context;
    size_t read = 0, written = 0, left = 1;

    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) {
        return -1;
    }
    while (left > 0 && !LZ4F_isError(left)) {
        size_t source_count = source_byte_count - read, target_count = target_capacity - written;
        if (source_count > push) {
            source_count = push;
        }
        left = LZ4F_decompress(context, target + written, &target_count, source + read,
                               &source_count, &options);
        read += source_count;
        written += target_count;
    }
    LZ4F_freeDecompressionContext(context);
    return LZ4F_isError(left) ? -1 : (int64_t)written;
}

static int64_t decode(const void *source, size_t source_byte_count, void *target,
                      size_t target_capacity)
{
    return decode_frame(source, source_byte_count, target, target_capacity, SIZE_MAX);
}

static int64_t push(const void *source, size_t source_byte_count, void *target,
                    size_t target_capacity)
{
    return decode_frame(source, source_byte_count, target, target_capacity, push_byte_count);
}

/* liblz4 leaves legacy frames to its callers: magic, then blocks of at most 8 MiB. */
static int64_t decode_legacy(const void *source, size_t source_byte_count, void *target,
                             size_t target_capacity)
{
    const char *bytes = source;
    char *output = target;
    size_t read = 4, written = 0;

    while (read < source_byte_count) {
        uint32_t size;
        memcpy(&size, bytes + read, sizeof size);
        read += sizeof size;
        size_t left = target_capacity - written;
        int count = LZ4_decompress_safe(bytes + read, output + written, (int)size,
                                        left < 8 << 20 ? (int)left : 8 << 20);
        if (count < 0) {
            return -1;
        }
        read += size;
        written += count;
    }
    return (int64_t)written;
}

static int64_t copy(const void *source, size_t source_byte_count, void *target,
                    size_t target_capacity)
{
    (void)target_capacity;
    memcpy(target, source, source_byte_count);
    return (int64_t)source_byte_count;
}

/* In the archive, but in none of its headers. */
unsigned LZ4_XXH32(const void *bytes, size_t byte_count, unsigned seed);

static int64_t hash(const void *source, size_t source_byte_count, void *target,
                    size_t target_capacity)
{
    (void)target;
    (void)target_capacity;
    return LZ4_XXH32(source, source_byte_count, 0);
}

const struct call calls[] = {
    { "block", takes_blocks, decode_block },
    { "frame", takes_source, decode },
    { "legacy", takes_source, decode_legacy },
    { "stream-4096", takes_source, push },
    { "xxh32", hashes_content, hash },
    { "memcpy", takes_content, copy },
    { NULL, takes_source, NULL },
};
