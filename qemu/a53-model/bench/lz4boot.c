/* SPDX-License-Identifier: MIT */
/* The calls of the archive under test. */
#include "calls.h"

#include <lz4boot.h>

static int64_t result(enum lz4boot_status status, const struct lz4boot_report *report)
{
    return status == lz4boot_status_ok ? (int64_t)report->target_byte_count : -1;
}

static int64_t decode_block(const void *source, size_t source_byte_count, void *target,
                            size_t target_capacity)
{
    struct lz4boot_report report;

    return result(lz4boot_decode_block(source, source_byte_count, target, target_capacity, &report),
                  &report);
}

static int64_t decode(const void *source, size_t source_byte_count, void *target,
                      size_t target_capacity)
{
    struct lz4boot_report report;

    return result(lz4boot_decode(source, source_byte_count, target, target_capacity, 0, &report),
                  &report);
}

static int64_t push(const void *source, size_t source_byte_count, void *target,
                    size_t target_capacity)
{
    struct lz4boot_stream stream;
    struct lz4boot_report report;
    const uint8_t *bytes = source;

    lz4boot_stream_start(&stream, target, target_capacity, 0);
    while (source_byte_count > 0) {
        size_t count = source_byte_count < push_byte_count ? source_byte_count : push_byte_count;
        lz4boot_stream_push(&stream, bytes, count, NULL); /* an error lasts until finish */
        bytes += count;
        source_byte_count -= count;
    }
    return result(lz4boot_stream_finish(&stream, &report), &report);
}

static int64_t hash(const void *source, size_t source_byte_count, void *target,
                    size_t target_capacity)
{
    (void)target;
    (void)target_capacity;
    return lz4boot_xxh32(source, source_byte_count, 0);
}

const struct call calls[] = {
    { "block", takes_blocks, decode_block },
    { "frame", takes_source, decode },
    { "legacy", takes_source, decode },
    { "stream-4096", takes_source, push },
    { "xxh32", hashes_content, hash },
    { NULL, takes_source, NULL },
};
