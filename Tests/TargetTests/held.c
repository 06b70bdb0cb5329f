/* SPDX-License-Identifier: MIT */
/*
 * Holds cores of a team, one in the first block and one in the second, until another has come to its end: what else only a
 * race brings about. These blocks are memory that faults, and the handler waits. Status, report and bytes have to be
 * lz4boot_decode's.
 */
#define _GNU_SOURCE
#include "generate.h"
#include "guarded.h"
#include <lz4boot.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, SPACE = 1032 * BLOCK, HEAD = 4 + 3 + 4, PAGE = 1 << 12, CORES = 2 };

static unsigned char *targets, *source;
static size_t source_byte_count;
/* Of the first block. */
static unsigned char *data;
static uint64_t decoded_byte_count;
static struct lz4boot_team team;

/* A core, the pages where it is held, and how far it is. `own` is the core's to write, before it can be held. */
static struct core {
    pthread_t thread, own;
    unsigned char *start;
    size_t byte_count;
    atomic_int is_started, is_held, is_released;
} cores[CORES];

static void fail(const char *what)
{
    /* Also out of the handler. */
    if (write(STDOUT_FILENO, what, strlen(what)) < 0)
        _exit(2);
    _exit(1);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    unsigned char *address = info->si_addr;
    struct core *core = cores;
    while (core < cores + CORES && (!atomic_load(&core->is_started) || !pthread_equal(core->own, pthread_self())))
        core++;
    if (core == cores + CORES || address < core->start || address >= core->start + core->byte_count)
        fail("an access out of bounds, or to the block of another core\n");
    atomic_store(&core->is_held, 1);
    while (!atomic_load(&core->is_released))
        sched_yield();
    if (mprotect(core->start, core->byte_count, PROT_READ | PROT_WRITE) != 0)
        fail("mprotect\n");
}

static void *work(void *argument)
{
    struct core *core = argument;
    core->own = pthread_self();
    atomic_store(&core->is_started, 1);
    lz4boot_team_work(&team);
    if (!atomic_load(&core->is_held))
        fail("a core that was not held\n");
    return NULL;
}

static void hold(struct core *core)
{
    atomic_store(&core->is_started, 0);
    atomic_store(&core->is_held, 0);
    atomic_store(&core->is_released, 0);
    if (mprotect(core->start, core->byte_count, PROT_NONE) != 0 ||
        pthread_create(&core->thread, NULL, work, core) != 0)
        fail("no core to be held\n");
    while (!atomic_load(&core->is_held))
        sched_yield();
}

static void release(struct core *core)
{
    atomic_store(&core->is_released, 1);
    pthread_join(core->thread, NULL);
}

static void put(const void *bytes, size_t count)
{
    memcpy(source + source_byte_count, bytes, count);
    source_byte_count += count;
}

static void put_word(uint32_t word)
{
    put((unsigned char[]){(unsigned char)word, (unsigned char)(word >> 8), (unsigned char)(word >> 16),
                          (unsigned char)(word >> 24)}, 4);
}

/* One literal, repeated up to the last five. */
static void put_block(unsigned number)
{
    enum { MATCH = BLOCK - 1 - 5 };
    unsigned char block[300] = {0x1F, (unsigned char)(number * 7), 1, 0};
    size_t count = put_length(block, 4, MATCH - 4 - 15);
    block[count++] = 0x50;
    memset(block + count, (int)number, 5);
    put_word((uint32_t)count + 5);
    put(block, count + 5);
}

/* A frame of independent blocks of 64 KiB, the first of them stored. */
static void make_source(unsigned block_count)
{
    source = data - HEAD;
    source_byte_count = 0;
    /* Version 1, independent blocks, content checksum; 64 KiB. */
    const unsigned char descriptor[] = {0x64, 0x40};
    put_word(0x184D2204);
    put(descriptor, 2);
    put((unsigned char[]){(unsigned char)(lz4boot_xxh32(descriptor, 2, 0) >> 8)}, 1);
    for (unsigned number = 0; number < CORES; number++) {
        put_word(1u << 31 | BLOCK);
        for (unsigned index = 0; index < BLOCK; index++)
            put((unsigned char[]){(unsigned char)(index * index >> (8 + number))}, 1);
    }
    for (unsigned number = CORES; number < block_count; number++)
        put_block(number);
    put_word(0);
    /* The checksum is what the decoder says that it has computed. */
    put_word(0);
    struct lz4boot_report report;
    lz4boot_decode(source, source_byte_count, targets, SPACE, 0, &report);
    source_byte_count -= 4;
    put_word((uint32_t)report.actual);
}

static void check(const char *what, enum lz4boot_status status)
{
    /* What hangs is ended. */
    alarm(60);
    static unsigned char *expected;
    struct lz4boot_report alone, report;
    expected = expected ? expected : malloc(SPACE);
    lz4boot_decode(source, source_byte_count, expected, SPACE, 0, &alone);
    memset(targets, 0x5A, (size_t)alone.target_byte_count);
    lz4boot_team_start(&team, source, source_byte_count, targets, SPACE, 0, &report);
    for (struct core *core = cores; core < cores + CORES && core->byte_count; core++)
        hold(core);
    lz4boot_team_work(&team);
    for (struct core *core = cores; core < cores + CORES && core->byte_count; core++)
        release(core);
    lz4boot_team_finish(&team, &report);
    if (alone.status != status || memcmp(&report, &alone, sizeof report) != 0 ||
        memcmp(targets, expected, (size_t)alone.target_byte_count) != 0) {
        printf("%s: status %u at %llu, %llu bytes; alone %u at %llu, %llu bytes\n", what, report.status,
               (unsigned long long)report.source_offset, (unsigned long long)report.target_byte_count, alone.status,
               (unsigned long long)alone.source_offset, (unsigned long long)alone.target_byte_count);
        exit(1);
    }
    decoded_byte_count += alone.target_byte_count;
}

int main(void)
{
    /* Whole pages, with a page for what stands in front of a first block. */
    data = guarded(GUARD + SPACE) + GUARD;
    targets = guarded(SPACE);
    sigaction(SIGSEGV, &(struct sigaction){.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, NULL);
    cores[0].start = data;
    cores[0].byte_count = BLOCK;
    /* The block's size, in front of it, is for all. */
    cores[1].start = data + BLOCK + PAGE;
    cores[1].byte_count = BLOCK - PAGE;
    for (unsigned block_count = CORES; block_count < 200; block_count += 9) {
        make_source(block_count);
        check("held in the first blocks", lz4boot_status_ok);
    }
    /* The hash remembers 1024 blocks that are decoded out of turn. */
    for (unsigned block_count = 1020; block_count < 1030; block_count++) {
        make_source(block_count);
        check("held for as many blocks as the hash remembers", lz4boot_status_ok);
    }

    /* Another core finds the source's end on its way to the second block. */
    cores[1].byte_count = 0;
    cores[0].byte_count = BLOCK / 2;
    data = cores[0].start = guarded(GUARD + BLOCK / 2) + GUARD;
    source_byte_count = HEAD + BLOCK / 2;
    source = memcpy(data - HEAD, source, source_byte_count);
    check("held in a block that is cut off", lz4boot_status_truncated_input);
    printf("%llu bytes as alone\n", (unsigned long long)decoded_byte_count);
    return 0;
}
