/* SPDX-License-Identifier: MIT */
/*
 * Repeats the calls that the Swift tests made (Tests/LZ4BootTests/Support/VectorLog.swift) with another archive, at both
 * ends of guarded memory, or with fences and at all alignments on a bare core; and pushes in pieces what was decoded at
 * once. Report, output and what lies beside it have to be the same.
 *
 *     vectors FILE
 */
#define _GNU_SOURCE
#include "fnv1a.h"
#include <lz4boot.h>

enum call { SOURCE, BLOCK, PEEK, INSPECT };

struct vector {
    uint32_t call, flags;
    uint64_t source_byte_count, capacity;
    struct lz4boot_report report;
    /* FNV-1a of the valid bytes of the target; of INSPECT, of the info. */
    uint64_t output_digest;
    unsigned char source[];
};

enum { SPACE = 1 << 17, FENCE = 64 };
static unsigned char *sources, *targets;
static uint64_t decodes, failures, first_failure;

/* On a bare core there is no memcmp. */
static int is_same(const struct lz4boot_report *one, const struct lz4boot_report *other)
{
    return one->status == other->status && one->format == other->format &&
           one->source_offset == other->source_offset && one->target_byte_count == other->target_byte_count &&
           one->block_index == other->block_index && one->expected == other->expected && one->actual == other->actual;
}

static int is_filled(const unsigned char *start, const unsigned char *end, unsigned char byte)
{
    while (start < end)
        if (*start++ != byte)
            return 0;
    return 1;
}

/* Pieces of so many bytes, or one call if that is 0. */
static int decode(const struct vector *vector, const unsigned char *source, unsigned char *target, uint64_t piece)
{
    static struct lz4boot_info info;
    struct lz4boot_report report;
    const void *output = target;
    uint64_t count = vector->source_byte_count, output_byte_count = vector->report.target_byte_count;
    enum lz4boot_status status;
    if (piece > 0) {
        struct lz4boot_stream stream;
        lz4boot_stream_start(&stream, target, vector->capacity, vector->flags);
        for (uint64_t at = 0; at < count; at += piece)
            lz4boot_stream_push(&stream, source + at, count - at < piece ? count - at : piece, (void *)0);
        status = lz4boot_stream_finish(&stream, &report);
    } else if (vector->call == SOURCE) {
        status = lz4boot_decode(source, count, target, vector->capacity, vector->flags, &report);
    } else if (vector->call == BLOCK) {
        status = lz4boot_decode_block(source, count, target, vector->capacity, &report);
    } else if (vector->call == PEEK) {
        status = lz4boot_peek(source, count, target, vector->capacity, &report);
    } else {
        status = lz4boot_inspect(source, count, &info, &report);
        output = &info;
        output_byte_count = sizeof info;
    }
    decodes++;
    return status == vector->report.status && is_same(&report, &vector->report) &&
           fnv1a(FNV1A_START, output, output_byte_count) == vector->output_digest;
}

/* With source and target that many bytes from the ends of their memory, or from its starts. */
static int repeat(const struct vector *vector, int at_end, uint64_t source_space, uint64_t target_space, uint64_t piece)
{
    uint64_t count = vector->source_byte_count, capacity = vector->capacity;
    unsigned char *source = at_end ? sources + SPACE - source_space - count : sources + source_space;
    unsigned char *target = at_end ? targets + SPACE - target_space - capacity : targets + target_space;
    unsigned char *start = target - targets < FENCE ? targets : target - FENCE, *end = target + capacity;
    unsigned char *fence_end = targets + SPACE - end < FENCE ? targets + SPACE : end + FENCE;
    unsigned char filling = at_end ? 0 : 0xFF;
    for (uint64_t index = 0; index < count; index++)
        source[index] = vector->source[index];
    for (unsigned char *byte = start; byte < fence_end; byte++)
        *byte = filling;
    return decode(vector, source, target, piece) && is_filled(start, target, filling) &&
           is_filled(end, fence_end, filling);
}

/* In the end, the number of vectors that came to something else. */
static uint64_t repeat_all(const unsigned char *vectors, const unsigned char *end, uint64_t space)
{
    static const uint64_t pieces[] = {7, 4093};
    uint64_t number = 0;
    while (vectors != end) {
        const struct vector *vector = (const void *)vectors;
        /* On a bare core every combination of alignments, by and by. */
        uint64_t source_space = space + (space ? number % 16 : 0), target_space = space + (space ? number / 16 % 16 : 0);
        int good = repeat(vector, 1, source_space, target_space, 0) && repeat(vector, 0, source_space, target_space, 0);
        for (int index = 0; index < 2 && good && vector->call == SOURCE; index++)
            good = repeat(vector, index, source_space, target_space, pieces[index]);
        if (good && vector->call == SOURCE && vector->source_byte_count < 4096)
            good = repeat(vector, 1, source_space, target_space, 1);
        if (!good && failures++ == 0)
            first_failure = number;
        number++;
        vectors += sizeof *vector + (vector->source_byte_count + 7) / 8 * 8;
    }
    return number;
}

#ifdef BARE_METAL
extern const unsigned char vectors[], vectors_end[];
void print(const char *text);

static void print_number(uint64_t number)
{
    char digits[21], *first = digits + 20;
    *first = 0;
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    print(first);
}

int main(void)
{
    static _Alignas(16) unsigned char memory[2][SPACE];
    sources = memory[0];
    targets = memory[1];
    uint64_t count = repeat_all(vectors, vectors_end, FENCE);
    print_number(count);
    print(" vectors, ");
    print_number(decodes);
    print(" decodes, ");
    print_number(failures);
    print(" other than in the Swift tests\n");
    if (failures > 0) {
        print("the first is vector ");
        print_number(first_failure);
        print("\n");
    }
    return failures > 0 || count == 0;
}
#else
#include "guarded.h"
#include <fcntl.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    struct stat file;
    int descriptor = open(argc > 1 ? argv[1] : "", O_RDONLY);
    if (descriptor < 0 || fstat(descriptor, &file) != 0) {
        perror("vectors");
        return 2;
    }
    size_t byte_count = (size_t)file.st_size;
    const unsigned char *vectors = mmap(NULL, byte_count, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (vectors == MAP_FAILED) {
        perror("vectors");
        return 2;
    }
    sources = guarded(SPACE);
    targets = guarded(SPACE);
    uint64_t count = repeat_all(vectors, vectors + byte_count, 0);
    printf("%llu vectors, %llu decodes, %llu other than in the Swift tests\n", (unsigned long long)count,
           (unsigned long long)decodes, (unsigned long long)failures);
    if (failures > 0)
        printf("the first is vector %llu\n", (unsigned long long)first_failure);
    return failures > 0 || count == 0;
}
#endif
