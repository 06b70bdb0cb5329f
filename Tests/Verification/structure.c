/* SPDX-License-Identifier: MIT */
/*
 * Blocks of every structure that a fast loop may take for another: lengths, offsets, tails and capacities around all
 * that it tests. A block is
 *
 *     [lead literals] [hot rounds: a short match, some literals] [match] [literals] [second match, tail of literals]
 *
 * possibly cut off.
 *
 *     structure JOBS STEP ROOMS [STATE]    every so many of the blocks, and of the capacities of each; 1 for all
 */
#define _GNU_SOURCE
#include "../TargetTests/generate.h"
#include "compare.h"

enum { RANGES = 8, SLICE = 1 << 10, PRIME = 1000003 };

/* Numbers from `first` on, in front of `end`. The first empty range ends a set of them. */
struct range {
    unsigned first, end;
};

enum capacities {
    /* From one less than the lead to 70 more than the block fills: a round wants up to 66 bytes of room behind itself. */
    EVERY,
    /* From 100 less to 70 more than that. */
    AROUND,
    /* Just that. */
    EXACT
};

struct plan {
    struct range lead[RANGES], hot_rounds[RANGES];
    /* And one less than the output so far, just that, and one more. */
    struct range offsets[RANGES];
    /* Less the minimum of 4. */
    struct range match[RANGES];
    struct range literals[RANGES];
    /* Less 4, too; empty where those are the last literals. */
    struct range second[RANGES];
    struct range tail[RANGES];
    /* Bytes missing at the end. */
    struct range cut[RANGES];
    enum capacities capacities;
};

/* Copies are wide from offsets of 8 or 16 on and at once up to 16 or 32 bytes; 269 is the most that one extension byte
 * can say. */
#define LENGTHS {{0, 36}, {254, 276}}
#define FEW_LENGTHS {{0, 1}, {8, 10}, {12, 18}, {27, 35}, {65, 66}, {80, 82}, {254, 255}, {269, 272}}
#define FEW_MATCHES {{0, 1}, {12, 17}, {28, 30}, {269, 271}}
#define FEW_LITERALS {{0, 1}, {8, 10}, {14, 18}, {48, 50}, {80, 82}, {269, 271}}
#define FEW_OFFSETS {{1, 2}, {7, 10}, {15, 18}, {32, 34}}
#define HUGE_OFFSETS {{0, 2}, {8, 9}, {15, 18}, {65533, 65536}}
#define HUGE_MATCHES {{0, 1}, {15, 16}, {28, 30}, {269, 271}, {65530, 65535}}
#define HUGE_LITERALS {{0, 1}, {14, 17}, {269, 271}, {65534, 65538}}
#define ONLY(number) {{number, number + 1}}
#define NONE {{0, 0}}
/* Without and with an extension byte. */
#define BOTH {{5, 6}, {15, 16}}

static const struct plan plans[] = {
    /* Around 64 KiB. */
    {.lead = {{65530, 65540}}, .hot_rounds = ONLY(0), .offsets = HUGE_OFFSETS, .match = HUGE_MATCHES,
     .literals = HUGE_LITERALS, .second = NONE, .tail = ONLY(0), .cut = ONLY(0), .capacities = AROUND},
    {.lead = {{65500, 65503}, {65530, 65540}}, .hot_rounds = {{0, 2}}, .offsets = HUGE_OFFSETS, .match = HUGE_MATCHES,
     .literals = HUGE_LITERALS, .second = ONLY(5), .tail = {{5, 6}, {70, 71}}, .cut = ONLY(0), .capacities = AROUND},
    /* Every round. */
    {.lead = ONLY(300), .hot_rounds = ONLY(0), .offsets = LENGTHS, .match = LENGTHS, .literals = LENGTHS,
     .second = NONE, .tail = ONLY(0), .cut = ONLY(0), .capacities = EVERY},
    {.lead = ONLY(300), .hot_rounds = ONLY(0), .offsets = LENGTHS, .match = LENGTHS, .literals = LENGTHS,
     .second = BOTH, .tail = {{0, 1}, {5, 6}, {23, 24}, {70, 71}}, .cut = ONLY(0), .capacities = EVERY},
    /* Behind hot rounds, in front of every tail. */
    {.lead = ONLY(16), .hot_rounds = {{0, 5}}, .offsets = FEW_OFFSETS, .match = FEW_MATCHES, .literals = FEW_LITERALS,
     .second = BOTH, .tail = {{0, 91}}, .cut = ONLY(0), .capacities = EVERY},
    /* Behind little output. */
    {.lead = {{1, 36}}, .hot_rounds = ONLY(0), .offsets = {{0, 37}}, .match = FEW_LENGTHS, .literals = FEW_LENGTHS,
     .second = ONLY(5), .tail = {{5, 6}, {70, 71}}, .cut = ONLY(0), .capacities = EVERY},
    /* Cut off anywhere. */
    {.lead = ONLY(40), .hot_rounds = ONLY(0), .offsets = FEW_OFFSETS, .match = LENGTHS, .literals = LENGTHS,
     .second = BOTH, .tail = ONLY(70), .cut = {{0, 121}}, .capacities = EXACT},
};
enum { PLANS = sizeof plans / sizeof *plans };

