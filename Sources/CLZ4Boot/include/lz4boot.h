/* SPDX-License-Identifier: MIT */
/**
 * lz4boot: an LZ4 decoder for boot code.
 *
 * The decoder takes LZ4 frames, legacy frames, skippable frames and raw blocks. It allocates nothing, calls nothing
 * but a progress callback, and writes nothing but the target and the structs it is given. The target is also the history window, so memory is
 * source + target + one struct of 512 bytes, whatever the sizes.
 *
 * Promises, for any input:
 * - no write outside [target, target + target_capacity), no read outside the source, no trap, no endless loop;
 * - the status, the bytes and the report are the same however the input is split into pushes;
 * - after an error the first `target_byte_count` bytes of the target are a correct prefix of the output. Bytes of the
 *   target behind them may have been overwritten. After a checksum mismatch they are what the source says, and the
 *   source is not what was compressed;
 * - the output depends on the source only, never on what the target held before.
 *
 * What is accepted:
 * - A source is a sequence of LZ4 frames, legacy frames and skippable frames up to its end; anything left over is
 *   `trailing_data`. An empty source is `truncated_input`.
 * - A legacy frame ends at the end of the input, in front of another magic, at zero bytes that last to the end of the
 *   input, or with a 4-byte little-endian size that equals the bytes which this frame produced (the Linux kernel's build
 *   appends it). Whatever else follows a block is taken for a further block. Where that size could as well be the size
 *   of a further block, it is the suffix only if the input ends there or goes on with zeros, a magic or the start of one.
 *   `lz4boot_info.legacy_end` says which of them ended the last one.
 * - Checksums and content sizes are verified wherever they are present; a content size of 0 means 0 bytes.
 * - A block is accepted if all its reads and writes are in bounds, every offset is 1 to 65535 and reaches no further
 *   back than the window (the frame's output, or the block's where blocks are independent), and it ends with literals.
 *   This is a superset of what liblz4 accepts, except for offset 0, which is refused.
 * - A block neither takes nor decodes to more bytes than its frame's block maximum (legacy: 8 MiB, and stored in at
 *   most 8421520 bytes, which is what LZ4 can need for them).
 *
 * The functions are reentrant. A struct may be used by one caller at a time; lz4boot_team_work is the exception.
 */
#ifndef LZ4BOOT_H
#define LZ4BOOT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#define LZ4BOOT_CLOSED_ENUM __attribute__((enum_extensibility(closed)))
#else
#define LZ4BOOT_CLOSED_ENUM
#endif

/** What came of a call. The values never change; new ones are appended. */
enum LZ4BOOT_CLOSED_ENUM lz4boot_status {
  lz4boot_status_ok = 0,
  /** Nothing is wrong so far and the input may not end here. Only lz4boot_stream_push says this. */
  lz4boot_status_need_input = 1,

