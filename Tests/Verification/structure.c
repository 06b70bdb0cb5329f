/* SPDX-License-Identifier: MIT */
/*
 * Blocks of every structure that a fast loop may take for another: lengths, offsets, tails and capacities around all
 * that it tests. A block is
 *
 *     [lead literals] [hot rounds: a short match, some literals] [match] [literals] [second match, tail of literals]
 *
 * possibly cut off.
 *
 *     structure JOBS STEP [STATE]    STEP: every so many of the blocks; 1 for all
 */
#define _GNU_SOURCE
#include "compare.h"

enum { RANGES = 8, SLICE = 1 << 12, PRIME = 1000003 };

/* Numbers from `first` to `last`. A set of them ends with the first empty range. */
struct range {
    unsigned first, end;
};

enum capacities {
    /* From 0 to 70 more than the block fills: a round wants up to 66 bytes of room behind itself. */
    EVERY,
    /* From 100 less to 70 more than that. */
    AROUND,
    /* As many as it fills, and room for anything. */
    FEW
};

struct plan {
    struct range lead[RANGES], hot_rounds[RANGES];
    /* And one less than the output so far, just that, and one more. */
    struct range offsets[RANGES];
    /* Less the minimum of 4. */
    struct range match[RANGES];
    struct range literals[RANGES];
    /* Empty where those are the last literals. */
    struct range tail[RANGES];
    struct range cut[RANGES];
    enum capacities capacities;
};

/* Below 16 bytes copies are no longer wide, up to 32 they are short; 269 is the most with one extension byte. */
#define LENGTHS {{0, 36}, {254, 276}}
#define FEW_LENGTHS {{0, 1}, {8, 10}, {12, 18}, {27, 35}, {65, 66}, {80, 82}, {254, 255}, {269, 272}}

static const struct plan plans[] = {
    {{{65518, 65523}}, {{0, 1}}, {{0, 2}, {8, 9}, {15, 18}, {65533, 65536}}, {{0, 1}, {15, 16}, {28, 30}, {269, 271}, {65530, 65535}},
     {{0, 1}, {14, 17}, {269, 271}, {65534, 65538}}, {{5, 6}, {23, 24}, {70, 71}}, {{0, 1}}, AROUND},
    {{{65530, 65540}}, {{0, 1}}, {{0, 2}, {8, 9}, {15, 18}, {65533, 65536}}, {{0, 1}, {15, 16}, {28, 30}, {269, 271}, {65530, 65535}},
     {{0, 1}, {14, 17}, {269, 271}, {65534, 65538}}, {{0}}, {{0, 1}}, AROUND},
    {{{40, 41}, {300, 301}}, {{0, 1}}, LENGTHS, LENGTHS, LENGTHS, {{0, 1}, {5, 6}, {23, 24}, {70, 71}}, {{0, 1}}, EVERY},
    {{{40, 41}, {300, 301}}, {{0, 1}}, LENGTHS, LENGTHS, LENGTHS, {{0}}, {{0, 1}}, EVERY},
    {{{16, 17}}, {{0, 5}}, {{1, 2}, {7, 10}, {15, 18}, {32, 34}}, FEW_LENGTHS, FEW_LENGTHS, {{0, 91}}, {{0, 1}}, EVERY},
    {{{1, 36}}, {{0, 1}}, {{0, 37}}, FEW_LENGTHS, FEW_LENGTHS, {{5, 6}, {70, 71}}, {{0, 1}}, EVERY},
    {{{40, 41}}, {{0, 1}}, LENGTHS, LENGTHS, LENGTHS, {{70, 71}}, {{0, 121}}, FEW},
};
enum { PLANS = sizeof plans / sizeof *plans };

static unsigned char block[SPACE], noise[SPACE];
static size_t block_byte_count, output_byte_count;
static uint64_t step, block_count;

static uint64_t count_of(const struct range *set)
{
    uint64_t count = 0;
    for (int index = 0; index < RANGES && set[index].first < set[index].end; index++)
        count += set[index].end - set[index].first;
    return count;
}

/* Takes the lowest digit off the number, one in base `base`. */
static uint64_t digit(uint64_t *number, uint64_t base)
{
    uint64_t low = *number % base;
    *number /= base;
    return low;
}

static unsigned pick(uint64_t *number, const struct range *set)
{
    uint64_t index = digit(number, count_of(set));
    for (; index >= set->end - set->first; set++)
        index -= set->end - set->first;
    return set->first + (unsigned)index;
}

/* The offsets, and three more. */
static unsigned pick_offset(uint64_t *number, const struct range *set)
{
    uint64_t count = count_of(set), index = digit(number, count + 3);
    return index < count ? pick(&index, set) : (unsigned)(output_byte_count + index - count - 1) & 0xFFFF;
}

