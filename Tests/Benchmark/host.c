/* SPDX-License-Identifier: MIT */
/*
 * Decodes a file with lz4boot and with liblz4 on this machine, in alternating pairs, and prints medians.
 *
 *     host FILE [PAIRS [JSON]]      everything, PAIRS = 25; the results also go to the file JSON
 *     host --growth FILE            how time and memory grow with the content, alone
 *
 * The clock of a shared machine is noisy, so what counts is the median of the ratios within the pairs: both decoders
 * of a pair meet the same neighbours.
 */
#include "host.h"
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <lz4boot.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *original;
static char *packed, *target;
static size_t original_byte_count, packed_byte_count, packed_capacity;

void fail(const char *what)
{
    fprintf(stderr, "host: %s\n", what);
    exit(1);
}

double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static size_t lz4boot_block(void)
{
    struct lz4boot_report report;
    if (lz4boot_decode_block(packed, packed_byte_count, target, original_byte_count, &report) != lz4boot_status_ok)
        fail(lz4boot_status_name((enum lz4boot_status)report.status));
    return report.target_byte_count;
}

static size_t liblz4_block(void)
{
    int count = LZ4_decompress_safe(packed, target, (int)packed_byte_count, (int)original_byte_count);
    if (count < 0)
        fail("LZ4_decompress_safe");
    return (size_t)count;
}

static size_t lz4boot_frame(void)
{
    struct lz4boot_report report;
    if (lz4boot_decode(packed, packed_byte_count, target, original_byte_count, 0, &report) != lz4boot_status_ok)
        fail(lz4boot_status_name((enum lz4boot_status)report.status));
    return report.target_byte_count;
}

