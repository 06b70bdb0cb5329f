/* SPDX-License-Identifier: MIT */
/*
 * Shows that decoding takes linear time and constant memory.
 *
 * Every size decodes the same kind of data: the sample's pieces of 64 KiB one after the other, each compressed on its
 * own. Small sizes decode as many frames as it takes to get through the sample and past the caches. Each round visits
 * every size, so that a busy neighbour slows all of them, and the fastest round counts.
 */
#include "host.h"
#include <limits.h>
#include <lz4boot.h>
#include <lz4frame.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <ucontext.h>

enum { piece_byte_count = growth_piece_byte_count, total_minimum = 64 << 20, round_count = 7 };

typedef enum lz4boot_status decode_function(const void *, size_t, void *, size_t, uint32_t, struct lz4boot_report *);

static enum lz4boot_status decode_nothing(const void *source, size_t source_byte_count, void *target,
                                          size_t target_capacity, uint32_t flags, struct lz4boot_report *report)
{
    (void)source, (void)source_byte_count, (void)target, (void)target_capacity, (void)flags, (void)report;
    return lz4boot_status_ok;
}

/* Behind a pointer, so that the stack of the call can be told from its caller's. */
static decode_function *volatile decode;

/* The frames of one size. */
static struct set {
    size_t content_byte_count, frame_count, start[total_minimum / piece_byte_count + 1];
} sets[growth_count];
static const struct set *set;

static const char *sample;
static size_t sample_piece_count;
static char *target, *packed;

static size_t total_byte_count(void)
{
    return set->frame_count * set->content_byte_count;
}

static const char *piece_of_sample(size_t position)
{
    return sample + position / piece_byte_count % sample_piece_count * piece_byte_count;
}

/* Appends a set's frames to what is packed and returns the new end. */
static size_t pack(struct set *new, size_t end, size_t capacity)
{
    LZ4F_preferences_t preferences = {.compressionLevel = 1};
    preferences.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    set = new;
    for (size_t position = 0; position < total_byte_count(); position += piece_byte_count)
        memcpy(target + position, piece_of_sample(position), piece_byte_count);
    for (size_t frame = 0; frame < set->frame_count; frame++) {
        size_t count = LZ4F_compressFrame(packed + end, capacity - end, target + frame * set->content_byte_count,
                                          set->content_byte_count, &preferences);
        if (LZ4F_isError(count))
            fail(LZ4F_getErrorName(count));
        new->start[frame] = end;
        new->start[frame + 1] = end += count;
    }
    return end;
}

static void decode_frames(void)
{
    static struct lz4boot_report report;
    for (size_t frame = 0; frame < set->frame_count; frame++)
        if (decode(packed + set->start[frame], set->start[frame + 1] - set->start[frame],
                   target + frame * set->content_byte_count, set->content_byte_count, 0, &report))
            fail(lz4boot_status_name((enum lz4boot_status)report.status));
}

static void verify(void)
{
    for (size_t position = 0; position < total_byte_count(); position += piece_byte_count)
        if (memcmp(target + position, piece_of_sample(position), piece_byte_count) != 0)
            fail("wrong output");
}

/* Decodes on a stack of its own, painted, and returns how much of the paint is gone. */
static size_t stack_touched(decode_function *function)
{
    static unsigned char stack[64 << 10];
    static ucontext_t here, there;
    enum { paint = 0xC5 };
    memset(stack, paint, sizeof stack);
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = &here;
    makecontext(&there, decode_frames, 0);
    decode = function;
    swapcontext(&here, &there);
    size_t untouched = 0;
    while (untouched < sizeof stack && stack[untouched] == paint)
        untouched++;
    return sizeof stack - untouched;
}

static long page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

static void measure(struct growth *row)
{
    memset(target, 0xA5, total_byte_count());
    long faults = page_faults();
    double start = seconds();
    decode_frames();
    double taken = 1e9 * (seconds() - start) / (double)total_byte_count();
    faults = page_faults() - faults;
    verify();
    if (taken < row->nanoseconds_per_byte)
        row->nanoseconds_per_byte = taken;
    /* The machine may move pages at any time; what a decode touches, it touches every time. */
    if (faults < row->page_faults)
        row->page_faults = faults;
}

void measure_growth(const char *file, size_t file_byte_count, struct growth rows[growth_count])
{
    sample = file;
    sample_piece_count = file_byte_count / piece_byte_count;
    size_t largest = (size_t)piece_byte_count << 2 * (growth_count - 1), capacity = 2 * largest, end = 0;
    char *memory = malloc(largest + 4096);
    packed = malloc(capacity);
    if (!packed || !memory)
        fail("out of memory");
    /* As in main(): the low bits of the two addresses shall not agree. */
    target = memory + 1088;
    for (int index = 0; index < growth_count; index++) {
        size_t byte_count = (size_t)piece_byte_count << 2 * index;
        sets[index].content_byte_count = byte_count;
        sets[index].frame_count = byte_count < total_minimum ? total_minimum / byte_count : 1;
        end = pack(&sets[index], end, capacity);
        size_t stack = stack_touched(lz4boot_decode) - stack_touched(decode_nothing);
        rows[index] = (struct growth){byte_count, INFINITY, stack, LONG_MAX};
    }
    decode = lz4boot_decode;
    for (int round = 0; round < round_count; round++)
        for (int index = 0; index < growth_count; index++) {
            set = &sets[index];
            measure(&rows[index]);
        }
    printf("\n%-34s %9s %9s %8s %7s\n", "growth: frame, level 1", "ns/byte", "MB/s", "stack", "faults");
    for (int index = 0; index < growth_count; index++)
        printf("%29zu KiB  %9.3f %9.0f %8zu %7ld\n", rows[index].byte_count >> 10, rows[index].nanoseconds_per_byte,
               1e3 / rows[index].nanoseconds_per_byte, rows[index].stack_byte_count, rows[index].page_faults);
    free(memory);
    free(packed);
}
