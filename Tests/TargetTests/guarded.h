/* SPDX-License-Identifier: MIT */
/* Memory whose neighbours fault. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { GUARD = 1 << 16 };

/* Bytes, a multiple of a page, with an unreadable page in front and one behind. */
static unsigned char *guarded(size_t byte_count)
{
    unsigned char *start = mmap(NULL, byte_count + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start + GUARD, byte_count, PROT_READ | PROT_WRITE) != 0) {
        perror("guarded");
        exit(1);
    }
    return start + GUARD;
}
