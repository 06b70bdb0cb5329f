/* SPDX-License-Identifier: MIT */
/*
 * Writes what in_place.c decodes: sources of random frames, made by liblz4 at levels 1, 9 and 12 from pieces of a file,
 * noise and runs, or of generated blocks. [source bytes:u64][output bytes:u64][lead:u64][source][output] each.
 *
 * The lead is how far the output gets ahead of the source behind a match at most, or 0. In place, what is left of the
 * source then lies behind the output; literals that overwrite themselves are fine. So decoding needs a margin of just
 * source bytes - output bytes + lead.
 *
 *     sources FILE COUNT TO
 */
#include "generate.h"
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPACE = 1 << 26, CONTENT_MAX = 1 << 24 };

static unsigned char *file, *source, *output;
static size_t file_byte_count, source_byte_count, output_byte_count, lead;

static void require(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "sources: %s\n", what);
        exit(1);
    }
}

static uint32_t word(const unsigned char *bytes)
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_word(uint32_t value)
{
    for (int index = 0; index < 4; index++)
        source[source_byte_count++] = (unsigned char)(value >> 8 * index);
}

static size_t length(size_t nibble)
{
    if (nibble == 15) {
        unsigned char byte;
        do {
            byte = source[source_byte_count++];
            nibble += byte;
        } while (byte == 255);
    }
    return nibble;
}

static void take_bytes(size_t count)
{
    memmove(output + output_byte_count, source + source_byte_count, count);
    source_byte_count += count;
    output_byte_count += count;
}

/* Decodes a compressed block, which stands at the end of the source. */
static void take_block(size_t byte_count)
{
    size_t end = source_byte_count + byte_count;
    for (;;) {
        unsigned token = source[source_byte_count++];
        take_bytes(length(token >> 4));
        if (source_byte_count == end)
            return;
        size_t offset = source[source_byte_count] | (size_t)source[source_byte_count + 1] << 8;
        source_byte_count += 2;
        for (size_t left = 4 + length(token & 15); left > 0; left--, output_byte_count++)
            output[output_byte_count] = output[output_byte_count - offset];
        if (output_byte_count > source_byte_count && output_byte_count - source_byte_count > lead)
            lead = output_byte_count - source_byte_count;
    }
}

static void fill(unsigned char *content, size_t count)
{
    for (size_t at = 0, piece; at < count; at += piece) {
        piece = 1 + below(count - at);
        switch (below(8)) {
        case 0: memset(content + at, (int)next(), piece); break;
        case 1:
        case 2:
            for (size_t index = 0; index < piece; index++)
                content[at + index] = (unsigned char)next();
            break;
        default:
            if (piece > file_byte_count)
                piece = file_byte_count;
            memcpy(content + at, file + below(file_byte_count - piece + 1), piece);
        }
    }
}

/* A piece of content for a block, or for several. */
static size_t piece(size_t left)
{
    return below(3) ? left : 1 + below(left);
}

static const int levels[] = {1, 9, 12};

static void put_frame(size_t content_byte_count)
{
    const unsigned char *content = output + output_byte_count;
    LZ4F_preferences_t preferences = {
        .frameInfo = {below(2) ? LZ4F_max64KB : LZ4F_max4MB, below(2) ? LZ4F_blockLinked : LZ4F_blockIndependent,
                      (LZ4F_contentChecksum_t)below(2), LZ4F_frame, below(2) ? content_byte_count : 0, 0,
                      (LZ4F_blockChecksum_t)below(2)},
        .compressionLevel = levels[below(3)],
        .autoFlush = 1,
    };
    LZ4F_cctx *context;
    require(!LZ4F_isError(LZ4F_createCompressionContext(&context, LZ4F_VERSION)), "no context");
    size_t made = LZ4F_compressBegin(context, source + source_byte_count, SPACE - source_byte_count, &preferences);
    require(!LZ4F_isError(made), "no header");
    source_byte_count += made;
    for (size_t at = 0, count; at < content_byte_count; at += count) {
        count = piece(content_byte_count - at);
        made = LZ4F_compressUpdate(context, source + source_byte_count, SPACE - source_byte_count, content + at, count,
                                   NULL);
        require(!LZ4F_isError(made), "no blocks");
        for (size_t end = source_byte_count + made; source_byte_count < end;) {
            uint32_t size = word(source + source_byte_count);
            source_byte_count += 4;
            if (size >> 31)
                take_bytes(size & 0x7FFFFFFF);
            else
                take_block(size);
            source_byte_count += preferences.frameInfo.blockChecksumFlag ? 4 : 0;
        }
    }
    made = LZ4F_compressEnd(context, source + source_byte_count, SPACE - source_byte_count, NULL);
    require(!LZ4F_isError(made), "no end");
    source_byte_count += made;
    LZ4F_freeCompressionContext(context);
}