/* With one context for all decodes, so that allocating it is not in the time. */
static size_t liblz4_frame(void)
{
    static LZ4F_dctx *context;
    LZ4F_decompressOptions_t options = {.stableDst = 1};
    size_t read = 0, written = 0, left = 1;
    if (context == NULL && LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        fail("LZ4F_createDecompressionContext");
    while (left > 0) {
        size_t source_count = packed_byte_count - read, target_count = original_byte_count - written;
        left = LZ4F_decompress(context, target + written, &target_count, packed + read, &source_count, &options);
        if (LZ4F_isError(left))
            fail(LZ4F_getErrorName(left));
        read += source_count;
        written += target_count;
    }
    return written;
}

static size_t push_byte_count;

static size_t lz4boot_push(void)
{
    struct lz4boot_stream stream;
    struct lz4boot_report report;
    lz4boot_stream_start(&stream, target, original_byte_count, 0);
    for (size_t read = 0; read < packed_byte_count; read += push_byte_count) {
        size_t left = packed_byte_count - read;
        lz4boot_stream_push(&stream, packed + read, left < push_byte_count ? left : push_byte_count, NULL);
    }
    if (lz4boot_stream_finish(&stream, &report) != lz4boot_status_ok)
        fail(lz4boot_status_name((enum lz4boot_status)report.status));
    return report.target_byte_count;
}

static size_t lz4boot_team(struct lz4boot_team *team, atomic_int *started)
{
    struct lz4boot_report report;
    lz4boot_team_start(team, packed, packed_byte_count, target, original_byte_count, 0, NULL);
    if (started)
        atomic_store(started, 1);
    if (lz4boot_team_finish(team, &report) != lz4boot_status_ok)
        fail(lz4boot_status_name((enum lz4boot_status)report.status));
    return report.target_byte_count;
}

static size_t lz4boot_team_of_1(void)
{
    struct lz4boot_team team;
    return lz4boot_team(&team, NULL);
}

/* The other one of a team of two. It is awake all the time, as a core of a booting machine is that waits for work. */
static struct {
    struct lz4boot_team team;
    atomic_int is_started;
} other;

static void *work(void *unused)
{
    for (;;) {
        while (!atomic_load(&other.is_started))
            ;
        lz4boot_team_work(&other.team);
        atomic_store(&other.is_started, 0);
    }
    return unused;
}

static size_t lz4boot_team_of_2(void)
{
    return lz4boot_team(&other.team, &other.is_started);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

/* Whether the caches hold nothing of source and target, as when a kernel is booted. Else this thread's caches hold some of
 * the target from clearing it, which is to the disadvantage of other threads. */
static int is_cold;

static void read_elsewhere(void)
{
    enum { elsewhere_byte_count = 96 << 20, line_byte_count = 64 };
    static char *elsewhere;
    if (elsewhere == NULL) {
        elsewhere = malloc(elsewhere_byte_count);
        if (elsewhere == NULL)
            fail("out of memory");
        memset(elsewhere, 1, elsewhere_byte_count);
    }
    for (size_t at = 0; at < elsewhere_byte_count; at += line_byte_count)
        (void)*(volatile char *)(elsewhere + at);
}

static double timed(size_t (*decode)(void))
{
    memset(target, 0xA5, original_byte_count);
    if (is_cold)
        read_elsewhere();
    /* The other one may still be leaving the last team. */
    while (atomic_load(&other.is_started))
        ;
    double start = seconds();
    size_t count = decode();
    double taken = seconds() - start;
    if (count != original_byte_count || memcmp(target, original, count) != 0)
        fail("wrong output");
    return taken;
}

/* Medians of pairs: MB of content per second, and the second one's time as a multiple of the first one's. */
struct result {
    double first, second, ratio;
};

static struct result measure(size_t (*first)(void), size_t (*second)(void), int pairs)
{
    double *ratio = calloc((size_t)pairs * 3, sizeof *ratio), *one = ratio + pairs, *other = one + pairs;
    if (!ratio)
        fail("out of memory");
    for (int pair = 0; pair < pairs; pair++) {
        /* Which goes first alternates too. */
        if (pair % 2)
            other[pair] = timed(second), one[pair] = timed(first);
        else
            one[pair] = timed(first), other[pair] = timed(second);
        ratio[pair] = other[pair] / one[pair];
    }
    double megabytes = 1e-6 * (double)original_byte_count;
    struct result result = {megabytes / median(one, pairs), megabytes / median(other, pairs), median(ratio, pairs)};
    free(ratio);
    return result;
}

static double measure_hash(int rounds)
{
    double *taken = calloc((size_t)rounds, sizeof *taken);
    if (!taken)
        fail("out of memory");
    for (int round = 0; round < rounds; round++) {
        double start = seconds();
        volatile uint32_t hash = lz4boot_xxh32(original, original_byte_count, 0);
        (void)hash;
        taken[round] = seconds() - start;
    }
    double result = 1e-6 * (double)original_byte_count / median(taken, rounds);
    free(taken);
    return result;
}

static void pack_block(int level)
{
    int count = level < 3 ? LZ4_compress_default(original, packed, (int)original_byte_count, (int)packed_capacity)
                          : LZ4_compress_HC(original, packed, (int)original_byte_count, (int)packed_capacity, level);
    if (count <= 0)
        fail("compression failed");
    packed_byte_count = (size_t)count;
}

static void pack_frame(int level, int checksums, LZ4F_blockSizeID_t block_size)
{
    LZ4F_preferences_t preferences = {.compressionLevel = level};
    preferences.frameInfo.blockSizeID = block_size;
    preferences.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences.frameInfo.blockChecksumFlag = checksums;
    preferences.frameInfo.contentChecksumFlag = checksums;
    preferences.frameInfo.contentSize = original_byte_count;
    packed_byte_count = LZ4F_compressFrame(packed, packed_capacity, original, original_byte_count, &preferences);
    if (LZ4F_isError(packed_byte_count))
        fail(LZ4F_getErrorName(packed_byte_count));
}

static void put_word(size_t at, uint32_t word)
{
    for (int index = 0; index < 4; index++)
        packed[at + (size_t)index] = (char)(word >> 8 * index);
}

/* As the kernel's build makes it: blocks of 8 MiB. */
static void pack_legacy(int level)
{
    enum { block_byte_count = 8 << 20 };
    put_word(0, 0x184C2102);
    packed_byte_count = 4;
    for (size_t at = 0; at < original_byte_count; at += block_byte_count) {
        size_t left = original_byte_count - at;
        char *block = packed + packed_byte_count + 4;
        int count = LZ4_compress_HC(original + at, block, left < block_byte_count ? (int)left : block_byte_count,
                                    (int)(packed_capacity - packed_byte_count - 4), level);
        if (count <= 0)
            fail("compression failed");
        put_word(packed_byte_count, (uint32_t)count);
        packed_byte_count += 4 + (size_t)count;
    }
}

static struct row {
    const char *call;
    int level;
    struct result result;
} rows[] = {
    {.call = "block", .level = 1}, {.call = "block", .level = 9},           {.call = "block", .level = 12},
    {.call = "frame", .level = 9}, {.call = "frame+checksums", .level = 9},
};

static struct push {
    size_t byte_count;
    struct result plain, checksums;
} pushes[] = {{.byte_count = 512}, {.byte_count = 4 << 10}, {.byte_count = 64 << 10}, {.byte_count = 1 << 20}};

/* Teams of one and of two against one call. */
static struct team {
    const char *form;
    struct result one, two;
} teams[] = {{.form = "1 MiB blocks"}, {.form = "1 MiB blocks+checksums"}, {.form = "legacy"}};

static double hash_megabytes;
static struct growth growth[growth_count];

enum { row_count = sizeof rows / sizeof *rows, push_count = sizeof pushes / sizeof *pushes, team_count = sizeof teams / sizeof *teams };

static void measure_rows(int pairs)
{
    printf("%-34s %9s %9s %8s\n", "", "lz4boot", "liblz4", "liblz4's");
    printf("%-34s %9s %9s %8s\n", "", "MB/s", "MB/s", "time/ours");
    for (int index = 0; index < row_count; index++) {
        struct row *row = &rows[index];
        int block = strcmp(row->call, "block") == 0;
        if (block)
            pack_block(row->level);
        else
            pack_frame(row->level, strcmp(row->call, "frame") != 0, LZ4F_max4MB);
        row->result = measure(block ? lz4boot_block : lz4boot_frame, block ? liblz4_block : liblz4_frame, pairs);
        printf("%-24s  level %2d %9.0f %9.0f %8.3f\n", row->call, row->level, row->result.first, row->result.second,
               row->result.ratio);
    }
    hash_megabytes = measure_hash(pairs);
    printf("%-34s %9.0f\n", "xxh32", hash_megabytes);
}

static void measure_pushes(int pairs)
{
    printf("\n%-34s %9s %9s %8s\n", "streaming, level 9", "one-shot", "pushes", "pushes'");
    printf("%-34s %9s %9s %8s\n", "", "MB/s", "MB/s", "time/one");
    for (int checksums = 0; checksums < 2; checksums++) {
        pack_frame(9, checksums, LZ4F_max4MB);
        for (int index = 0; index < push_count; index++) {
            struct result *result = checksums ? &pushes[index].checksums : &pushes[index].plain;
            push_byte_count = pushes[index].byte_count;
            *result = measure(lz4boot_frame, lz4boot_push, pairs);
            printf("%-16s %11zu bytes %9.0f %9.0f %8.3f\n", checksums ? "frame+checksums" : "frame", push_byte_count,
                   result->first, result->second, result->ratio);
        }
    }
}

static void measure_teams(int pairs)
{
    /* What pack takes by default. */
    enum { level = 12 };
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0)
        fail("no second thread");
    is_cold = 1;
    printf("\n%-34s %9s %9s %9s\n", "teams, level 12", "one call", "of 1:", "of 2:");
    printf("%-34s %9s %9s %9s\n", "", "MB/s", "time/one", "one/time");
    for (int index = 0; index < team_count; index++) {
        if (index < 2)
            pack_frame(level, index == 1, LZ4F_max1MB);
        else
            pack_legacy(level);
        struct team *team = &teams[index];
        team->one = measure(lz4boot_frame, lz4boot_team_of_1, pairs);
        team->two = measure(lz4boot_team_of_2, lz4boot_frame, pairs);
        printf("%-34s %9.0f %9.3f %9.3f\n", team->form, team->one.first, team->one.ratio, team->two.ratio);
    }
    is_cold = 0;
}

/* Prints a JSON string. */
static void quote(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++)
        if ((unsigned char)*text >= ' ' && *text != '"' && *text != '\\')
            fputc(*text, file);
        else
            fprintf(file, "\\u%04x", (unsigned char)*text);
    fputc('"', file);
}

