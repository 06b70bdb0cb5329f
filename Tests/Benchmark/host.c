/* SPDX-License-Identifier: MIT */
/*
 * Decodes a file with lz4boot and with liblz4 on this machine, in alternating pairs, and prints medians.
 *
 *     host FILE [PAIRS]
 *
 * The clock of a shared machine is noisy, so what counts is the median of the ratios within the pairs: both decoders
 * of a pair meet the same neighbours.
 */
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <lz4boot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *original;
static char *packed, *target;
static size_t original_byte_count, packed_byte_count, packed_capacity;

static void fail(const char *what)
{
    fprintf(stderr, "host: %s\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static size_t lz4boot_block(void)
{
    struct lz4boot_report report;
    if (lz4boot_decode_block(packed, packed_byte_count, target, original_byte_count, &report) != lz4boot_status_ok)
        fail(lz4boot_status_name((enum lz4boot_status)report.status));
    return report.target_byte_count;
}

static size_t liblz4_block(void)
{
    int count = LZ4_decompress_safe(packed, target, (int)packed_byte_count, (int)original_byte_count);
    if (count < 0)
        fail("LZ4_decompress_safe");
    return (size_t)count;
}

static size_t lz4boot_frame(void)
{
    struct lz4boot_report report;
    if (lz4boot_decode(packed, packed_byte_count, target, original_byte_count, 0, &report) != lz4boot_status_ok)
        fail(lz4boot_status_name((enum lz4boot_status)report.status));
    return report.target_byte_count;
}

static size_t liblz4_frame(void)
{
    LZ4F_dctx *context;
    LZ4F_decompressOptions_t options = {.stableDst = 1};
    size_t read = 0, written = 0, left = 1;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        fail("LZ4F_createDecompressionContext");
    while (left > 0) {
        size_t source_count = packed_byte_count - read, target_count = original_byte_count - written;
        left = LZ4F_decompress(context, target + written, &target_count, packed + read, &source_count, &options);
        if (LZ4F_isError(left))
            fail(LZ4F_getErrorName(left));
        read += source_count;
        written += target_count;
    }
    LZ4F_freeDecompressionContext(context);
    return written;
}

static size_t push_bytes;

static size_t lz4boot_push(void)
{
    struct lz4boot_stream stream;
    struct lz4boot_report report;
    lz4boot_stream_start(&stream, target, original_byte_count, 0);
    for (size_t read = 0; read < packed_byte_count; read += push_bytes) {
        size_t left = packed_byte_count - read;
        lz4boot_stream_push(&stream, packed + read, left < push_bytes ? left : push_bytes, NULL);
    }
    if (lz4boot_stream_finish(&stream, &report) != lz4boot_status_ok)
        fail(lz4boot_status_name((enum lz4boot_status)report.status));
    return report.target_byte_count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

static double timed(size_t (*decode)(void))
{
    memset(target, 0xA5, original_byte_count);
    double start = seconds();
    size_t count = decode();
    double taken = seconds() - start;
    if (count != original_byte_count || memcmp(target, original, count) != 0)
        fail("wrong output");
    return taken;
}

static void measure(const char *name, size_t (*ours)(void), size_t (*theirs)(void), int pairs)
{
    double *ratio = calloc((size_t)pairs * 3, sizeof *ratio), *mine = ratio + pairs, *other = mine + pairs;
    if (!ratio)
        fail("out of memory");
    for (int pair = 0; pair < pairs; pair++) {
        /* Which goes first alternates too. */
        if (pair % 2)
            other[pair] = timed(theirs), mine[pair] = timed(ours);
        else
            mine[pair] = timed(ours), other[pair] = timed(theirs);
        ratio[pair] = other[pair] / mine[pair];
    }
    double megabytes = 1e-6 * (double)original_byte_count;
    printf("%-34s %9.0f %9.0f %8.3f\n", name, megabytes / median(mine, pairs), megabytes / median(other, pairs),
           median(ratio, pairs));
    free(ratio);
}

static void pack_block(int level)
{
    int count = level < 3 ? LZ4_compress_default(original, packed, (int)original_byte_count, (int)packed_capacity)
                          : LZ4_compress_HC(original, packed, (int)original_byte_count, (int)packed_capacity, level);
    if (count <= 0)
        fail("compression failed");
    packed_byte_count = (size_t)count;
}

static void pack_frame(int level, int checksums)
{
    LZ4F_preferences_t preferences = {.compressionLevel = level};
    preferences.frameInfo.blockSizeID = LZ4F_max4MB;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.frameInfo.blockChecksumFlag = checksums;
    preferences.frameInfo.contentChecksumFlag = checksums;
    preferences.frameInfo.contentSize = original_byte_count;
    packed_byte_count = LZ4F_compressFrame(packed, packed_capacity, original, original_byte_count, &preferences);
    if (LZ4F_isError(packed_byte_count))
        fail(LZ4F_getErrorName(packed_byte_count));
}

int main(int argc, char **argv)
{
    if (argc < 2)
        fail("usage: host FILE [PAIRS]");
    int pairs = argc > 2 ? atoi(argv[2]) : 25;
    FILE *file = fopen(argv[1], "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail("the file cannot be read");
    original_byte_count = (size_t)ftell(file);
    rewind(file);
    packed_capacity = LZ4F_compressFrameBound(original_byte_count, NULL) + (1 << 20);
    /* Copies between buffers whose addresses agree in their low bits are slower; nobody shall have that luck. */
    char *content = malloc(original_byte_count);
    packed = malloc(packed_capacity);
    target = (char *)malloc(original_byte_count + 4096 + 64) + 1088;
    if (pairs < 1 || !content || !packed || fread(content, 1, original_byte_count, file) != original_byte_count)
        fail("the file cannot be read");
    fclose(file);
    original = content;

    printf("%s, %zu bytes, medians of %d alternating pairs\n", argv[1], original_byte_count, pairs);
    printf("%-34s %9s %9s %8s\n", "", "lz4boot", "liblz4", "liblz4's");
    printf("%-34s %9s %9s %8s\n", "", "MB/s", "MB/s", "time/ours");
    const int levels[] = {1, 9, 12};
    for (size_t index = 0; index < sizeof levels / sizeof *levels; index++) {
        char name[64];
        pack_block(levels[index]);
        snprintf(name, sizeof name, "block, level %d", levels[index]);
        measure(name, lz4boot_block, liblz4_block, pairs);
    }
    pack_frame(9, 0);
    measure("frame, no checksums, level 9", lz4boot_frame, liblz4_frame, pairs);
    pack_frame(9, 1);
    measure("frame, all checksums, level 9", lz4boot_frame, liblz4_frame, pairs);
    push_bytes = 4096;
    measure("  the same in pushes of 4 KiB", lz4boot_push, liblz4_frame, pairs);
    return 0;
}
