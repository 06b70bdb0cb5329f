/* SPDX-License-Identifier: MIT */
/*
 * Decodes generated blocks, as they are and as legacy frames in random pushes, between guard pages, and prints a digest
 * of all verdicts, reports and bytes. The archives for this machine and for the Cortex-A53 have to print the same.
 *
 *     digest CASES
 */
#define _GNU_SOURCE
#include "guarded.h"
#include <lz4boot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 1 << 18, HEADER = 8 };

static uint64_t state, digest = 0xCBF29CE484222325;

static uint64_t next(void) /* SplitMix64 */
{
    uint64_t z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static unsigned below(unsigned limit)
{
    return (unsigned)(next() % limit);
}

static void add(const void *bytes, size_t count)
{
    for (size_t index = 0; index < count; index++)
        digest = (digest ^ ((const unsigned char *)bytes)[index]) * 0x100000001B3;
}

static unsigned length(void)
{
    switch (below(16)) {
    case 0: return below(600);
    case 1: return 250 + below(30);
    case 2: return below(70);
    default: return below(20);
    }
}

static size_t put_length(unsigned char *block, size_t at, unsigned rest)
{
    for (; rest >= 255; rest -= 255)
        block[at++] = 255;
    block[at++] = (unsigned char)rest;
    return at;
}

/*
 * A block of random sequences, or of one again and again, so that rounds take whatever they may at most; now and then
 * damaged. Returns its size and what it should decode to.
 */
static size_t generate(unsigned char *block, size_t *produced)
{
    size_t at = 0, out = 0, target = below(20) ? below(3000) : below(150000);
    unsigned is_uniform = below(3) == 0, literals = length(), match = 4 + length();
    for (;;) {
        if (!is_uniform) {
            literals = length();
            match = 4 + length();
        }
        int last = out + literals >= target || at > SPACE / 2;
        block[at++] = (unsigned char)((literals < 15 ? literals : 15) << 4 | (match < 19 ? match - 4 : 15));
        if (literals >= 15)
            at = put_length(block, at, literals - 15);
        for (unsigned index = 0; index < literals; index++)
            block[at++] = (unsigned char)next();
        out += literals;
        if (last)
            break;
        size_t reach = out < 65535 ? out : 65535, near = 1 + below(40);
        size_t offset = reach == 0 ? 1 : below(2) && near <= reach ? near : 1 + below((unsigned)reach);
        if (below(40) == 0)
            offset = reach ? reach : 1;
        if (below(2000) == 0)
            offset = below(3) ? (reach + 1) & 0xFFFF : 0;
        block[at++] = (unsigned char)offset;
        block[at++] = (unsigned char)(offset >> 8);
        if (match >= 19)
            at = put_length(block, at, match - 19);
        out += match;
    }
    if (below(4) == 0)
        block[below((unsigned)at)] ^= (unsigned char)(1 << below(8));
    if (below(8) == 0)
        at = below((unsigned)at) + 1;
    *produced = out;
    return at;
}

static void take(const struct lz4boot_report *report, const unsigned char *target)
{
    add(report, sizeof *report);
    add(target, report->target_byte_count);
}

int main(int argc, char **argv)
{
    unsigned cases = argc > 1 ? (unsigned)atoi(argv[1]) : 1000, accepted = 0;
    unsigned char *sources = guarded(SPACE), *targets = guarded(SPACE), *scratch = malloc(SPACE);
    for (unsigned number = 0; number < cases; number++) {
        state = number;
        size_t produced, count = HEADER + generate(scratch + HEADER, &produced);
        uint32_t header[2] = {0x184C2102, (uint32_t)(count - HEADER)};
        memcpy(scratch, header, HEADER);
        size_t capacity = below(2) ? produced : below(2) ? produced + below(40) : below((unsigned)produced + 1);
        if (capacity > SPACE)
            capacity = SPACE;
        /* Flush with the end as a rule, with the start now and then. */
        unsigned char *source = below(4) ? sources + SPACE - count : sources;
        unsigned char *target = below(4) ? targets + SPACE - capacity : targets;
        memcpy(source, scratch, count);
        memset(target, number & 1 ? 0xA5 : 0x5A, capacity);

        struct lz4boot_report report;
        accepted += lz4boot_decode_block(source + HEADER, count - HEADER, target, capacity, &report) == lz4boot_status_ok;
        take(&report, target);
        lz4boot_decode(source, count, target, capacity, 0, &report);
        take(&report, target);
        struct lz4boot_stream stream;
        lz4boot_stream_start(&stream, target, capacity, 0);
        unsigned step = 1 + below(200);
        for (size_t read = 0, piece; read < count; read += piece) {
            piece = 1 + below(step);
            if (piece > count - read)
                piece = count - read;
            lz4boot_stream_push(&stream, source + read, piece, NULL);
        }
        lz4boot_stream_finish(&stream, &report);
        take(&report, target);
    }
    printf("%u cases, %u blocks accepted, digest %016llx\n", cases, accepted, (unsigned long long)digest);
    return 0;
}
