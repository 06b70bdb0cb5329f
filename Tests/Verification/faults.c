/* SPDX-License-Identifier: MIT */
/*
 * Damages frames that have every checksum and their content size: all truncations, all flips of one bit and of two, and
 * random bursts of up to 32 bits. Truncations have to be refused, and single flips but for two bytes. Whatever else is
 * accepted has to decode to the right bytes.
 *
 *     faults JOBS STEP BURSTS    STEP: every so many of the 50 frames; 1 for all. BURSTS: that many million
 */
#define _GNU_SOURCE
#include "../TargetTests/generate.h"
#include "verification.h"
#include <lz4frame.h>

enum { FRAMES = 50, SPACE = 1 << 16, CONTENT_MAX = 900, BURSTS_IN_SLICE = 1000000, FLG = 4, BD = 5 };

struct frame {
    unsigned char bytes[2048], content[CONTENT_MAX];
    /* Each byte of the content, flipped: what the target holds at first, so that a byte that is not written is wrong. */
    unsigned char wrong[CONTENT_MAX];
    size_t byte_count, content_byte_count;
};
static struct frame frames[FRAMES];
static uint64_t frame_count;

/* Between guard pages. */
static unsigned char *sources, *targets;

/* The case at hand. */
static const char *damage;
static uint64_t frame_number, place, other;

static void describe(void)
{
    printf("frame %llu, %s %llu, %llu\n", (unsigned long long)frame_number, damage, (unsigned long long)place,
           (unsigned long long)other);
}

/* Noise, runs, and pieces of what is in front: literals and matches of all kinds. */
static size_t make_content(unsigned char *content, size_t limit)
{
    size_t byte_count = 1 + below(limit);
    for (size_t at = 0, count; at < byte_count; at += count) {
        size_t left = byte_count - at, kind = below(at > 0 ? 4 : 2), start = at > 0 ? below(at) : 0;
        count = 1 + below(left < 60 ? left : 60);
        unsigned char byte = (unsigned char)next();
        for (size_t index = at; index < at + count; index++)
            content[index] = kind == 0 ? byte : kind == 1 ? (unsigned char)next() : content[start++];
    }
    return byte_count;
}

static size_t require(size_t result)
{
    if (LZ4F_isError(result)) {
        fprintf(stderr, "faults: %s\n", LZ4F_getErrorName(result));
        exit(1);
    }
    return result;
}

static void make_frame(struct frame *frame, uint64_t number)
{
    static const int levels[] = {1, 9, 12};
    static const size_t limits[] = {30, 120, 400, CONTENT_MAX};
    state = number;
    frame->content_byte_count = make_content(frame->content, limits[below(4)]);
    for (size_t index = 0; index < frame->content_byte_count; index++)
        frame->wrong[index] = (unsigned char)~frame->content[index];
    LZ4F_preferences_t preferences = {
        .frameInfo = {LZ4F_max64KB, below(2) ? LZ4F_blockLinked : LZ4F_blockIndependent, LZ4F_contentChecksumEnabled,
                      LZ4F_frame, frame->content_byte_count, 0, LZ4F_blockChecksumEnabled},
        .compressionLevel = levels[below(3)],
        .autoFlush = 1,
    };
    LZ4F_cctx *context;
    require(LZ4F_createCompressionContext(&context, LZ4F_VERSION));
    size_t room = sizeof frame->bytes, made = require(LZ4F_compressBegin(context, frame->bytes, room, &preferences));
    /* Up to four blocks; those of noise are stored. */
    size_t piece = frame->content_byte_count / (1 + below(4)) + 1;
    for (size_t at = 0, count; at < frame->content_byte_count; at += count) {
        count = frame->content_byte_count - at < piece ? frame->content_byte_count - at : piece;
        /* liblz4 wants room for a whole block. */
        static unsigned char blocks[1 << 17];
        size_t size = require(LZ4F_compressUpdate(context, blocks, sizeof blocks, frame->content + at, count, NULL));
        if (size > room - made)
            require((size_t)-1);
        memcpy(frame->bytes + made, blocks, size);
        made += size;
    }
    frame->byte_count = made + require(LZ4F_compressEnd(context, frame->bytes + made, room - made, NULL));
    LZ4F_freeCompressionContext(context);
}

static enum lz4boot_status decode(const struct frame *frame, const unsigned char *source, size_t source_byte_count,
                                  unsigned char *target, size_t capacity)
{
    struct lz4boot_report report;
    memcpy(target, frame->wrong, frame->content_byte_count);
    enum lz4boot_status status = lz4boot_decode(source, source_byte_count, target, capacity, 0, &report);
    counts[DECODES]++;
    if (report.target_byte_count > capacity)
        fail("more bytes than there is room for");
    if (status == lz4boot_status_ok && (report.target_byte_count != frame->content_byte_count ||
                                        memcmp(target, frame->content, frame->content_byte_count) != 0))
        fail("ACCEPTED WITH WRONG BYTES");
    return status;
}

