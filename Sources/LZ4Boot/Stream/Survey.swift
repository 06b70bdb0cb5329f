import CLZ4Boot

/// Fills in an `lz4boot_info` by walking over headers and sizes.
///
/// The stream reads the fields and knows the rules; what a step has read is told by the phases
/// before and after it.
@safe
struct Survey {
  /// LZ4BOOT_SIZE_UNKNOWN, which Swift does not import.
  private static let sizeUnknown = UInt64.max

  private let info: UnsafeMutablePointer<lz4boot_info>
  /// How far the output can get ahead of the source at most, up to the block before the last.
  private var lead: Int64 = 0
  /// How far the last block can be ahead of its output at most, less the source up to its end.
  private var lastLead: Int64 = 0

  init(unsafeInfo info: UnsafeMutablePointer<lz4boot_info>) {
    unsafe self.info = info
    unsafe info.initialize(to: lz4boot_info())
  }

  /// `stream` is a new one, with all of the source at hand. It goes in and out, as otherwise it would
  /// be copied.
  mutating func walk(_ stream: inout Stream) {
    stream.isWhole = true
    stream.isSurvey = true
    var goesOn = true
    while goesOn {
      let phase = stream.phase
      goesOn = stream.isInBlock ? skipBlock(&stream) : stream.step()
      if goesOn && stream.phase != phase { take(phase, &stream) }
    }
    stream.end()
    if stream.status == .ok {
      endSource(&stream)
    } else {
      // Of a source that is refused nothing can be said.
      unsafe info.pointee.in_place_margin = 0
    }
  }

  /// The field that `phase` stands for has been read.
  private mutating func take(_ phase: Stream.Phase, _ stream: inout Stream) {
    switch phase {
    case .magic where stream.phase != .legacyZeros: startFrame(stream.format)
    case .descriptor: takeHeader(stream.header)
    case .blockSize where !stream.isInBlock:
      // A frame that does not keep to its content size is refused.
      let size = stream.header.hasContentSize ? stream.header.contentSize : nil
      endFrame(bound: min(size ?? .max, stream.producedCount), contentSize: size)
    case .legacyBlockSize where stream.phase == .legacyZeros:
      endLegacyFrame(&stream, lz4boot_legacy_end_zeros)
    case .legacyBlockSize where stream.phase == .magic:
      // The magic is at hand; behind a size nothing is.
      endLegacyFrame(
        &stream, stream.field.count > 0 ? lz4boot_legacy_end_magic : lz4boot_legacy_end_size)
    case .legacySizeOrBlock where !stream.isInBlock:
      endLegacyFrame(&stream, lz4boot_legacy_end_size)
    default: break
    }
  }

  private func startFrame(_ format: SourceFormat) {
    guard format != .skippable else {
      unsafe info.pointee.skippable_count &+= 1
      if unsafe info.pointee.frame_count == 0 {
        unsafe info.pointee.format = format.rawValue
      }
      return
    }
    unsafe info.pointee.frame_count &+= 1
    guard unsafe info.pointee.frame_count == 1 else { return }
    unsafe info.pointee.format = format.rawValue
    if format == .legacy {
      unsafe info.pointee.block_maximum = LegacyFormat.blockMaximum
      unsafe info.pointee.independent_blocks = 1
    }
  }

  private func takeHeader(_ header: FrameHeader) {
    guard unsafe info.pointee.frame_count == 1 else { return }
    unsafe info.pointee.block_maximum = header.blockMaximum
    unsafe info.pointee.independent_blocks = header.hasIndependentBlocks ? 1 : 0
    unsafe info.pointee.block_checksums = header.hasBlockChecksums ? 1 : 0
    unsafe info.pointee.content_checksum = header.hasContentChecksum ? 1 : 0
    unsafe info.pointee.has_content_size = header.hasContentSize ? 1 : 0
  }

  /// Counts a block once all of it is there, without a look at it.
  private mutating func skipBlock(_ stream: inout Stream) -> Bool {
    guard stream.skipData() else { return false }
    countBlock(&stream, byteCount: UInt64(stream.dataByteCount))
    return stream.endBlock()
  }

