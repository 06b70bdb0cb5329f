import CLZ4Boot

/// Fills in an `lz4boot_info` while a stream walks over headers and sizes.
@safe
struct Survey {
  /// LZ4BOOT_SIZE_UNKNOWN, which Swift does not import.
  private static let sizeUnknown = UInt64.max

  private let info: UnsafeMutablePointer<lz4boot_info>
  /// No more bytes than this come out of the blocks of the frame at hand.
  private var frameBound: UInt64 = 0

  init(unsafeInfo info: UnsafeMutablePointer<lz4boot_info>) {
    unsafe self.info = info
    unsafe info.initialize(to: lz4boot_info())
  }

  mutating func startFrame(_ format: Stream.Format) {
    frameBound = 0
    guard format != .skippable else {
      unsafe info.pointee.skippable_count &+= 1
      if unsafe info.pointee.frame_count == 0 { unsafe info.pointee.format = format.rawValue }
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

  func takeHeader(_ header: FrameHeader) {
    guard unsafe info.pointee.frame_count == 1 else { return }
    unsafe info.pointee.block_maximum = header.blockMaximum
    unsafe info.pointee.independent_blocks = header.hasIndependentBlocks ? 1 : 0
    unsafe info.pointee.block_checksums = header.hasBlockChecksums ? 1 : 0
    unsafe info.pointee.content_checksum = header.hasContentChecksum ? 1 : 0
    unsafe info.pointee.has_content_size = header.contentSize == nil ? 0 : 1
  }

  mutating func countBlock(byteCount: UInt64, isStored: Bool, blockMaximum: UInt32) {
    unsafe info.pointee.block_count &+= 1
    // A byte of a compressed block stands for 255 bytes at most: one of an extended length.
    frameBound &+= isStored ? byteCount : min(UInt64(blockMaximum), byteCount &* 255)
    // Stored data and what it becomes keep pace. Compressed data can be ahead of its output by no
    // more than the bytes of extended literal lengths, one in 255, and those of the last sequence's
    // token and length.
    unsafe info.pointee.in_place_margin &-= byteCount
    if !isStored { unsafe info.pointee.in_place_margin &+= byteCount / 255 &+ 2 }
  }

  /// A frame that does not keep to its content size is refused.
  mutating func endFrame(contentSize: UInt64?) {
    add(bound: min(contentSize ?? .max, frameBound), contentSize: contentSize)
  }

  /// An appended size says what the frame holds. It may also be a block's that looks like one, so
  /// it bounds nothing.
  mutating func endLegacyFrame(_ end: lz4boot_legacy_end, size: UInt32? = nil) {
    unsafe info.pointee.legacy_end = end.rawValue
    add(bound: frameBound, contentSize: size.map(UInt64.init))
  }

  private func add(bound: UInt64, contentSize: UInt64?) {
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

  func mayBeLegacySize(_ word: UInt32) -> Bool { UInt64(word) <= frameBound }

  /// All of the source is in the way of its output but for what `countBlock` took off.
  /// Of a source that is refused nothing can be said.
  func end(sourceByteCount: UInt64?) {
    if let sourceByteCount {
      unsafe info.pointee.in_place_margin &+= sourceByteCount
    } else {
      unsafe info.pointee.in_place_margin = 0
    }
  }
}
