/* SPDX-License-Identifier: MIT */
/*
 * What is measured: a table of calls. lz4boot.c and liblz4.c each define one, and are each linked
 * with harness.c.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stddef.h>
#include <stdint.h>

struct call {
    const char *name;
    enum {
        takes_source,    /* a whole frame, decoded at once */
        takes_blocks,    /* each block of a legacy frame in turn */
        takes_content,   /* what the source decodes to */
        hashes_content   /* the same; the result is the checksum at the end of the source */
    } kind;
    /* Returns the bytes written to the target, the hash, or -1. */
    int64_t (*run)(const void *source, size_t source_byte_count, void *target,
                   size_t target_capacity);
};
extern const struct call calls[]; /* ends with a call that has no name */

enum { push_byte_count = 4096 };

#endif
