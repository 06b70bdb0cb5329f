/* SPDX-License-Identifier: MIT */
/*
 * Decodes with the archive for boot code under start.S: every combination of source and target
 * alignment, all at once and in pieces, and compares every byte, those around the target included.
 */
#include "lz4boot.h"

extern const uint8_t plain[], plain_end[], linked_frame[], linked_frame_end[];
extern const uint8_t independent_frame[], independent_frame_end[], raw_block[], raw_block_end[];
void print(const char *text);

enum { capacity_max = 512 << 10, margin = 64 };
static _Alignas(16) uint8_t source_memory[capacity_max + 2 * margin];
static _Alignas(16) uint8_t target_memory[capacity_max + 2 * margin];

static int failures;

static void judge(const char *what, int good) {
  print(good ? "PASS " : "FAIL ");
  print(what);
  print("\n");
  failures += !good;
}

static uint8_t *place(const uint8_t *start, const uint8_t *end, size_t misalignment) {
  uint8_t *source = source_memory + margin + misalignment;
  for (size_t i = 0; start + i != end; i++) source[i] = start[i];
  return source;
}

static uint8_t *prepare(size_t misalignment) {
  for (size_t i = 0; i < sizeof target_memory; i++) target_memory[i] = 0xa5;
  return target_memory + margin + misalignment;
}

static int is_exactly_plain(const uint8_t *target) {
  size_t count = (size_t)(plain_end - plain);
  for (size_t i = 0; i < count; i++)
    if (target[i] != plain[i]) return 0;
  for (const uint8_t *p = target_memory; p < target; p++)
    if (*p != 0xa5) return 0;
  for (const uint8_t *p = target + count; p < target_memory + sizeof target_memory; p++)
    if (*p != 0xa5) return 0;
  return 1;
}

typedef int decode_function(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count,
                            size_t piece);

static int at_once(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count, size_t piece) {
  struct lz4boot_report report;
  (void)piece;
  return lz4boot_decode(source, source_count, target, target_count, lz4boot_flag_require_checksums, &report) ==
             lz4boot_status_ok &&
         report.target_byte_count == target_count;
}

static int one_block(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count, size_t piece) {
  (void)piece;
  return lz4boot_decode_block(source, source_count, target, target_count, NULL) == lz4boot_status_ok;
}

static int in_pieces(const uint8_t *source, size_t source_count, uint8_t *target, size_t target_count, size_t piece) {
  struct lz4boot_stream stream;
  lz4boot_stream_start(&stream, target, target_count, 0);
  for (size_t at = 0; at < source_count; at += piece) {
    size_t count = source_count - at < piece ? source_count - at : piece;
    if (lz4boot_stream_push(&stream, source + at, count, NULL) >= lz4boot_status_truncated_input) return 0;
  }
  return lz4boot_stream_finish(&stream, NULL) == lz4boot_status_ok;
}

static int everywhere(decode_function *decode, const uint8_t *start, const uint8_t *end, size_t piece) {
  static const size_t misalignments[] = {0, 1, 3, 6};
  for (int s = 0; s < 4; s++)
    for (int t = 0; t < 4; t++) {
      uint8_t *source = place(start, end, misalignments[s]);
      uint8_t *target = prepare(misalignments[t]);
      if (!decode(source, (size_t)(end - start), target, (size_t)(plain_end - plain), piece) ||
          !is_exactly_plain(target))
        return 0;
    }
  return 1;
}

static int refuses_damage(void) {
  uint8_t *source = place(linked_frame, linked_frame_end, 1);
  size_t count = (size_t)(linked_frame_end - linked_frame);
  source[count - 1] ^= 1;
  return lz4boot_decode(source, count, prepare(3), capacity_max, 0, NULL) ==
         lz4boot_status_content_checksum_mismatch;
}

static int inspects(void) {
  struct lz4boot_info info;
  uint8_t *source = place(independent_frame, independent_frame_end, 3);
  return lz4boot_inspect(source, (size_t)(independent_frame_end - independent_frame), &info, NULL) ==
             lz4boot_status_ok &&
         info.content_size == (uint64_t)(plain_end - plain);
}

int main(void) {
#if defined(PROVOKE_ALIGNMENT)
  __asm__ volatile("ldr x0, [%0]" : : "r"(plain + 1) : "x0", "memory");
#elif defined(PROVOKE_FP)
  __asm__ volatile(".arch_extension fp\n fmov d0, xzr" : : : "memory");
#endif
  judge("linked frame, all at once", everywhere(at_once, linked_frame, linked_frame_end, 0));
  judge("independent frame, all at once", everywhere(at_once, independent_frame, independent_frame_end, 0));
  judge("raw block", everywhere(one_block, raw_block, raw_block_end, 0));
  judge("linked frame, byte by byte", everywhere(in_pieces, linked_frame, linked_frame_end, 1));
  judge("independent frame, in pieces of 7", everywhere(in_pieces, independent_frame, independent_frame_end, 7));
  judge("linked frame, in pieces of 4099", everywhere(in_pieces, linked_frame, linked_frame_end, 4099));
  judge("damage is refused", refuses_damage());
  judge("a frame is inspected", inspects());
  judge("XXH32 of the empty input", lz4boot_xxh32(plain + 1, 0, 0) == 0x02cc5d05);
  judge("a status has its name", lz4boot_status_name(lz4boot_status_offset_zero)[7] == 'z');
  return failures != 0;
}