  /** The input, or a block, ends in the middle of something. Offset: the first byte that is missing. */
  lz4boot_status_truncated_input = 16,
  /** The source starts with no magic known here. Offset: that of the magic. */
  lz4boot_status_unknown_format = 17,
  /** A reserved bit of FLG or BD is set. Offset: that of the byte. */
  lz4boot_status_reserved_bit_set = 18,
  /** The version in FLG is not 01. Offset: that of FLG. */
  lz4boot_status_unsupported_version = 19,
  /** The block maximum in BD is none of 64 KiB, 256 KiB, 1 MiB, 4 MiB. Offset: that of BD. */
  lz4boot_status_block_size_invalid = 20,
  /** HC is not the header's checksum. Offset: that of HC. */
  lz4boot_status_header_checksum_mismatch = 21,
  /** The frame needs a dictionary (and its header checksum is right). Offset: that of the dictionary id. */
  lz4boot_status_dictionary_required = 22,
  /** A block is stored in more bytes than allowed (offset: that of its size word), or decodes to more than the block
   *  maximum (offset: that of the literals or the match offset that do not fit). */
  lz4boot_status_block_too_large = 23,
  /** Offset: that of the block checksum. */
  lz4boot_status_block_checksum_mismatch = 24,
  /** Offset: that of the content checksum; with lz4boot_flag_require_checksums also FLG, or the legacy magic, of a
   *  frame that has none. */
  lz4boot_status_content_checksum_mismatch = 25,
  /** Up to its end mark the frame did not produce as many bytes as its header promises. Offset: that of the content
   *  size. */
  lz4boot_status_content_size_mismatch = 26,
  /** A match has offset 0, which the format forbids. Offset: that of the match offset. */
  lz4boot_status_offset_zero = 27,
  /** A match reaches back beyond its window. Offset: that of the match offset. */
  lz4boot_status_offset_out_of_range = 28,
  /** Literals run past the end of their block. Offset: that of the first literal. */
  lz4boot_status_literals_overrun = 29,
  /** The target is full and there is more output. All of the target is valid. Offset: that of the first literal, of
   *  the match offset or of the stored block that did not fit whole. */
  lz4boot_status_target_full = 30,
  /** Something that is no frame follows the last frame. Offset: that of its first byte. */
  lz4boot_status_trailing_data = 31,
  /** In place: the output has caught up with source bytes that are still to be read. Offset: as for target_full. */
  lz4boot_status_in_place_overrun = 32,
  /** The caller's fault: a null pointer with a size, a range that wraps around the address space, an unknown flag, a
   *  source that overlaps the target without lz4boot_flag_in_place or sticks out of it with that flag, a struct that was
   *  never started. */
  lz4boot_status_bad_argument = 33,
  /** The progress callback has ended the decode. Offset: behind the last byte that was taken. */
  lz4boot_status_cancelled = 34
};

/** Where a call got to. A report pointer may be NULL everywhere. */
struct lz4boot_report {
  /** The lz4boot_status that the call returned. */
  uint32_t status;
  /** What the bytes at hand belong to: 0 nothing yet, 1 LZ4 frame, 2 legacy frame, 3 skippable frame, 4 raw block. */
  uint32_t format;
  /** Bytes from the start of the source. ok, need_input: how many were consumed. Error: where the field at fault
   *  starts. */
  uint64_t source_offset;
  /** How many bytes of the target are valid output. */
  uint64_t target_byte_count;
  /** The block at hand, from 0 within its frame. Outside blocks: the number of blocks finished in the frame. */
  uint64_t block_index;
  /** For the mismatches, what the source says and what was computed; otherwise 0. */
  uint64_t expected, actual;
};

enum lz4boot_flag {
  /** Stop behind the first frame of any kind; what follows is the caller's. The report's source_offset says where. */
  lz4boot_flag_stop_after_frame = 1,
  /** The source may lie inside the target, and then all of it does: a target_capacity of lz4boot_info.content_size, or of
   *  content_size_bound where that is unknown, plus in_place_margin, with the source at its very end, is enough. Overwriting
   *  source bytes that are yet to be read is `in_place_overrun`. */
  lz4boot_flag_in_place = 2,
  /** Refuse data that is covered by no checksum: an LZ4 frame with neither content nor block checksums, and every
   *  legacy frame. */
  lz4boot_flag_require_checksums = 4
};

/**
 * Decodes a whole source.
 *
 * @param flags  lz4boot_flag values, or'ed.
 * @return ok, or the first error in the order of the source.
 */
enum lz4boot_status lz4boot_decode(const void *source, size_t source_byte_count, void *target, size_t target_capacity,
                                   uint32_t flags, struct lz4boot_report *report);

/**
 * Decodes one raw LZ4 block that fills the source exactly ("LZ4 Block Format Description"). There is no limit on what
 * it decodes to but the capacity.
 */
enum lz4boot_status lz4boot_decode_block(const void *source, size_t source_byte_count, void *target,
                                         size_t target_capacity, struct lz4boot_report *report);

