/* SPDX-License-Identifier: MIT */
/*
 * Decodes sources that sources.c has written from the end of their own target, with a hundred runs each: fifty margins,
 * in one call and in random pushes. A decode has to succeed just where the margin is no less than the source needs, and
 * to say in_place_overrun elsewhere, behind right bytes. Prints what came of them, which is the same for every archive.
 *
 *     in_place FROM
 */
#define _GNU_SOURCE
#include "generate.h"
#include "guarded.h"
#include <lz4boot.h>
#include <string.h>

enum { SPACE = 1 << 26, FENCE = 64, MARGINS = 50 };

/* A source that is to be decoded; `least` is the margin that it needs, and `floor` the one with which it starts where
 * the target does. */
static unsigned char *source, *output;
static long source_byte_count, output_byte_count, floor_margin, least, reported;
static unsigned long sources, successes, overruns;

static unsigned char *targets;

static void fail(const char *what, long margin, const struct lz4boot_report *report)
{
    printf("source %lu (%ld bytes to %ld), margin %ld, needs %ld, reported %ld: %s; status %u at %llu, %llu bytes\n",
           sources, source_byte_count, output_byte_count, margin, least, reported, what, report->status,
           (unsigned long long)report->source_offset, (unsigned long long)report->target_byte_count);
    exit(1);
}

/* Puts the source in place in a target that ends where memory does. */
static unsigned char *prepare(long margin, long *capacity)
{
    *capacity = output_byte_count + (margin > 0 ? margin : 0);
    unsigned char *target = targets + SPACE - *capacity;
    memset(target - FENCE, sources & 1 ? 0xA5 : 0x5A, (size_t)(FENCE + *capacity));
    memcpy(target + output_byte_count + margin - source_byte_count, source, (size_t)source_byte_count);
    return target;
}

static void judge(long margin, const unsigned char *target, const struct lz4boot_report *report)
{
    for (int index = 1; index <= FENCE; index++)
        if (target[-index] != (sources & 1 ? 0xA5 : 0x5A))
            fail("a write in front of the target", margin, report);
    if (report->target_byte_count > (uint64_t)output_byte_count ||
        memcmp(target, output, report->target_byte_count) != 0)
        fail("WRONG BYTES", margin, report);
    if (report->status == lz4boot_status_ok && report->target_byte_count == (uint64_t)output_byte_count)
        successes++;
    else if (report->status == lz4boot_status_in_place_overrun)
        overruns++;
    else
        fail("neither the output nor in_place_overrun", margin, report);
    if ((report->status == lz4boot_status_ok) != (margin >= least))
        fail("not what was to be expected", margin, report);
}

static void run(long margin)
{
    struct lz4boot_report whole, pushed;
    long capacity;
    unsigned char *target = prepare(margin, &capacity);
    lz4boot_decode(target + output_byte_count + margin - source_byte_count, (size_t)source_byte_count, target,
                   (size_t)capacity, lz4boot_flag_in_place, &whole);
    judge(margin, target, &whole);

    target = prepare(margin, &capacity);
    const unsigned char *chunk = target + output_byte_count + margin - source_byte_count;
    struct lz4boot_stream stream;
    lz4boot_stream_start(&stream, target, (size_t)capacity, lz4boot_flag_in_place);
    uint64_t step = 1 + below(below(4) ? 2 * (uint64_t)source_byte_count / 3 + 1 : 10);
    for (size_t left = (size_t)source_byte_count, count; left > 0; left -= count, chunk += count) {
        count = 1 + below(step);
        if (source_byte_count > 100000)
            count *= 1000;
        if (count > left)
            count = left;
        if (lz4boot_stream_push(&stream, chunk, count, NULL) > lz4boot_status_need_input)
            break;
    }
    lz4boot_stream_finish(&stream, &pushed);
    judge(margin, target, &pushed);
    if (memcmp(&whole, &pushed, sizeof whole) != 0)
        fail("another report when pushed", margin, &pushed);
}

/* All around the margins at which something changes, and anywhere. */
static long margin_number(int number)
{
    long around[] = {floor_margin, 0, least - 1, least, reported};
    if (number < 40)
        return around[number / 8] + number % 8 - 4;
    return floor_margin + (long)below((uint64_t)(reported + 100 - floor_margin));
}

int main(int argc, char **argv)
{
    FILE *from = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!from) {
        perror("in_place FROM");
        return 1;
    }
    targets = guarded(SPACE);
    source = malloc(SPACE);
    output = malloc(SPACE);
    uint64_t sizes[3];
    long gap_min = SPACE, gap_max = 0;
    for (; fread(sizes, sizeof sizes, 1, from) == 1; sources++) {
        source_byte_count = (long)sizes[0];
        output_byte_count = (long)sizes[1];
        if (fread(source, 1, sizes[0], from) != sizes[0] || fread(output, 1, sizes[1], from) != sizes[1])
            return 1;
        floor_margin = source_byte_count - output_byte_count;
        least = floor_margin + (long)sizes[2];
        struct lz4boot_report report;
        struct lz4boot_info info;
        lz4boot_inspect(source, sizes[0], &info, &report);
        reported = (long)info.in_place_margin;
        if (report.status != lz4boot_status_ok || reported < least)
            fail("a margin too small is reported", reported, &report);
        long gap = reported - least;
        gap_min = gap < gap_min ? gap : gap_min;
        gap_max = gap > gap_max ? gap : gap_max;
        state = sources;
        for (int number = 0; number < MARGINS; number++) {
            long margin = margin_number(number);
            run(margin > floor_margin ? margin : floor_margin);
        }
    }
    printf("%lu sources, %lu runs, %lu right, %lu overruns, margins reported %ld to %ld more than needed\n", sources,
           successes + overruns, successes, overruns, gap_min, gap_max);
    return 0;
}