/* What is still accepted is so by chance: no checksum tells all damages of two bits and more. */
static enum lz4boot_status check(const struct frame *frame, const unsigned char *source, size_t source_byte_count,
                  unsigned char *target, size_t capacity)
{
    enum lz4boot_status status = decode(frame, source, source_byte_count, target, capacity);
    counts[CASES]++;
    if (STATUSES + status >= COUNTS) {
        fail("a status that is none");
        return status;
    }
    counts[STATUSES + status]++;
    counts[ACCEPTED] += status == lz4boot_status_ok;
    return status;
}

static void flip(unsigned char *source, size_t bit)
{
    source[bit / 8] ^= (unsigned char)(1 << bit % 8);
}

/* With guard pages right behind the source and the target. */
static void truncate_and_flip(const struct frame *frame)
{
    unsigned char *source_end = sources + SPACE, *source = source_end - frame->byte_count;
    unsigned char *target = targets + SPACE - frame->content_byte_count;
    size_t capacity = frame->content_byte_count, bit_count = 8 * frame->byte_count;
    memset(targets, 0x5A, SPACE);
    memcpy(source, frame->bytes, frame->byte_count);
    damage = "as it is";
    if (decode(frame, source, frame->byte_count, target, capacity) != lz4boot_status_ok)
        fail("refused");

    damage = "flipped bits";
    for (place = 0; place < bit_count; place++) {
        flip(source, place);
        other = place;
        /* Each bit is covered, those of the checksums too. But the header's is of a byte: it misses one change in 256, and
         * FLG and BD have bits, as those of the block maximum, without which the frame decodes just as well. */
        if (check(frame, source, frame->byte_count, target, capacity) == lz4boot_status_ok && place / 8 != FLG &&
            place / 8 != BD)
            fail("accepted with a flipped bit");
        for (other = place + 1; other < bit_count; other++) {
            flip(source, other);
            check(frame, source, frame->byte_count, target, capacity);
            flip(source, other);
        }
        flip(source, place);
    }

    damage = "truncated to";
    for (place = other = 0; place < frame->byte_count; place++) {
        memcpy(source_end - place, frame->bytes, place);
        if (check(frame, source_end - place, place, target, capacity) == lz4boot_status_ok)
            fail("accepted though truncated");
    }
    for (const unsigned char *byte = targets; byte < target; byte++)
        if (*byte != 0x5A) {
            fail("a write in front of the target in this frame, up to");
            break;
        }
}

/* With guard pages right in front of the source and on both sides of the target. */
static void burst(uint64_t slice)
{
    static const struct frame *last;
    damage = "burst";
    state = slice << 32;
    for (unsigned count = 0; count < BURSTS_IN_SLICE; count++) {
        frame_number = below(FRAMES);
        const struct frame *frame = &frames[frame_number];
        if (frame != last)
            memcpy(sources, frame->bytes, frame->byte_count);
        last = frame;
        place = below(8 * frame->byte_count - 31);
        other = 1 + below(UINT32_MAX);
        uint64_t bits = other << place % 8;
        for (unsigned index = 0; index < 5 && place / 8 + index < frame->byte_count; index++)
            sources[place / 8 + index] ^= (unsigned char)(bits >> 8 * index);
        check(frame, sources, frame->byte_count, targets, SPACE);
        for (unsigned index = 0; index < 5 && place / 8 + index < frame->byte_count; index++)
            sources[place / 8 + index] ^= (unsigned char)(bits >> 8 * index);
    }
}

static uint64_t step;

static void run(uint64_t slice)
{
    if (slice >= frame_count) {
        burst(slice);
        return;
    }
    frame_number = slice * step;
    truncate_and_flip(&frames[frame_number]);
}

int main(int argc, char **argv)
{
    int jobs = (int)argument(argc, argv, 1);
    step = argument(argc, argv, 2);
    frame_count = (FRAMES + step - 1) / step;
    uint64_t bursts = argument(argc, argv, 3), byte_count = 0, bit_count = 0, pair_count = 0;
    sources = guarded(SPACE);
    targets = guarded(SPACE);
    for (uint64_t number = 0; number < FRAMES; number++) {
        make_frame(&frames[number], number);
        if (number % step != 0)
            continue;
        uint64_t bits = 8 * frames[number].byte_count;
        byte_count += bits / 8;
        bit_count += bits;
        pair_count += bits * (bits - 1) / 2;
    }
    printf("%llu frames: %llu truncations, %llu flips of one bit and %llu of two; %llu million bursts\n",
           (unsigned long long)frame_count, (unsigned long long)byte_count, (unsigned long long)bit_count,
           (unsigned long long)pair_count, (unsigned long long)bursts);
    int result = run_slices(frame_count + bursts, jobs, NULL, run);
    print_statuses();
    printf("accepted with right bytes: %llu\n", (unsigned long long)counts[ACCEPTED]);
    return result;
}