static uint64_t count_blocks(const struct plan *plan)
{
    uint64_t tails = count_of(plan->tail);
    return count_of(plan->lead) * count_of(plan->hot_rounds) * (count_of(plan->offsets) + 3) * count_of(plan->match) *
           count_of(plan->literals) * (tails ? tails : 1) * count_of(plan->cut);
}

static void put(unsigned byte)
{
    block[block_byte_count++] = (unsigned char)byte;
}

static void put_length(unsigned length)
{
    if (length >= 15) {
        for (length -= 15; length >= 255; length -= 255)
            put(255);
        put(length);
    }
}

/* Literals in front of a match of `match` more than the minimum, or of nothing. They differ from place to place. */
static void put_literals(unsigned count, unsigned match)
{
    put((count < 15 ? count : 15) << 4 | (match < 15 ? match : 15));
    put_length(count);
    memcpy(block + block_byte_count, noise + block_byte_count, count);
    block_byte_count += count;
    output_byte_count += count;
}

static void put_match(unsigned offset, unsigned match)
{
    put(offset & 255);
    put(offset >> 8);
    put_length(match);
    output_byte_count += match + 4;
}

/* Makes the block of that number in the plan. The lengths of its matches differ most from one number to the next. */
static void put_block(const struct plan *plan, uint64_t number)
{
    enum { HOT_LITERALS = 8, HOT_MATCH = 12, HOT_OFFSET = 16, SECOND_MATCH = 5, SECOND_OFFSET = 11 };
    block_byte_count = output_byte_count = 0;
    unsigned match = pick(&number, plan->match), literals = pick(&number, plan->literals);
    unsigned cut = pick(&number, plan->cut), hot_rounds = pick(&number, plan->hot_rounds);
    int has_tail = count_of(plan->tail) > 0;
    unsigned tail = has_tail ? pick(&number, plan->tail) : 0;

    unsigned lead = pick(&number, plan->lead);
    put_literals(lead, hot_rounds ? HOT_MATCH : match);
    for (unsigned round = 1; round <= hot_rounds; round++) {
        put_match(HOT_OFFSET, HOT_MATCH);
        put_literals(HOT_LITERALS, round < hot_rounds ? HOT_MATCH : match);
    }
    put_match(pick_offset(&number, plan->offsets), match);
    put_literals(literals, has_tail ? SECOND_MATCH : 0);
    if (has_tail) {
        put_match(output_byte_count < SECOND_OFFSET ? 1 : SECOND_OFFSET, SECOND_MATCH);
        put_literals(tail, 0);
    }
    block_byte_count -= cut < block_byte_count ? cut : block_byte_count;
}

static void check(const struct plan *plan, uint64_t number)
{
    put_block(plan, number);
    /* Once with guard pages right in front of the source and on both sides of the target. */
    memcpy(sources, block, block_byte_count);
    size_t filled = compare(sources, block_byte_count, targets, SPACE).output_byte_count;
    counts[CASES]++;

    /* And with guard pages right behind them. */
    unsigned char *end = sources + SPACE - block_byte_count;
    memcpy(end, block, block_byte_count);
    size_t room = plan->capacities == EVERY ? 0 : plan->capacities == FEW ? filled : filled < 100 ? 0 : filled - 100;
    size_t last = plan->capacities == FEW ? filled : filled + 70;
    for (; room <= last; room++) {
        compare(end, block_byte_count, targets + SPACE - room, room);
        counts[CASES]++;
    }
}

/* Slices, and steps, are of numbers that are mixed: those of one plan do not all come at once, nor the longest. */
static void run(uint64_t slice)
{
    uint64_t end = (slice + 1) * SLICE;
    for (uint64_t index = slice * SLICE; index < end && index < block_count; index++) {
        if (index % step != 0)
            continue;
        uint64_t number = index * PRIME % block_count;
        const struct plan *plan = plans;
        for (; number >= count_blocks(plan); plan++)
            number -= count_blocks(plan);
        check(plan, number);
    }
}

int main(int argc, char **argv)
{
    int jobs = (int)argument(argc, argv, 1);
    step = argument(argc, argv, 2);
    for (int plan = 0; plan < PLANS; plan++)
        block_count += count_blocks(&plans[plan]);
    sources = guarded(SPACE);
    targets = guarded(SPACE);
    for (uint64_t index = 0, value = 1; index < SPACE; index++) {
        value = value * 6364136223846793005 + 1442695040888963407;
        noise[index] = (unsigned char)(value >> 56);
    }
    for (int plan = 0; plan < PLANS; plan++) printf("plan %d %llu\n", plan, (unsigned long long)count_blocks(&plans[plan]));
    int result = run_slices((block_count + SLICE - 1) / SLICE, jobs, argv[3], run);
    print_verdicts();
    return result;
}