/**
 * Decodes exactly the first `target_byte_count` bytes of the output, to look at a header, say; the rest of the source is
 * not decoded and need not be there. What lies behind those bytes is not judged: damage there is no error. So a checksum
 * that stands behind them is not verified.
 *
 * @return ok, also when the output has fewer bytes in all (the report's target_byte_count tells how many); or, if an
 *         error lies in front of the last byte that was asked for, that error. With ok, the report's source_offset is
 *         that of the first field that was not taken whole, or the end.
 */
enum lz4boot_status lz4boot_peek(const void *source, size_t source_byte_count, void *target, size_t target_byte_count,
                                 struct lz4boot_report *report);

/** The state of a streaming decode. Any contents will do before lz4boot_stream_start. */
struct lz4boot_stream {
  uint64_t opaque[64];
};

/**
 * Starts a decode into the target, which must stay where it is until the last push: it is the window. A bad argument
 * is reported by the pushes that follow.
 */
void lz4boot_stream_start(struct lz4boot_stream *stream, void *target, size_t target_capacity, uint32_t flags);

/** Whom to ask whether a decode goes on, to feed a watchdog or show progress. */
struct lz4boot_progress {
  /** Called when `target_byte_count` bytes of the target are valid and more are about to follow. 0 goes on, anything else
   *  ends the decode: `cancelled`. It must not use the stream. */
  int (*callback)(void *context, uint64_t target_byte_count);
  void *context;
  /** How many bytes of output lie between two calls, from the start on; fewer than 64 KiB are taken for 64 KiB. A call may
   *  come up to 3 bytes early. The calls do not depend on how the input is split. */
  uint64_t byte_interval;
};

/** As lz4boot_stream_start, with a callback. `progress` is copied; NULL, or a callback of NULL, is none. */
void lz4boot_stream_start_with_progress(struct lz4boot_stream *stream, void *target, size_t target_capacity,
                                        uint32_t flags, const struct lz4boot_progress *progress);

/**
 * Decodes the next bytes of the source; a source may be split anywhere. Everything that these bytes determine is in
 * the target when the call returns. A pushed chunk is not needed afterwards.
 *
 * @return need_input; ok, when the source may end here; or an error, which every later call repeats. After
 *         lz4boot_flag_stop_after_frame took effect, ok, and further bytes are ignored.
 */
enum lz4boot_status lz4boot_stream_push(struct lz4boot_stream *stream, const void *chunk, size_t chunk_byte_count,
                                        struct lz4boot_report *report);

/**
 * Says that the source ends here: ok, `truncated_input`, or the error that a push has reported. May be repeated; after
 * an error pushes repeat it too.
 */
enum lz4boot_status lz4boot_stream_finish(struct lz4boot_stream *stream, struct lz4boot_report *report);

/** The state of a decode on several cores. Any contents will do before lz4boot_team_start. */
struct lz4boot_team {
  uint64_t opaque[64];
};

/**
 * Starts a decode on as many cores as will come. The blocks of the first frame that has some are decoded side by side if
 * they are independent of each other; all else (linked blocks, what follows a block that is shorter than the block
 * maximum, further frames) is decoded by the one core that calls lz4boot_team_finish. Status, bytes and report are those of
 * lz4boot_decode whatever the number of cores, but bytes behind the valid ones may differ. In place, the blocks that end in
 * front of the source are decoded side by side.
 *
 *     lz4boot_team_start(&team, source, source_byte_count, target, target_capacity, flags, NULL);
 *     (make other cores call lz4boot_team_work(&team))
 *     status = lz4boot_team_finish(&team, &report);
 *
 * The struct, the source and the target have to be Normal cacheable memory that the cores share coherently (Inner
 * Shareable), with MMU and caches on: the cores synchronise by exclusive accesses, which need that. Start only reads
 * headers.
 *
 * @return ok, or an error that is known already; lz4boot_team_finish reports it too.
 */
