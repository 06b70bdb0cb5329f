/* SPDX-License-Identifier: MIT */
/*
 * One block, decoded by lz4boot, by the plain parser and by liblz4. lz4boot has to come to the same status, report and
 * bytes as the parser. liblz4's end-of-block rules depend on the capacity, so that it need not accept the same:
 *
 *     strict format < liblz4 < in bounds, ends with literals; and lz4boot takes the last, but for offset 0
 */
#include "reference.h"
#include "verification.h"
#ifndef WITHOUT_LIBLZ4
#include <lz4.h>
#endif

enum { SPACE = 1 << 18, FENCE = 32 };

static const unsigned char fence[FENCE] = {0x5A, 0xA5, 0x5A, 0xA5, 0x5A, 0xA5, 0x5A, 0xA5};

/* Between guard pages. */
static unsigned char *sources, *targets;
static unsigned char expected[SPACE];

/* The case at hand. */
static const unsigned char *source;
static size_t source_byte_count, capacity;

static void describe(void)
{
    printf("capacity %zu, block of %zu bytes:", capacity, source_byte_count);
    for (size_t index = 0; index < source_byte_count && index < 600; index++)
        printf(" %02x", source[index]);
    printf("\n");
}

/* Some memcmp touches the guard page behind a few bytes; that is suppressed, but takes ten times as long as all else. */
static int is_same(const unsigned char *one, const unsigned char *other, size_t byte_count)
{
    if (byte_count > 64)
        return memcmp(one, other, byte_count) == 0;
    for (size_t index = 0; index < byte_count; index++)
        if (one[index] != other[index])
            return 0;
    return 1;
}

static void compare_with_liblz4(const struct verdict *verdict)
{
#ifdef WITHOUT_LIBLZ4
    (void)verdict;
#else
    static unsigned char theirs[SPACE];
    int count = LZ4_decompress_safe((const char *)source, (char *)theirs, (int)source_byte_count, (int)capacity);
    if (count < 0) {
        /* Where there is no room it knows but one of the blocks without output. */
        if (verdict->is_strict && (capacity > 0 || source[0] == 0))
            fail("liblz4 refuses a strict block");
        return;
    }
    counts[LIBLZ4]++;
    if (verdict->status == lz4boot_status_offset_zero)
        counts[LIBLZ4_OFFSET_ZERO]++;
    else if (verdict->status != lz4boot_status_ok)
        fail("liblz4 accepts a block that is out of bounds");
    else if ((size_t)count != verdict->output_byte_count || !is_same(theirs, expected, (size_t)count))
        fail("liblz4 decodes to other bytes");
#endif
}

/* Decodes a source to a target that has a guard page or room for a fence in front. */
static struct verdict compare(const unsigned char *block, size_t block_byte_count, unsigned char *target, size_t room)
{
    source = block;
    source_byte_count = block_byte_count;
    capacity = room;
    struct verdict verdict = reference_decode_block(source, source_byte_count, expected, capacity);
    struct lz4boot_report report, right = {.status = verdict.status,
                                           .format = 4,
                                           .source_offset = verdict.source_offset,
                                           .target_byte_count = verdict.output_byte_count};
    /* A byte that is not written is a wrong one. */
    for (size_t index = 0; index < verdict.output_byte_count; index++)
        target[index] = (unsigned char)~expected[index];
    if (target != targets)
        memcpy(target - FENCE, fence, FENCE);

    enum lz4boot_status status = lz4boot_decode_block(source, source_byte_count, target, capacity, &report);

    counts[DECODES]++;
    counts[STRICT] += (uint64_t)verdict.is_strict;
    counts[ACCEPTED] += status == lz4boot_status_ok;
    counts[STATUSES + verdict.status]++;
    if (status != verdict.status)
        fail(status == lz4boot_status_ok ? "accepted" : verdict.status == lz4boot_status_ok ? "refused" : "another status");
    else if (memcmp(&report, &right, sizeof report) != 0)
        fail("another report");
    else if (!is_same(target, expected, verdict.output_byte_count))
        fail("wrong bytes");
    if (target != targets && memcmp(target - FENCE, fence, FENCE) != 0)
        fail("a write in front of the target");
    compare_with_liblz4(&verdict);
    return verdict;
}

static void print_verdicts(void)
{
    print_statuses();
#ifndef WITHOUT_LIBLZ4
    printf("accepted: strict %llu, liblz4 %llu (%llu of these with offset 0), lz4boot %llu\n",
           (unsigned long long)counts[STRICT], (unsigned long long)counts[LIBLZ4],
           (unsigned long long)counts[LIBLZ4_OFFSET_ZERO], (unsigned long long)counts[ACCEPTED]);
#endif
}
