import CLibLZ4
import Foundation

/// Data to compress, and what liblz4 makes of it.
enum Samples {
  /// Text-like and repeatable, the same on every run.
  static func text(byteCount: Int) -> Data {
    var text = Data()
    while text.count < byteCount { text += page }
    return text.prefix(byteCount)
  }

  /// More than the 64 KiB that a match can reach back.
  private static let page: Data = {
    let words = ["kernel", "boot", "frame", "block", "literal", "match", "offset", "image", "\n"]
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    var text = Data()
    while text.count < 200_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text += Data(words[Int(state >> 33) % words.count].utf8)
      text.append(UInt8(truncatingIfNeeded: state >> 56))
    }
    return text
  }()

  struct FrameOptions {
    var blockSize = LZ4F_max64KB
    var isLinked = false
    var level: Int32 = 0
    var hasBlockChecksums = true
    var hasContentChecksum = true
    var hasContentSize = true
  }

  static func frame(_ content: Data, _ options: FrameOptions = FrameOptions()) -> Data {
    var preferences = LZ4F_preferences_t()
    preferences.frameInfo.blockSizeID = options.blockSize
    preferences.frameInfo.blockMode = options.isLinked ? LZ4F_blockLinked : LZ4F_blockIndependent
    preferences.frameInfo.blockChecksumFlag =
      options.hasBlockChecksums ? LZ4F_blockChecksumEnabled : LZ4F_noBlockChecksum
    preferences.frameInfo.contentChecksumFlag =
      options.hasContentChecksum ? LZ4F_contentChecksumEnabled : LZ4F_noContentChecksum
    preferences.compressionLevel = options.level
    preferences.frameInfo.contentSize = options.hasContentSize ? UInt64(content.count) : 0
    var frame = Data(count: unsafe LZ4F_compressFrameBound(content.count, &preferences))
    let byteCount = unsafe frame.withUnsafeMutableBytes { target in
      unsafe content.withUnsafeBytes { source in
        unsafe LZ4F_compressFrame(
          target.baseAddress, target.count, source.baseAddress, source.count, &preferences)
      }
    }
    precondition(LZ4F_isError(byteCount) == 0, "liblz4 refuses to compress")
    return frame.prefix(byteCount)
  }

  /// The frame as liblz4 decodes it; nil where it refuses.
  static func decodedFrame(_ frame: Data, byteCount: Int) -> Data? {
    var context: OpaquePointer?
    _ = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    defer { _ = unsafe LZ4F_freeDecompressionContext(context) }
    var content = Data(count: byteCount)
    var (targetByteCount, sourceByteCount) = (byteCount, frame.count)
    let hint = unsafe content.withUnsafeMutableBytes { target in
      unsafe frame.withUnsafeBytes { source in
        unsafe LZ4F_decompress(
          context, target.baseAddress, &targetByteCount, source.baseAddress, &sourceByteCount, nil)
      }
    }
    guard hint == 0, sourceByteCount == frame.count, targetByteCount == byteCount else {
      return nil
    }
    return content
  }

  /// A legacy frame of one block.
  static func legacyFrame(_ content: Data) -> Data {
    precondition(content.count <= 8 << 20, "more than one block")
    var block = [CChar](repeating: 0, count: Int(LZ4_compressBound(Int32(content.count))))
    let byteCount = unsafe content.withUnsafeBytes { source in
      unsafe LZ4_compress_default(
        source.assumingMemoryBound(to: CChar.self).baseAddress, &block, Int32(content.count),
        Int32(block.count))
    }
    return littleEndian(0x184c_2102 as UInt32) + littleEndian(UInt32(byteCount))
      + Data(block.prefix(Int(byteCount)).map { UInt8(bitPattern: $0) })
  }

  /// A frame of stored blocks with no checksums around the blocks given.
  static func uncheckedFrame(blocks: [[UInt8]]) -> Data {
    // FLG: version 01, independent. BD: 64 KiB. HC: the second byte of their XXH32.
    var frame = Data([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
    for block in blocks { frame += littleEndian(UInt32(block.count)) + Data(block) }
    return frame + littleEndian(0 as UInt32)
  }
}

/// The bytes of an integer, least significant first.
func littleEndian(_ value: some FixedWidthInteger) -> Data {
  Data((0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
}

extension Data {
  /// The integer at a byte offset, least significant byte first.
  func integer<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
    (0..<Value.bitWidth / 8).reduce(0) { $0 | Value(self[startIndex + offset + $1]) << (8 * $1) }
  }

  func replacing(at offset: Int, with bytes: Data) -> Data {
    var copy = self
    copy.replaceSubrange(startIndex + offset..<startIndex + offset + bytes.count, with: bytes)
    return copy
  }
}
