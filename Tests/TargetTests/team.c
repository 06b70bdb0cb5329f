/* SPDX-License-Identifier: MIT */
/*
 * Decodes generated sources with teams of 1 to 8 threads, between guard pages, and compares status, report and bytes with
 * lz4boot_decode's. Most of the sources have full blocks, so that blocks are decoded side by side; some are damaged. Some
 * have hundreds of blocks that cost next to nothing, so that a thread that the system interrupts falls far behind.
 *
 *     team CASES
 */
#define _GNU_SOURCE
#include "generate.h"
#include "guarded.h"
#include <lz4boot.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 96 << 20, OUTPUT_MAX = 48 << 20, SOURCE_SPACE = 4 << 20, THREADS_MAX = 8, LEGACY_BLOCK = 8 << 20 };

static unsigned char *source; /* as generated */
static size_t source_count, output_count; /* what it decodes to, if it is not damaged */

static void put_byte(unsigned byte)
{
    source[source_count++] = (unsigned char)byte;
}

static void put_word(uint32_t word)
{
    for (int shift = 0; shift < 32; shift += 8)
        put_byte(word >> shift & 0xFF);
}

static void put_noise(size_t count)
{
    while (count-- > 0)
        put_byte((unsigned)next());
}

static void put_extension(size_t length)
{
    if (length >= 15)
        source_count = put_length(source, source_count, (unsigned)length - 15);
}

/* A compressed block of so many bytes: some sequences with literals, or none, the last match as long as it takes. */
static void put_block(size_t byte_count, int is_cheap)
{
    size_t left = byte_count, last = left < 5 ? left : 5;
    left -= last;
    while (left > 0) {
        size_t literals = 1 + below(40), match = 4 + below(300), produced = byte_count - last - left;
        if (is_cheap || literals + match + 16 > left || below(12) == 0) {
            literals = left < 20 ? left : 12;
            match = left - literals;
        }
        if (match == 0) {
            last += left;
            break;
        }
        put_byte((unsigned)((literals < 15 ? literals : 15) << 4 | (match < 19 ? match - 4 : 15)));
        put_extension(literals);
        put_noise(literals);
        size_t reach = produced + literals < 65535 ? produced + literals : 65535, offset = 1 + below((unsigned)reach);
        put_byte(offset & 0xFF);
        put_byte((unsigned)(offset >> 8));
        put_extension(match - 4);
        left -= literals + match;
    }
    put_byte((unsigned)((last < 15 ? last : 15) << 4));
    put_extension(last);
    put_noise(last);
}

static void set_word(size_t at, uint32_t word)
{
    for (int index = 0; index < 4; index++)
        source[at + index] = (unsigned char)(word >> 8 * index);
}

/* Where a block has most often as many bytes as it may, and else fewer, none, or one more. */
static size_t block_size(size_t block_maximum)
{
    switch (below(24)) {
    case 0: return below((unsigned)block_maximum);
    case 1: return below(2) ? 0 : 1;
    case 2: return block_maximum + (below(4) == 0);
    default: return block_maximum;
    }
}

static void put_legacy(void)
{
    unsigned count = below(4), before = (unsigned)output_count;
    put_word(0x184C2102);
    for (unsigned index = 0; index <= count; index++) {
        size_t at = source_count, size = index < count ? LEGACY_BLOCK : below(LEGACY_BLOCK);
        if (index < count && below(16) == 0)
            size = below(LEGACY_BLOCK);
        put_word(0);
        put_block(size, below(2));
        set_word(at, (uint32_t)(source_count - at - 4));
        output_count += size;
    }
    if (below(3) == 0)
        put_word((uint32_t)(output_count - before));
}

