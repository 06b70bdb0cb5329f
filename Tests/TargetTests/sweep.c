/* SPDX-License-Identifier: MIT */
/*
 * Decodes blocks whose rounds take whatever they may at most, with every room that is a little less than all, of source
 * and of target, between guard pages: up to three full hot rounds of the Cortex-A53 in front of a round of each kind.
 */
#define _GNU_SOURCE
#include "guarded.h"
#include <lz4boot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 1 << 14 };

static unsigned char block[4096];
static size_t block_byte_count, output_byte_count;

static void put(unsigned byte)
{
    block[block_byte_count++] = (unsigned char)byte;
}

/* Lengths of one extension byte at most. */
static void put_sequence(unsigned literals, unsigned offset, unsigned match)
{
    put((literals < 15 ? literals : 15) << 4 | (match < 19 ? match - 4 : 15));
    if (literals >= 15)
        put(literals - 15);
    for (unsigned index = 0; index < literals; index++)
        put(index * 7 + (unsigned)output_byte_count);
    put(offset & 255);
    put(offset >> 8);
    if (match >= 19)
        put(match - 19);
    output_byte_count += literals + match;
}

static void fail(const char *what, unsigned offset, unsigned hot, unsigned literals, unsigned match, size_t size)
{
    printf("%s %zu: %u hot rounds, %u literals, match of %u at %u\n", what, size, hot, literals, match, offset);
    exit(1);
}

int main(void)
{
    static const unsigned literal_counts[] = {0, 8, 9, 13, 14, 15, 16, 17, 32, 33, 64, 81};
    static const unsigned match_lengths[] = {4, 16, 17, 18, 19, 31, 32, 33, 64, 65};
    enum { LITERALS = sizeof literal_counts / sizeof *literal_counts, MATCHES = sizeof match_lengths / sizeof *match_lengths };
    unsigned char *sources = guarded(SPACE), *targets = guarded(SPACE), *expected = malloc(SPACE);
    struct lz4boot_report report;
    unsigned long cases = 0;
    for (unsigned number = 0; number < 19 * 4 * LITERALS * MATCHES; number++) {
        unsigned match = match_lengths[number % MATCHES], literals = literal_counts[number / MATCHES % LITERALS];
        unsigned hot = number / MATCHES / LITERALS % 4, offset = 1 + number / MATCHES / LITERALS / 4;
        offset = offset < 19 ? offset : 27;
        block_byte_count = output_byte_count = 0;
        put_sequence(14, 14, 18);
        for (unsigned group = 0; group < 4; group++) {
            for (unsigned round = 0; round < hot; round++)
                put_sequence(8, 20, 16);
            put_sequence(literals, offset, match);
        }
        put_sequence(14, 20, 18);
        put(0x50);
        for (unsigned index = 0; index < 5; index++, output_byte_count++)
            put(index);

        memcpy(sources, block, block_byte_count);
        if (lz4boot_decode_block(sources, block_byte_count, expected, SPACE, &report) != lz4boot_status_ok ||
            report.target_byte_count != output_byte_count)
            fail("refused at", offset, hot, literals, match, (size_t)report.source_offset);
        unsigned char *source = sources + SPACE - block_byte_count;
        memcpy(source, block, block_byte_count);
        for (size_t less = output_byte_count < 260 ? output_byte_count : 260; less > 0; less--, cases++) {
            size_t capacity = output_byte_count - less;
            unsigned char *target = targets + SPACE - capacity;
            if (lz4boot_decode_block(source, block_byte_count, target, capacity, &report) != lz4boot_status_target_full ||
                report.target_byte_count != capacity || memcmp(target, expected, capacity) != 0)
                fail("wrong with room for", offset, hot, literals, match, capacity);
        }
        for (size_t count = block_byte_count < 150 ? 1 : block_byte_count - 150; count < block_byte_count; count++, cases++) {
            source = sources + SPACE - count;
            memcpy(source, block, count);
            lz4boot_decode_block(source, count, targets, SPACE, &report);
            if (memcmp(targets, expected, report.target_byte_count) != 0)
                fail("wrong in a source of", offset, hot, literals, match, count);
        }
    }
    printf("%lu cases fine\n", cases);
    return 0;
}
