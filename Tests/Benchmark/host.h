/* SPDX-License-Identifier: MIT */
/* What the parts of the host benchmark share. */
#ifndef LZ4BOOT_BENCHMARK_HOST_H
#define LZ4BOOT_BENCHMARK_HOST_H

#include <stddef.h>

void fail(const char *what);
double seconds(void);
/* Sorts the values. */
double median(double *values, int count);

/* How a decode grows with its content. */
struct growth {
    size_t byte_count;
    double nanoseconds_per_byte;
    size_t stack_byte_count;
    /* Taken while decoding: memory that was touched for the first time, 0 where nothing is allocated. */
    long page_faults;
};

enum { growth_count = 8, growth_piece_byte_count = 64 << 10 };

/* Measures and prints 64 KiB, 256 KiB, ... 1 GiB of content, made of the file over and over, which has a piece at
 * least. */
void measure_growth(const char *file, size_t file_byte_count, struct growth rows[growth_count]);

#endif