  /// The margin is the least that sizes can promise. A match may be written where what is left of
  /// the source lies behind it, so that the margin is no less than source left - output left. Nothing
  /// else asks for room: literals may overwrite themselves, copies are rounded up over no source,
  /// and all that is hashed or compared is read before it is overwritten.
  ///
  /// That difference is a sum over the fields and blocks that are left: fields count whole, stored
  /// data not at all, and compressed data as far as it can be ahead of its output. None of them makes
  /// it smaller, and so it is largest at the start. There it is needed: the source may not start in
  /// front of the target, and nothing but a content size tells that the output is more than the
  /// least.
  ///
  /// If the size of the whole output is known, so is the least of it that is left behind a block: all
  /// but the most that can have come out by then. Behind the last block it is nothing.
  private mutating func countBlock(_ stream: inout Stream, byteCount: UInt64) {
    unsafe info.pointee.block_count &+= 1
    unsafe info.pointee.in_place_margin &-= byteCount
    let produced = unsafe info.pointee.content_size_bound &+ stream.producedCount
    lead = max(lead, Int64(bitPattern: produced) &+ lastLead)
    lastLead = 0 &- Int64(bitPattern: stream.source.offset)
    if stream.phase == .storedBlock {
      stream.addProduced(byteCount)
      return
    }
    // The least output of a block is all of it as literals, but for the token and the length: a byte
    // of that comes with the 17th byte of the block and with every 256th from there. Of 16 bytes
    // there is no such block, and a match makes up for its own sequence.
    let ahead = (byteCount &+ 239) / 256 &+ 1
    unsafe info.pointee.in_place_margin &+= ahead &- (byteCount == 16 ? 1 : 0)
    // Behind a first match of the 16 bytes, the rest can be ahead.
    lastLead &+= Int64(bitPattern: ahead)
    // A byte of a compressed block stands for 255 bytes at most: one of an extended length.
    stream.addProduced(min(UInt64(stream.blockMaximum), byteCount &* 255))
  }

  /// An appended size says what the frame holds. It may also be a block's that looks like one, so
  /// it bounds nothing.
  private func endLegacyFrame(_ stream: inout Stream, _ end: lz4boot_legacy_end) {
    unsafe info.pointee.legacy_end = end.rawValue
    endFrame(
      bound: stream.producedCount,
      contentSize: end == lz4boot_legacy_end_size ? UInt64(stream.heldWord) : nil)
  }

  private func endFrame(bound: UInt64, contentSize: UInt64?) {
    unsafe info.pointee.content_size_bound &+= bound
    guard unsafe info.pointee.content_size != Self.sizeUnknown else { return }
    guard let contentSize else {
      unsafe info.pointee.content_size = Self.sizeUnknown
      return
    }
    // Sizes that add up to more than 64 bits are lies.
    let (sum, overflow) = unsafe info.pointee.content_size.addingReportingOverflow(contentSize)
    unsafe info.pointee.content_size = overflow ? Self.sizeUnknown : sum
  }

  /// A legacy frame may go on to the end of the source.
  private func endSource(_ stream: inout Stream) {
    switch stream.phase {
    case .legacyBlockSize:
      endLegacyFrame(
        &stream,
        stream.field.count == 0 ? lz4boot_legacy_end_input : lz4boot_legacy_end_zeros)
    case .legacySizeOrBlock:
      endLegacyFrame(
        &stream,
        stream.mayBeBlockOfZeros ? lz4boot_legacy_end_zeros : lz4boot_legacy_end_size)
    default: break
    }
    // All of the source counts, but for what `countBlock` took off.
    let sourceByteCount = stream.source.offset
    unsafe info.pointee.in_place_margin &+= sourceByteCount
    let contentSize = unsafe info.pointee.content_size
    guard contentSize != Self.sizeUnknown else { return }
    // No less than 0: `lastLead` takes off no more than the source.
    let margin = max(lead &- Int64(bitPattern: contentSize), lastLead)
    unsafe info.pointee.in_place_margin = min(
      info.pointee.in_place_margin, UInt64(bitPattern: margin) &+ sourceByteCount)
  }
}