static void put_frame(void)
{
    int is_cheap = below(8) == 0;
    unsigned code = is_cheap || below(8) ? 4 : 5, flags = 0x40;
    unsigned blocks = is_cheap ? 300 : below(4) ? below(24) : below(150);
    size_t block_maximum = (size_t)1 << (8 + 2 * code);
    size_t content_start = output_count;
    flags |= (below(8) ? 0x20 : 0) | (below(2) ? 0x10 : 0) | (below(2) ? 4 : 0);
    put_word(0x184D2204);
    size_t descriptor = source_count;
    put_byte(flags);
    put_byte(code << 4);
    put_byte(lz4boot_xxh32(source + descriptor, 2, 0) >> 8 & 0xFF);
    for (unsigned index = 0; index <= blocks && output_count < OUTPUT_MAX / 2; index++) {
        size_t at = source_count, size;
        size = index == blocks ? below((unsigned)block_maximum + 1) : is_cheap ? block_maximum : block_size(block_maximum);
        int is_stored = !is_cheap && below(12) == 0 && source_count < SOURCE_SPACE / 2;
        if (is_stored && size > block_maximum)
            size = block_maximum;
        put_word(0);
        if (is_stored)
            put_noise(size);
        else
            put_block(size, is_cheap);
        uint32_t byte_count = (uint32_t)(source_count - at - 4);
        set_word(at, byte_count | (is_stored ? 1u << 31 : 0));
        if (flags & 0x10)
            put_word(lz4boot_xxh32(source + at + 4, byte_count, 0));
        output_count += size;
        if (source_count > SOURCE_SPACE / 2)
            break;
    }
    put_word(0);
    if (flags & 4) {
        /* What it is, the decoder itself is asked: its checksums are tested elsewhere. */
        static unsigned char *content;
        struct lz4boot_report report;
        if (content == NULL)
            content = malloc(SPACE);
        put_word(0);
        lz4boot_decode(source, source_count, content, SPACE, 0, &report);
        set_word(source_count - 4,
            report.target_byte_count < content_start
                ? 0
                : lz4boot_xxh32(content + content_start, report.target_byte_count - content_start, 0));
    }
}

static void generate_source(void)
{
    source_count = output_count = 0;
    if (below(6) == 0) {
        put_word(0x184D2A50 + below(16));
        put_word(11);
        put_noise(11);
    }
    unsigned frames = below(4) ? 1 : 1 + below(3);
    while (frames-- > 0) {
        if (below(60) == 0 && output_count < OUTPUT_MAX / 4)
            put_legacy();
        else
            put_frame();
    }
    if (below(16) == 0)
        put_noise(1 + below(8));
    if (below(4) == 0)
        source[below((unsigned)source_count)] ^= (unsigned char)(1 << below(8));
    if (below(12) == 0)
        source_count = below((unsigned)source_count + 1);
}

/* The other threads: they come at once, each when the barrier lets it. */
static pthread_barrier_t gate;
static struct lz4boot_team *team; /* in front of a guard page */
static unsigned worker_count;

static void *work(void *number)
{
    for (;;) {
        pthread_barrier_wait(&gate);
        if ((uintptr_t)number < worker_count)
            lz4boot_team_work(team);
        pthread_barrier_wait(&gate);
    }
    return NULL;
}

/* So many threads, of which this is one; it comes once more when all is over. */
static void run_team(const unsigned char *bytes, size_t count, unsigned char *target, size_t capacity, uint32_t flags,
                     unsigned threads, struct lz4boot_report *report)
{
    struct lz4boot_report again;
    memset(team, 0xCC, sizeof *team);
    enum lz4boot_status started = lz4boot_team_start(team, bytes, count, target, capacity, flags, report);
    worker_count = threads - 1;
    pthread_barrier_wait(&gate);
    if (below(2))
        lz4boot_team_work(team);
    enum lz4boot_status status = lz4boot_team_finish(team, report);
    lz4boot_team_work(team);
    pthread_barrier_wait(&gate);
    if (lz4boot_team_finish(team, &again) != status || memcmp(&again, report, sizeof again) != 0 ||
        status != (enum lz4boot_status)report->status || (started != lz4boot_status_ok && started != status))
        report->status = 999;
}

/* A frame of so many full blocks, one of 1000 bytes and the checksum of all, which are left in `content`. */
static size_t put_full_blocks(unsigned full_blocks, int are_cheap, unsigned char *content)
{
    source_count = 0;
    put_word(0x184D2204);
    put_byte(0x64);
    put_byte(0x40);
    put_byte(lz4boot_xxh32(source + 4, 2, 0) >> 8 & 0xFF);
    for (unsigned index = 0; index <= full_blocks; index++) {
        size_t at = source_count;
        put_word(0);
        put_block(index < full_blocks ? 65536 : 1000, are_cheap);
        set_word(at, (uint32_t)(source_count - at - 4));
    }
    put_word(0);
    struct lz4boot_report report;
    lz4boot_decode(source, source_count, content, SPACE, 0, &report); /* ends in front of the checksum */
    put_word(lz4boot_xxh32(content, report.target_byte_count, 0));
    return report.target_byte_count;
}