static void put_legacy_frame(size_t content_byte_count)
{
    const char *content = (const char *)output + output_byte_count;
    int level = levels[below(3)];
    put_word(0x184C2102);
    for (size_t at = 0, count; at < content_byte_count; at += count) {
        count = piece(content_byte_count - at);
        if (count > 8 << 20)
            count = 8 << 20;
        char *block = (char *)source + source_byte_count + 4;
        int room = (int)(SPACE - source_byte_count - 4);
        int made = level == 1 ? LZ4_compress_default(content + at, block, (int)count, room)
                              : LZ4_compress_HC(content + at, block, (int)count, room, level);
        require(made > 0, "no block");
        put_word((uint32_t)made);
        take_block((size_t)made);
    }
    if (content_byte_count > 0 && below(2))
        put_word((uint32_t)content_byte_count);
}

/* A legacy frame, as its blocks need no checksum. */
static void put_generated_frame(void)
{
    put_word(0x184C2102);
    for (size_t blocks = below(3); blocks > 0; blocks--) {
        size_t made = generate(source + source_byte_count + 4, 60000, 0, &(size_t){0});
        put_word((uint32_t)made);
        take_block(made);
    }
}

static void put_skippable_frame(void)
{
    size_t count = below(below(4) ? 20 : 2000);
    put_word(0x184D2A50 + (uint32_t)below(16));
    put_word((uint32_t)count);
    while (count-- > 0)
        source[source_byte_count++] = (unsigned char)next();
}

static void put_source(size_t number)
{
    state = number;
    source_byte_count = output_byte_count = lead = 0;
    /* Now and then several blocks of every kind. */
    size_t limit = number % 1000 == 999 ? CONTENT_MAX : below(16) == 0 ? 300000 : below(4) == 0 ? 30000 : 2500;
    for (size_t frames = 1 + below(4) / 2; frames > 0; frames--) {
        if (below(8) == 0)
            put_skippable_frame();
        if (below(4) == 0) {
            put_generated_frame();
        } else {
            size_t content_byte_count = below(limit), end = output_byte_count + content_byte_count;
            fill(output + output_byte_count, content_byte_count);
            if (below(3))
                put_frame(content_byte_count);
            else
                put_legacy_frame(content_byte_count);
            require(output_byte_count == end, "blocks that do not add up");
        }
        if (below(8) == 0)
            put_skippable_frame();
    }
}

int main(int argc, char **argv)
{
    require(argc == 4, "sources FILE COUNT TO");
    FILE *from = fopen(argv[1], "rb"), *to = fopen(argv[3], "wb");
    require(from && to, "a file that cannot be opened");
    file = malloc(CONTENT_MAX);
    source = malloc(SPACE);
    output = malloc(SPACE);
    require(file && source && output, "no memory");
    file_byte_count = fread(file, 1, CONTENT_MAX, from);
    require(file_byte_count > 0, "an empty file");
    size_t count = strtoul(argv[2], NULL, 10);
    require(count > 0, "no sources to write");
    for (size_t number = 0; number < count; number++) {
        put_source(number);
        uint64_t sizes[] = {source_byte_count, output_byte_count, lead};
        fwrite(sizes, sizeof sizes, 1, to);
        fwrite(source, 1, source_byte_count, to);
        fwrite(output, 1, output_byte_count, to);
    }
    require(fclose(to) == 0, "a file that cannot be written");
    return 0;
}
