/* SPDX-License-Identifier: MIT */
/*
 * Every block of up to four bytes, with more room than it can fill and with every capacity from 0 to what it fills.
 *
 *     exhaustive JOBS STEP [STATE]    STEP: of the blocks of three and four bytes, every so many; 1 for all
 */
#define _GNU_SOURCE
#include "compare.h"

static uint64_t step;

/* The number's bytes, the highest first. */
static void put(unsigned char *block, uint64_t number, size_t byte_count)
{
    for (size_t index = byte_count; index-- > 0; number >>= 8)
        block[index] = (unsigned char)number;
}

static void check(uint64_t number, size_t byte_count)
{
    counts[CASES]++;
    /* Once with guard pages right in front of the source and on both sides of the target. */
    put(sources, number, byte_count);
    size_t filled = compare(sources, byte_count, targets, SPACE).output_byte_count;
    /* And with guard pages right behind them. */
    unsigned char *block = sources + SPACE - byte_count;
    put(block, number, byte_count);
    for (size_t room = 0; room <= filled; room++)
        compare(block, byte_count, targets + SPACE - room, room);
}

static void check_all(uint64_t first, uint64_t end, size_t byte_count, uint64_t every)
{
    for (uint64_t number = (first + every - 1) / every * every; number < end; number += every)
        check(number, byte_count);
}

/* The blocks of four bytes with one first byte, or all that are shorter. */
static void run(uint64_t slice)
{
    if (slice < 256) {
        check_all(slice << 24, (slice + 1) << 24, 4, step);
        return;
    }
    for (size_t byte_count = 0; byte_count < 4; byte_count++)
        check_all(0, (uint64_t)1 << 8 * byte_count, byte_count, byte_count < 3 ? 1 : step);
}

int main(int argc, char **argv)
{
    int jobs = (int)argument(argc, argv, 1);
    step = argument(argc, argv, 2);
    sources = guarded(SPACE);
    targets = guarded(SPACE);
    int result = run_slices(257, jobs, argv[3], run);
    print_verdicts();
    return result;
}