/* A team whose core that finishes comes when another one has decoded all there is. */
static int others_decode(unsigned char *target, unsigned char *expected)
{
    enum { full_blocks = 20 };
    size_t byte_count = put_full_blocks(full_blocks, 0, expected);
    memset(target, 0, byte_count);
    lz4boot_team_start(team, source, source_count, target, byte_count, 0, NULL);
    worker_count = 1;
    pthread_barrier_wait(&gate);
    pthread_barrier_wait(&gate);
    return byte_count == full_blocks * 65536 + 1000 && memcmp(target, expected, byte_count) == 0 &&
           lz4boot_team_finish(team, NULL) == lz4boot_status_ok;
}

/* More blocks than a team keeps in mind at a time: none of the first ones may be taken for one of the last. */
static int many_are_hashed_in_order(unsigned char *target, unsigned char *expected)
{
    enum { full_blocks = 1400 };
    size_t byte_count = put_full_blocks(full_blocks, 1, expected);
    for (unsigned threads = 2; threads <= 4; threads++) {
        struct lz4boot_report report;
        memset(target, 0, byte_count);
        run_team(source, source_count, target, byte_count, 0, threads, &report);
        if (report.status != lz4boot_status_ok || memcmp(target, expected, byte_count) != 0)
            return 0;
    }
    return byte_count == full_blocks * 65536 + 1000;
}

int main(int argc, char **argv)
{
    unsigned cases = argc > 1 ? (unsigned)atoi(argv[1]) : 100, accepted = 0, faults = 0;
    if (cases == 0) {
        fprintf(stderr, "team: CASES is to be a number above 0\n");
        return 2;
    }
    unsigned char *sources = guarded(SOURCE_SPACE), *targets = guarded(SPACE), *expected = malloc(SPACE);
    source = malloc(SOURCE_SPACE);
    team = (struct lz4boot_team *)(guarded(GUARD) + GUARD) - 1;
    pthread_barrier_init(&gate, NULL, THREADS_MAX);
    for (uintptr_t index = 0; index < THREADS_MAX - 1; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, (void *)index) != 0)
            return 2;
    }
    if (!others_decode(targets, expected)) {
        printf("what another core decodes is not there\n");
        faults++;
    }
    if (!many_are_hashed_in_order(targets, expected)) {
        printf("of many blocks some are hashed before they are there\n");
        faults++;
    }
    for (unsigned number = 0; number < cases; number++) {
        state = number;
        generate_source();
        struct lz4boot_info info;
        lz4boot_inspect(source, source_count, &info, NULL);
        int is_in_place = below(4) == 0;
        size_t capacity = below(3) ? output_count : below(2) ? output_count + below(100) : below((unsigned)output_count + 1);
        if (is_in_place) {
            capacity = output_count + (below(2) ? info.in_place_margin : below(200));
            if (capacity < source_count)
                capacity = source_count;
        }
        uint32_t flags = is_in_place ? lz4boot_flag_in_place : 0;
        if (below(16) == 0)
            flags |= lz4boot_flag_stop_after_frame;
        unsigned char *target = targets + SPACE - capacity;
        unsigned char *bytes = is_in_place ? target + capacity - source_count : sources + SOURCE_SPACE - source_count;

        struct lz4boot_report report, team_report;
        memcpy(bytes, source, source_count);
        accepted += lz4boot_decode(bytes, source_count, target, capacity, flags, &report) == lz4boot_status_ok;
        memcpy(expected, target, report.target_byte_count);
        static const unsigned counts[] = {1, 2, 3, 4, 8};
        for (unsigned index = 0; index < sizeof counts / sizeof *counts; index++) {
            memset(target, (int)index, capacity);
            memcpy(bytes, source, source_count);
            run_team(bytes, source_count, target, capacity, flags, counts[index], &team_report);
            if (memcmp(&report, &team_report, sizeof report) == 0 &&
                memcmp(expected, target, report.target_byte_count) == 0 &&
                (is_in_place || memcmp(bytes, source, source_count) == 0))
                continue;
            if (++faults > 5)
                continue;
            printf("case %u, %u threads: status %u, byte %llu; alone: status %u, byte %llu\n", number, counts[index],
                team_report.status, (unsigned long long)team_report.source_offset, report.status,
                (unsigned long long)report.source_offset);
        }
    }
    printf("%u cases, %u accepted, %u with another result than alone\n", cases, accepted, faults);
    return faults != 0;
}
