/* SPDX-License-Identifier: MIT */
/*
 * harness CALL SOURCE CONTENT: runs one call of calls.h between the markers of a region, and checks
 * every byte that it wrote, and that it wrote none beside the target. SOURCE is what pack.c made of
 * CONTENT. Blocks are decoded back to back into one target, as a boot loader would.
 */
#include "calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    page = 4096,
    poison = 0xa5, /* of the target, and of a page before and after it */
    legacy_block_byte_count = 8 << 20,
};

static void fail(const char *what)
{
    printf("%s\n", what);
    exit(1);
}

static uint32_t get32(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint8_t *pages(size_t byte_count)
{
    uint8_t *bytes = aligned_alloc(page, (byte_count + page - 1) / page * page);

    if (!bytes) {
        fail("out of memory");
    }
    return bytes;
}

static uint8_t *read_file(const char *path, size_t *byte_count)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 4) {
        fail("a file cannot be read, or is no input");
    }
    rewind(file);
    uint8_t *bytes = pages(size);
    if (fread(bytes, 1, size, file) != (size_t)size) {
        fail("a file cannot be read");
    }
    fclose(file);
    *byte_count = size;
    return bytes;
}

/* Not memcmp: what is under test may bring its own. */
static void check_equal(const uint8_t *bytes, const uint8_t *expected, size_t byte_count)
{
    size_t k = 0;

    for (; byte_count - k >= sizeof(uint64_t); k += sizeof(uint64_t)) {
        uint64_t word, expected_word;
        memcpy(&word, bytes + k, sizeof word);
        memcpy(&expected_word, expected + k, sizeof expected_word);
        if (word != expected_word) {
            break;
        }
    }
    for (; k < byte_count; k++) {
        if (bytes[k] != expected[k]) {
            printf("byte %zu is %02x, should be %02x\n", k, bytes[k], expected[k]);
            exit(1);
        }
    }
}

static void check_untouched(const uint8_t *bytes, size_t byte_count)
{
    for (size_t k = 0; k < byte_count; k++) {
        if (bytes[k] != poison) {
            fail("a write outside the target");
        }
    }
}

static const struct call *call_named(const char *name)
{
    for (const struct call *call = calls; call->name; call++) {
        if (!strcmp(call->name, name)) {
            return call;
        }
    }
    fail("no such call");
    return NULL;
}

static int64_t measured(const struct call *call, const uint8_t *source, size_t source_byte_count,
                        uint8_t *target, size_t target_capacity)
{
    int64_t result;

    __asm__ volatile("hint #113" ::: "memory");
    result = call->run(source, source_byte_count, target, target_capacity);
    __asm__ volatile("hint #112" ::: "memory");
    return result;
}

static void run_blocks(const struct call *call, const uint8_t *source, size_t source_byte_count,
                       uint8_t *target, size_t target_byte_count)
{
    size_t read = 4, written = 0;

    while (read < source_byte_count) {
        size_t left = target_byte_count - written, size = get32(source + read);
        size_t count = left < legacy_block_byte_count ? left : legacy_block_byte_count;
        read += 4;
        if (measured(call, source + read, size, target + written, count) != (int64_t)count) {
            fail("a block was refused, or has the wrong size");
        }
        read += size;
        written += count;
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 4) {
        fail("usage: harness CALL SOURCE CONTENT");
    }
    const struct call *call = call_named(arguments[1]);
    size_t source_byte_count, byte_count;
    const uint8_t *source = read_file(arguments[2], &source_byte_count);
    const uint8_t *content = read_file(arguments[3], &byte_count);
    uint8_t *memory = pages(byte_count + 2 * page), *target = memory + page;
    memset(memory, poison, byte_count + 2 * page);

    int64_t result = (int64_t)byte_count, expected = result;
    switch (call->kind) {
    case takes_source:
        result = measured(call, source, source_byte_count, target, byte_count);
        break;
    case takes_blocks: run_blocks(call, source, source_byte_count, target, byte_count); break;
    case takes_content: result = measured(call, content, byte_count, target, byte_count); break;
    case hashes_content:
        result = measured(call, content, byte_count, target, byte_count);
        expected = get32(source + source_byte_count - 4);
    }
    if (result != expected) {
        fail("refused, or the wrong result");
    }
    if (call->kind != hashes_content) {
        check_equal(target, content, byte_count);
    }
    check_untouched(memory, page);
    check_untouched(target + byte_count, page);
    return 0;
}