static const char *cpu_name(void)
{
    static char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon) {
            line[strcspn(line, "\n")] = 0;
            fclose(file);
            return colon + 2;
        }
    }
    if (file)
        fclose(file);
    return "unknown";
}

/*
 * {"kind": "host", "date": "2026-01-31", "commit": $COMMIT, "cpu": name, "liblz4": version,
 *  "input": file name, "bytes": its size, "pairs": number,
 *  "rows":      [{"call": "block" | "frame" | "frame+checksums" | "xxh32", "level": number or null,
 *                 "ours_MBps": x, "theirs_MBps": x or null, "ratio": their time / ours, or null}],
 *  "streaming": [{"push": bytes, "ratio": streaming time / one-shot time, "ratio_checksums": the same of a frame
 *                 with block and content checksums}],
 *  "teams":     [{"form": "1 MiB blocks" | "1 MiB blocks+checksums" | "legacy", "one": time of a team of one / of one
 *                 call, "two": time of one call / of a team of two}],
 *  "growth":    [{"bytes": of content, "ns_per_byte": x, "stack": bytes, "page_faults": while decoding}]}
 * MB are 10^6 bytes of content.
 */
static void write_json(const char *path, const char *input, int pairs)
{
    char date[16];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
    const char *commit = getenv("COMMIT"), *slash = strrchr(input, '/');
    FILE *file = fopen(path, "w");
    if (!file)
        fail("the results cannot be written");
    fprintf(file, "{\"kind\": \"host\", \"date\": \"%s\", \"commit\": ", date);
    quote(file, commit ? commit : "unknown");
    fprintf(file, ",\n \"cpu\": ");
    quote(file, cpu_name());
    fprintf(file, ", \"liblz4\": ");
    quote(file, LZ4_versionString());
    fprintf(file, ",\n \"input\": ");
    quote(file, slash ? slash + 1 : input);
    fprintf(file, ", \"bytes\": %zu, \"pairs\": %d,\n \"rows\": [", original_byte_count, pairs);
    for (int index = 0; index < row_count; index++)
        fprintf(file,
                "\n  {\"call\": \"%s\", \"level\": %d, \"ours_MBps\": %.1f, \"theirs_MBps\": %.1f, "
                "\"ratio\": %.4f},",
                rows[index].call, rows[index].level, rows[index].result.first, rows[index].result.second,
                rows[index].result.ratio);
    fprintf(file,
            "\n  {\"call\": \"xxh32\", \"level\": null, \"ours_MBps\": %.1f, \"theirs_MBps\": null, "
            "\"ratio\": null}],\n \"streaming\": [",
            hash_megabytes);
    for (int index = 0; index < push_count; index++)
        fprintf(file, "%s\n  {\"push\": %zu, \"ratio\": %.4f, \"ratio_checksums\": %.4f}", index ? "," : "",
                pushes[index].byte_count, pushes[index].plain.ratio, pushes[index].checksums.ratio);
    fprintf(file, "],\n \"teams\": [");
    for (int index = 0; index < team_count; index++)
        fprintf(file, "%s\n  {\"form\": \"%s\", \"one\": %.4f, \"two\": %.4f}", index ? "," : "", teams[index].form,
                teams[index].one.ratio, teams[index].two.ratio);
    fprintf(file, "],\n \"growth\": [");
    for (int index = 0; index < growth_count; index++)
        fprintf(file, "%s\n  {\"bytes\": %zu, \"ns_per_byte\": %.4f, \"stack\": %zu, \"page_faults\": %ld}",
                index ? "," : "", growth[index].byte_count, growth[index].nanoseconds_per_byte,
                growth[index].stack_byte_count, growth[index].page_faults);
    fprintf(file, "]}\n");
    if (fclose(file) != 0)
        fail("the results cannot be written");
}

