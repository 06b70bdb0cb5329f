/* SPDX-License-Identifier: MIT */
/* Random numbers and blocks that are the same everywhere. */
#include <stddef.h>
#include <stdint.h>

static uint64_t state;

static inline uint64_t next(void) /* SplitMix64 */
{
    uint64_t z = (state += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static inline uint64_t below(uint64_t limit)
{
    return next() % limit;
}

static inline unsigned random_length(void)
{
    switch (below(16)) {
    case 0: return (unsigned)below(600);
    case 1: return 250 + (unsigned)below(30);
    case 2: return (unsigned)below(70);
    default: return (unsigned)below(20);
    }
}

static inline size_t put_length(unsigned char *block, size_t at, unsigned rest)
{
    for (; rest >= 255; rest -= 255)
        block[at++] = 255;
    block[at++] = (unsigned char)rest;
    return at;
}

/*
 * A block of random sequences, or of one again and again, so that rounds take whatever they may at most, which ends
 * behind `limit` bytes; one match offset in `fault_period` is none, if that is not 0. Returns its size and that of its
 * output.
 */
static inline size_t generate(unsigned char *block, size_t limit, unsigned fault_period, size_t *produced)
{
    size_t at = 0, out = 0, target = below(20) ? below(3000) : below(150000);
    unsigned is_uniform = below(3) == 0, literals = random_length(), match = 4 + random_length();
    for (;;) {
        if (!is_uniform) {
            literals = random_length();
            match = 4 + random_length();
        }
        /* The first match needs something to repeat. */
        unsigned count = out == 0 && literals == 0 ? 1 : literals;
        int last = out + count >= target || at > limit;
        block[at++] = (unsigned char)((count < 15 ? count : 15) << 4 | (match < 19 ? match - 4 : 15));
        if (count >= 15)
            at = put_length(block, at, count - 15);
        for (unsigned index = 0; index < count; index++)
            block[at++] = (unsigned char)next();
        out += count;
        if (last)
            break;
        size_t reach = out < 65535 ? out : 65535, near = 1 + below(40);
        size_t offset = below(2) && near <= reach ? near : 1 + below(reach);
        if (below(40) == 0)
            offset = reach;
        if (fault_period && below(fault_period) == 0)
            offset = below(3) ? (reach + 1) & 0xFFFF : 0;
        block[at++] = (unsigned char)offset;
        block[at++] = (unsigned char)(offset >> 8);
        if (match >= 19)
            at = put_length(block, at, match - 19);
        out += match;
    }
    *produced = out;
    return at;
}