static unsigned char block[SPACE], noise[SPACE];
static size_t block_byte_count, output_byte_count, lead_byte_count;
static uint64_t step, room_step, block_count;

static uint64_t count_of(const struct range *set)
{
    uint64_t count = 0;
    for (int index = 0; index < RANGES && set[index].first < set[index].end; index++)
        count += set[index].end - set[index].first;
    return count;
}

/* Takes off the number its lowest digit, in a base. */
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
    uint64_t seconds = count_of(plan->second);
    return count_of(plan->lead) * count_of(plan->hot_rounds) * (count_of(plan->offsets) + 3) * count_of(plan->match) *
           count_of(plan->literals) * (seconds ? seconds : 1) * count_of(plan->tail) * count_of(plan->cut);
}

static void put(unsigned byte)
{
    block[block_byte_count++] = (unsigned char)byte;
}

static void put_extension(unsigned length)
{
    if (length >= 15)
        block_byte_count = put_length(block, block_byte_count, length - 15);
}

/* Literals in front of a match of so many bytes less 4, or of nothing. They differ from place to place. */
static void put_literals(unsigned count, unsigned match)
{
    put((count < 15 ? count : 15) << 4 | (match < 15 ? match : 15));
    put_extension(count);
    memcpy(block + block_byte_count, noise + block_byte_count, count);
    block_byte_count += count;
    output_byte_count += count;
}

static void put_match(unsigned offset, unsigned match)
{
    put(offset & 255);
    put(offset >> 8);
    put_extension(match);
    output_byte_count += match + 4;
}

/* Makes the block of that number in the plan. */
static void put_block(const struct plan *plan, uint64_t number)
{
    /* The largest of the Cortex-A53. */
    enum { HOT_LITERALS = 8, HOT_MATCH = 12, HOT_OFFSET = 16, SECOND_OFFSET = 11 };
    block_byte_count = output_byte_count = 0;
    unsigned match = pick(&number, plan->match), literals = pick(&number, plan->literals);
    unsigned cut = pick(&number, plan->cut), hot_rounds = pick(&number, plan->hot_rounds);
    int has_second = count_of(plan->second) > 0;
    unsigned second = has_second ? pick(&number, plan->second) : 0, tail = pick(&number, plan->tail);

    lead_byte_count = pick(&number, plan->lead);
    put_literals((unsigned)lead_byte_count, hot_rounds ? HOT_MATCH : match);
    for (unsigned round = 1; round <= hot_rounds; round++) {
        put_match(HOT_OFFSET, HOT_MATCH);
        put_literals(HOT_LITERALS, round < hot_rounds ? HOT_MATCH : match);
    }
    put_match(pick_offset(&number, plan->offsets), match);
    put_literals(literals, second);
    if (has_second) {
        put_match(output_byte_count < SECOND_OFFSET ? 1 : SECOND_OFFSET, second);
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
    size_t room = plan->capacities == EVERY ? lead_byte_count - 1 : plan->capacities == EXACT ? filled : filled - 100;
    size_t last = plan->capacities == EXACT ? filled : filled + 70;
    /* Of fewer capacities not always the same. */
    for (room += plan->capacities == EXACT ? 0 : number % room_step; room <= last; room += room_step) {
        compare(end, block_byte_count, targets + SPACE - room, room);
        counts[CASES]++;
    }
}

/* Goes through all blocks in an order in which those of every slice, and of every step, are of all plans. */
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
    room_step = argument(argc, argv, 3);
    for (int plan = 0; plan < PLANS; plan++)
        block_count += count_blocks(&plans[plan]);
    sources = guarded(SPACE);
    targets = guarded(SPACE);
    for (uint64_t index = 0, value = 1; index < SPACE; index++) {
        value = value * 6364136223846793005 + 1442695040888963407;
        noise[index] = (unsigned char)(value >> 56);
    }
    if (block_count % PRIME == 0) {
        fprintf(stderr, "structure: with this prime the order does not meet every block\n");
        return 1;
    }
    int result = run_slices((block_count + SLICE - 1) / SLICE, jobs, argv[4], run);
    print_verdicts();
    return result;
}