static void read_original(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail("the file cannot be read");
    original_byte_count = (size_t)ftell(file);
    rewind(file);
    if (original_byte_count < growth_piece_byte_count || original_byte_count > LZ4_MAX_INPUT_SIZE)
        fail("the file must have 64 KiB or more and fit into one block");
    char *content = malloc(original_byte_count);
    if (!content || fread(content, 1, original_byte_count, file) != original_byte_count)
        fail("the file cannot be read");
    fclose(file);
    original = content;
}

int main(int argc, char **argv)
{
    int growth_alone = argc == 3 && strcmp(argv[1], "--growth") == 0;
    const char *input = growth_alone ? argv[2] : argv[1];
    int pairs = !growth_alone && argc > 2 ? atoi(argv[2]) : 25;
    if (argc < 2 || argc > 4 || pairs < 1)
        fail("usage: host FILE [PAIRS [JSON]] | host --growth FILE");
    read_original(input);
    if (!growth_alone) {
        packed_capacity = LZ4F_compressFrameBound(original_byte_count, NULL) + (1 << 20);
        /* Copies between buffers whose addresses agree in their low bits are slower; nobody shall have that luck. */
        packed = malloc(packed_capacity);
        target = (char *)malloc(original_byte_count + 4096 + 64) + 1088;
        if (!packed)
            fail("out of memory");
        printf("%s, %zu bytes, medians of %d alternating pairs\n", input, original_byte_count, pairs);
        measure_rows(pairs);
        measure_pushes(pairs);
        /* Two cores meet twice the neighbours. */
        measure_teams(3 * pairs);
    }
    measure_growth(original, original_byte_count, growth);
    printf("Beside source and target a decode takes this stack and no other memory.\n");
    if (argc == 4)
        write_json(argv[3], input, pairs);
    return 0;
}
