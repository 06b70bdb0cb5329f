import CLibLZ4

/// The system's liblz4 on arrays.
enum LibLZ4 {
  static func compressBlock(_ bytes: [UInt8], level: Int) -> [UInt8] {
    let bound = Int(LZ4_compressBound(Int32(bytes.count)))
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      let base = UnsafeMutableRawPointer(target.baseAddress!)
      let written = unsafe bytes.withUnsafeBytes { source in
        let from = unsafe source.baseAddress?.assumingMemoryBound(to: CChar.self)
        let to = unsafe base.assumingMemoryBound(to: CChar.self)
        let (fromCount, toCount) = (Int32(bytes.count), Int32(bound))
        return level < 3
          ? unsafe LZ4_compress_default(from, to, fromCount, toCount)
          : unsafe LZ4_compress_HC(from, to, fromCount, toCount, Int32(level))
      }
      precondition(written > 0, "liblz4 compresses everything into its bound")
      count = Int(written)
    }
  }

  /// Nil when liblz4 refuses the block.
  static func decompressBlock(_ block: [UInt8], capacity: Int) -> [UInt8]? {
    var target = [UInt8](repeating: 0, count: max(capacity, 1))
    let count = unsafe block.withUnsafeBytes { source in
      unsafe target.withUnsafeMutableBytes { target in
        unsafe LZ4_decompress_safe(
          source.baseAddress?.assumingMemoryBound(to: CChar.self),
          target.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(block.count),
          Int32(capacity))
      }
    }
    return count < 0 ? nil : [UInt8](target[..<Int(count)])
  }
}

/// The choices of a frame header.
struct FrameChoice: CustomStringConvertible {
  var blockSizeCode: UInt32
  var isIndependent: Bool
  var hasBlockChecksums: Bool
  var hasContentChecksum: Bool
  var hasContentSize: Bool

  /// 4 block maxima × linked or independent × block checksums × content checksum × content size.
  static var all: [FrameChoice] {
    var choices: [FrameChoice] = []
    for index in 0..<64 as Range<UInt32> {
      let choice = FrameChoice(
        blockSizeCode: 4 + index / 16, isIndependent: index & 1 != 0,
        hasBlockChecksums: index & 2 != 0, hasContentChecksum: index & 4 != 0,
        hasContentSize: index & 8 != 0)
      choices.append(choice)
    }
    return choices
  }

  var description: String {
    let flags = [isIndependent, hasBlockChecksums, hasContentChecksum, hasContentSize]
    return "code \(blockSizeCode), independent/block/content/size \(flags)"
  }
}

extension LibLZ4 {
  /// Blocks end where they are full and behind every piece.
  static func compressFrame(
    _ pieces: [[UInt8]], _ choice: FrameChoice, level: Int = 1
  ) -> [UInt8] {
    var preferences = LZ4F_preferences_t()
    preferences.compressionLevel = Int32(level)
    preferences.frameInfo.blockSizeID = LZ4F_blockSizeID_t(rawValue: choice.blockSizeCode)
    preferences.frameInfo.blockMode =
      choice.isIndependent ? LZ4F_blockIndependent : LZ4F_blockLinked
    preferences.frameInfo.blockChecksumFlag =
      choice.hasBlockChecksums ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum
    preferences.frameInfo.contentChecksumFlag =
      choice.hasContentChecksum ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum
    let contentSize = pieces.reduce(0) { $0 + $1.count }
    preferences.frameInfo.contentSize = choice.hasContentSize ? UInt64(contentSize) : 0
    var context: OpaquePointer?
    precondition(unsafe LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION)) == 0)
    defer { unsafe LZ4F_freeCompressionContext(context) }
    let largest = pieces.map(\.count).max() ?? 0
    var buffer = [UInt8](repeating: 0, count: 64 + LZ4F_compressBound(largest, nil) + (5 << 20))
    var frame: [UInt8] = []
    func keep(_ count: Int) {
      precondition(LZ4F_isError(count) == 0, "liblz4 compresses everything")
      frame += buffer[..<count]
    }
    unsafe keep(LZ4F_compressBegin(context, &buffer, buffer.count, &preferences))
    for piece in pieces {
      unsafe keep(LZ4F_compressUpdate(context, &buffer, buffer.count, piece, piece.count, nil))
      unsafe keep(LZ4F_flush(context, &buffer, buffer.count, nil))
    }
    unsafe keep(LZ4F_compressEnd(context, &buffer, buffer.count, nil))
    return frame
  }

  /// What one frame comes to.
  enum FrameVerdict: Equatable {
    case accepted(output: [UInt8], sourceByteCount: Int)
    case refused
    case unfinished
  }

  /// With a context of its own: one that has seen an error may fail the next good frame.
  static func decompressFrame(_ source: [UInt8], capacity: Int) -> FrameVerdict {
    var context: OpaquePointer?
    precondition(unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION)) == 0)
    defer { unsafe LZ4F_freeDecompressionContext(context) }
    var target = [UInt8](repeating: 0, count: max(capacity, 1))
    var (consumed, produced) = (0, 0)
    while true {
      var (sourceCount, targetCount) = (source.count - consumed, capacity - produced)
      let hint = unsafe source.withUnsafeBytes { source in
        unsafe target.withUnsafeMutableBytes { target in
          unsafe LZ4F_decompress(
            context, target.baseAddress! + produced, &targetCount,
            source.baseAddress.map { unsafe $0 + consumed }, &sourceCount, nil)
        }
      }
      if LZ4F_isError(hint) != 0 { return .refused }
      consumed += sourceCount
      produced += targetCount
      if hint == 0 {
        return .accepted(output: [UInt8](target[..<produced]), sourceByteCount: consumed)
      }
      if sourceCount == 0 && targetCount == 0 { return .unfinished }
    }
  }
}
