/* SPDX-License-Identifier: MIT */
/* To be read beside "LZ4 Block Format Description". */
#include "reference.h"

/* A position in the source and in the target. */
struct decode {
    const unsigned char *source;
    size_t source_byte_count, read;
    unsigned char *target;
    size_t capacity, written;
};

/* Adds the bytes of an extended length; 0 if the source ends first. */
static int extend(struct decode *block, size_t *length)
{
    unsigned char byte;
    do {
        if (block->read == block->source_byte_count)
            return 0;
        byte = block->source[block->read++];
        *length += byte;
    } while (byte == 255);
    return 1;
}

static struct verdict verdict(const struct decode *block, enum lz4boot_status status, size_t source_offset)
{
    return (struct verdict){status, source_offset, block->written, 0};
}

struct verdict reference_decode_block(const unsigned char *source, size_t source_byte_count, unsigned char *target,
                                      size_t capacity)
{
    struct decode block = {source, source_byte_count, 0, target, capacity, 0};
    size_t last_match = 0;
    int has_match = 0;
    for (;;) {
        if (block.read == source_byte_count)
            return verdict(&block, lz4boot_status_truncated_input, source_byte_count);
        unsigned token = source[block.read++];

        size_t literals = token >> 4;
        if (literals == 15 && !extend(&block, &literals))
            return verdict(&block, lz4boot_status_truncated_input, source_byte_count);
        size_t field = block.read;
        if (literals > source_byte_count - block.read)
            return verdict(&block, lz4boot_status_literals_overrun, field);
        for (size_t left = literals; left > 0; left--) {
            if (block.written == capacity)
                return verdict(&block, lz4boot_status_target_full, field);
            target[block.written++] = source[block.read++];
        }
        if (block.read == source_byte_count) {
            struct verdict accepted = verdict(&block, lz4boot_status_ok, source_byte_count);
            /* "The last 5 bytes of input are always literals"; "The last match must start at least 12 bytes before the
             * end of block." */
            accepted.is_strict = !has_match || (literals >= 5 && block.written - last_match >= 12);
            return accepted;
        }

        field = block.read;
        if (source_byte_count - block.read < 2)
            return verdict(&block, lz4boot_status_truncated_input, source_byte_count);
        size_t offset = source[block.read] | (size_t)source[block.read + 1] << 8;
        block.read += 2;
        if (offset == 0)
            return verdict(&block, lz4boot_status_offset_zero, field);
        if (offset > block.written)
            return verdict(&block, lz4boot_status_offset_out_of_range, field);

        size_t match = token & 15;
        if (match == 15 && !extend(&block, &match))
            return verdict(&block, lz4boot_status_truncated_input, source_byte_count);
        has_match = 1;
        last_match = block.written;
        for (size_t left = match + 4; left > 0; left--) {
            if (block.written == capacity)
                return verdict(&block, lz4boot_status_target_full, field);
            target[block.written] = target[block.written - offset];
            block.written++;
        }
    }
}
