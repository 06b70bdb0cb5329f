/* SPDX-License-Identifier: MIT */
/*
 * pack FORMAT LEVEL INPUT OUTPUT: compresses a file as
 *   legacy             a legacy frame, blocks of 8 MiB
 *   frame              a frame of independent blocks of 4 MiB, without checksums
 *   frame+checksums    the same with block and content checksums
 * Runs on the host, with its liblz4. Levels 1 and 2 are the fast compressor, 3-12 the
 * high-compression one.
 */
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { legacy_magic = 0x184c2102, legacy_block_byte_count = 8 << 20 };

static void fail(const char *what)
{
    fprintf(stderr, "pack: %s\n", what);
    exit(1);
}

static void *allocated(void *memory)
{
    if (!memory) {
        fail("out of memory");
    }
    return memory;
}

static char *read_file(const char *path, size_t *byte_count)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 4 ||
        size > LZ4_MAX_INPUT_SIZE) {
        fail("the input cannot be read, is too small or too large");
    }
    rewind(file);
    char *bytes = allocated(malloc(size));
    if (fread(bytes, 1, size, file) != (size_t)size) {
        fail("the input cannot be read");
    }
    fclose(file);
    *byte_count = size;
    return bytes;
}

static void write_bytes(FILE *file, const void *bytes, size_t byte_count)
{
    if (fwrite(bytes, 1, byte_count, file) != byte_count) {
        fail("the output cannot be written");
    }
}

static void put32(FILE *file, uint32_t value)
{
    uint8_t bytes[4] = { value, value >> 8, value >> 16, value >> 24 };

    write_bytes(file, bytes, sizeof bytes);
}

static void write_legacy(FILE *file, const char *bytes, size_t byte_count, int level)
{
    int capacity = LZ4_compressBound(legacy_block_byte_count);
    char *packed = allocated(malloc(capacity));

    put32(file, legacy_magic);
    for (size_t start = 0; start < byte_count; start += legacy_block_byte_count) {
        size_t left = byte_count - start;
        int count = left < legacy_block_byte_count ? (int)left : legacy_block_byte_count;
        int size = level < LZ4HC_CLEVEL_MIN
                       ? LZ4_compress_default(bytes + start, packed, count, capacity)
                       : LZ4_compress_HC(bytes + start, packed, count, capacity, level);
        if (size <= 0) {
            fail("liblz4 refused a block");
        }
        put32(file, size);
        write_bytes(file, packed, size);
    }
    free(packed);
}

static void write_frame(FILE *file, const char *bytes, size_t byte_count, int level,
                        bool has_checksums)
{
    LZ4F_preferences_t preferences = { .compressionLevel = level };

    preferences.frameInfo.blockSizeID = LZ4F_max4MB;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.frameInfo.contentSize = byte_count;
    preferences.frameInfo.blockChecksumFlag = has_checksums;
    preferences.frameInfo.contentChecksumFlag = has_checksums;
    size_t capacity = LZ4F_compressFrameBound(byte_count, &preferences);
    char *packed = allocated(malloc(capacity));
    size_t size = LZ4F_compressFrame(packed, capacity, bytes, byte_count, &preferences);
    if (LZ4F_isError(size)) {
        fail(LZ4F_getErrorName(size));
    }
    write_bytes(file, packed, size);
    free(packed);
}

int main(int argument_count, char **arguments)
{
    int level = argument_count == 5 ? atoi(arguments[2]) : 0;
    if (level < 1 || level > LZ4HC_CLEVEL_MAX) {
        fail("usage: pack legacy|frame|frame+checksums 1-12 INPUT OUTPUT");
    }

    size_t byte_count;
    char *bytes = read_file(arguments[3], &byte_count);
    FILE *file = fopen(arguments[4], "wb");
    if (!file) {
        fail("the output cannot be written");
    }
    if (!strcmp(arguments[1], "legacy")) {
        write_legacy(file, bytes, byte_count, level);
    } else if (!strcmp(arguments[1], "frame")) {
        write_frame(file, bytes, byte_count, level, false);
    } else if (!strcmp(arguments[1], "frame+checksums")) {
        write_frame(file, bytes, byte_count, level, true);
    } else {
        fail("no such format");
    }
    if (fclose(file)) {
        fail("the output cannot be written");
    }
    return 0;
}