enum lz4boot_status lz4boot_team_start(struct lz4boot_team *team, const void *source, size_t source_byte_count,
                                       void *target, size_t target_capacity, uint32_t flags,
                                       struct lz4boot_report *report);

/**
 * Decodes blocks until none is left. Any number of cores may call this while the struct exists; it never waits for another
 * core. Behind lz4boot_team_finish it does nothing. That it comes behind lz4boot_team_start the caller orders, by how the
 * core gets to know of the team: by starting a thread or a core, or by a store-release that it has read with load-acquire.
 */
void lz4boot_team_work(struct lz4boot_team *team);

/**
 * Works along, lets no further core in, waits for those that are in lz4boot_team_work, and decodes and verifies what is
 * left. A core that never came is not waited for. To be called by one core; may be repeated. The struct may be started
 * again, or go away, once no core can be in lz4boot_team_work.
 */
enum lz4boot_status lz4boot_team_finish(struct lz4boot_team *team, struct lz4boot_report *report);

/** How a legacy frame, which has no end mark, ended. */
enum lz4boot_legacy_end {
  lz4boot_legacy_end_none = 0,
  lz4boot_legacy_end_input = 1,
  lz4boot_legacy_end_magic = 2,
  lz4boot_legacy_end_zeros = 3,
  lz4boot_legacy_end_size = 4
};

/** Content size of a source of which it is not known without decoding. */
#define LZ4BOOT_SIZE_UNKNOWN UINT64_MAX

/** What the headers of a source say. Of the per-frame values, those of the first LZ4 or legacy frame. */
struct lz4boot_info {
  /** As in lz4boot_report: 0, 1, 2, or 3 if there are only skippable frames. */
  uint32_t format;
  /** Bytes; of a legacy frame 8 MiB. */
  uint32_t block_maximum;
  /** 1 or 0. Legacy frames have independent blocks. */
  uint32_t independent_blocks, block_checksums, content_checksum, has_content_size;
  /** Kind of end of the last legacy frame: an lz4boot_legacy_end. Without decoding, a word is taken for
   *  the size if it is possible and nothing, zeros, a magic or the start of one follow. */
  uint32_t legacy_end;
  uint32_t reserved;
  /** LZ4 and legacy frames, skippable frames, and blocks of all frames. */
  uint64_t frame_count, skippable_count, block_count;
  /** Bytes that the whole source decodes to, if every frame says so; otherwise LZ4BOOT_SIZE_UNKNOWN. */
  uint64_t content_size;
  /** No more bytes than this come out of a source that decodes without error: a target_capacity that is enough. */
  uint64_t content_size_bound;
  /** In-place decoding succeeds when the source ends at least this many bytes behind the end of the output; it then
   *  starts inside the target. Without a content_size no fewer are enough for every source whose fields and blocks have
   *  these sizes; with one, fewer are reported. 0 if the source is refused. Where a size that ends a legacy frame turns
   *  out to be a block's, this can be too small; the decode then says in_place_overrun. */
  uint64_t in_place_margin;
};

/**
 * Walks the headers and block sizes of a source and decodes nothing. Block contents and checksums of blocks and content
 * are not looked at, and the end of a legacy frame is told as `legacy_end` describes; everything else is refused as
 * lz4boot_decode refuses it. On an error `info` covers what lies in
 * front of it.
 */
enum lz4boot_status lz4boot_inspect(const void *source, size_t source_byte_count, struct lz4boot_info *info,
                                    struct lz4boot_report *report);

/** The XXH32 of some bytes. Needs no alignment. NULL is taken as no bytes. */
uint32_t lz4boot_xxh32(const void *bytes, size_t byte_count, uint32_t seed);

/** "ok", "need_input", "truncated_input", …; "unknown_status" for other values. Never NULL, never to be freed. */
const char *lz4boot_status_name(enum lz4boot_status status);

#ifdef __cplusplus
}
#endif

#undef LZ4BOOT_CLOSED_ENUM

#endif
