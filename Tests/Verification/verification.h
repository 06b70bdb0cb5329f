/* SPDX-License-Identifier: MIT */
/* Work in slices, on several processes, with a memory of what is done; and counts of what came of it. */
#include "../TargetTests/guarded.h"
#include <fcntl.h>
#include <lz4boot.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum count {
    CASES,
    DECODES,
    FAILURES,
    /* By whom a block is accepted. */
    STRICT,
    LIBLZ4,
    LIBLZ4_OFFSET_ZERO,
    ACCEPTED,
    /* By status, from ok on. */
    STATUSES,
    COUNTS = STATUSES + lz4boot_status_cancelled + 1
};

struct slice {
    uint64_t is_done;
    uint64_t counts[COUNTS];
};

/* Of the slice at hand; in the end, of all of them. */
static uint64_t counts[COUNTS];

/* Says which case is at hand, for a report. */
static void describe(void);

static void fail(const char *what)
{
    if (counts[FAILURES]++ < 5) {
        printf("FAIL: %s: ", what);
        describe();
        fflush(stdout);
    }
}

/* The decoder has trapped, touched a guard page, or not come back. */
static void fall(int number)
{
    printf("FAIL: %s: ", strsignal(number));
    describe();
    fflush(stdout);
    _exit(1);
}

/* Does what slices are left. Each takes seconds; one of a minute hangs, where other work on the machine does not count. */
static void work(struct slice *slices, uint64_t slice_count, _Atomic uint64_t *next, void (*run)(uint64_t number))
{
    static const int falls[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGVTALRM};
    for (unsigned index = 0; index < sizeof falls / sizeof *falls; index++)
        signal(falls[index], fall);
    for (uint64_t number; (number = atomic_fetch_add(next, 1)) < slice_count;) {
        if (slices[number].is_done)
            continue;
        setitimer(ITIMER_VIRTUAL, &(struct itimerval){.it_value.tv_sec = 60}, NULL);
        memset(counts, 0, sizeof counts);
        run(number);
        memcpy(slices[number].counts, counts, sizeof counts);
        /* One with failures is to be done, and to show them, again. */
        atomic_signal_fence(memory_order_release);
        slices[number].is_done = counts[FAILURES] == 0;
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r%3llu %% ", (unsigned long long)(100 * number / slice_count));
    }
}

static void *shared_memory(size_t byte_count, const char *path)
{
    int file = path ? open(path, O_RDWR | O_CREAT, 0666) : -1;
    if (path && (file < 0 || ftruncate(file, (off_t)byte_count) != 0)) {
        perror(path);
        exit(1);
    }
    void *memory = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_SHARED | (path ? 0 : MAP_ANONYMOUS), file, 0);
    if (memory == MAP_FAILED) {
        perror("shared memory");
        exit(1);
    }
    return memory;
}

/*
 * Runs all slices on `jobs` processes and adds up the counts. Where there is a path, what is done is kept in that file
 * until all is, so that it need not be done again after an interruption. Returns 0 if nothing failed.
 */
static int run_slices(uint64_t slice_count, int jobs, const char *path, void (*run)(uint64_t number))
{
    struct slice *slices = shared_memory(slice_count * sizeof *slices, path);
    _Atomic uint64_t *next = shared_memory(sizeof *next, NULL);
    struct timespec start, end;
    uint64_t earlier_slices = 0, earlier_cases = 0;
    for (uint64_t number = 0; number < slice_count; number++) {
        earlier_slices += slices[number].is_done;
        earlier_cases += slices[number].is_done ? slices[number].counts[CASES] : 0;
    }
    if (earlier_slices > 0)
        printf("going on behind %llu of %llu slices\n", (unsigned long long)earlier_slices,
               (unsigned long long)slice_count);
    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t parent = getpid();
    for (int job = 0; job < jobs; job++) {
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() == parent)
                work(slices, slice_count, next, run);
            fflush(stdout);
            _exit(0);
        }
        if (child < 0) {
            perror("fork");
            exit(1);
        }
    }
    int has_failed = 0, status;
    while (wait(&status) > 0)
        has_failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r      \r");

    memset(counts, 0, sizeof counts);
    for (uint64_t number = 0; number < slice_count; number++)
        for (int index = 0; index < COUNTS; index++)
            counts[index] += slices[number].counts[index];
    has_failed |= counts[FAILURES] > 0;
    double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    /* Where there is other work on the machine, the time of the processors tells more. */
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    printf("%llu cases, %llu decodes, %llu failures%s; %.1f s with %d jobs, %.0f cases/s; %.1f s of processors\n",
           (unsigned long long)counts[CASES], (unsigned long long)counts[DECODES],
           (unsigned long long)counts[FAILURES], has_failed && !counts[FAILURES] ? " but not all done" : "", seconds,
           jobs, (double)(counts[CASES] - earlier_cases) / seconds,
           (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6);
    if (path && !has_failed)
        unlink(path);
    return has_failed;
}

static void print_statuses(void)
{
    for (int status = 0; STATUSES + status < COUNTS; status++)
        if (counts[STATUSES + status] > 0)
            printf("  %-26s %14llu\n", lz4boot_status_name((enum lz4boot_status)status),
                   (unsigned long long)counts[STATUSES + status]);
}

/* The argument at an index, a number above 0. */
static unsigned long argument(int argc, char **argv, int index)
{
    unsigned long value = index < argc ? strtoul(argv[index], NULL, 10) : 0;
    if (value == 0) {
        fprintf(stderr, "%s: see the top of its source for its arguments\n", argv[0]);
        exit(2);
    }
    return value;
}
