/* SPDX-License-Identifier: MIT */
/*
 * Decodes generated blocks, as they are and as legacy frames in random pushes, between guard pages, and prints a digest
 * of all verdicts, reports and bytes. The archives for this machine and for the Cortex-A53 have to print the same.
 *
 *     digest CASES
 */
#define _GNU_SOURCE
#include "fnv1a.h"
#include "generate.h"
#include "guarded.h"
#include <lz4boot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 1 << 18, HEADER = 8 };

static uint64_t digest = FNV1A_START;

static void take(const struct lz4boot_report *report, const unsigned char *target)
{
    digest = fnv1a(digest, report, sizeof *report);
    digest = fnv1a(digest, target, report->target_byte_count);
}

int main(int argc, char **argv)
{
    unsigned cases = argc > 1 ? (unsigned)atoi(argv[1]) : 1000, accepted = 0;
    unsigned char *sources = guarded(SPACE), *targets = guarded(SPACE), *scratch = malloc(SPACE);
    for (unsigned number = 0; number < cases; number++) {
        state = number;
        size_t produced, count = HEADER + generate(scratch + HEADER, SPACE / 2, 2000, &produced);
        /* Now and then damaged. */
        if (below(4) == 0)
            scratch[HEADER + below(count - HEADER)] ^= (unsigned char)(1 << below(8));
        if (below(8) == 0)
            count = HEADER + below(count - HEADER) + 1;
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
