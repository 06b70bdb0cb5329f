/* SPDX-License-Identifier: MIT */
/* The block format and the contract of lz4boot_decode_block as plain code: what the decoder is compared with. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <lz4boot.h>

struct verdict {
    enum lz4boot_status status;
    /* As lz4boot_report.source_offset. */
    size_t source_offset;
    size_t output_byte_count;
    /* Accepted, and by the end-of-block rules too, which lz4boot does not hold a block to. */
    int is_strict;
};

/* Decodes a block of less than 2 GiB byte by byte. */
struct verdict reference_decode_block(const unsigned char *source, size_t source_byte_count, unsigned char *target,
                                      size_t capacity);

#endif
