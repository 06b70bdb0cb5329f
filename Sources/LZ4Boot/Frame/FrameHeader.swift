import CLZ4Boot

/// What the descriptor of an LZ4 frame says ("General Structure of LZ4 Frame format", "Frame
/// Descriptor").
///
/// [FLG:u8][BD:u8][content size:u64le?][dictionary id:u32le?][HC:u8]
struct FrameHeader {
  private(set) var flags: UInt8 = 0
  private(set) var blockMaximum: UInt32 = 0
  /// Nil: the header does not say.
  private(set) var contentSize: UInt64?
  private(set) var contentSizeOffset: UInt64 = 0

  // FLG: [version:2][block independence][block checksum][content size][content
  // checksum][0][dictionary id]
  private static let versionMask: UInt8 = 0b1100_0000
  private static let version: UInt8 = 0b0100_0000
  private static let independentBlocks: UInt8 = 0b0010_0000
  private static let blockChecksum: UInt8 = 0b0001_0000
  private static let hasContentSize: UInt8 = 0b0000_1000
  private static let contentChecksum: UInt8 = 0b0000_0100
  private static let reserved: UInt8 = 0b0000_0010
  private static let dictionaryID: UInt8 = 0b0000_0001

  // BD: [0][block maximum:3][0:4]; 4 stands for 64 KiB, every step for four times as much.
  private static let reservedInBD: UInt8 = 0b1000_1111
  private static let smallestBlockMaximum: UInt32 = 64 << 10
  private static let smallestBlockMaximumCode: UInt8 = 4

  var hasIndependentBlocks: Bool { flags & Self.independentBlocks != 0 }
  var hasBlockChecksums: Bool { flags & Self.blockChecksum != 0 }
  var hasContentChecksum: Bool { flags & Self.contentChecksum != 0 }

  init() {}

  static func checkFLG(_ field: FieldBuffer) throws(DecodeError) {
    guard field[0] & versionMask == version else {
      throw DecodeError(status: .unsupported_version, offset: field.offset)
    }
    guard field[0] & reserved == 0 else {
      throw DecodeError(status: .reserved_bit_set, offset: field.offset)
    }
  }

  static func checkBD(_ field: FieldBuffer) throws(DecodeError) {
    guard field[1] & reservedInBD == 0 else {
      throw DecodeError(status: .reserved_bit_set, offset: field.offset &+ 1)
    }
    guard field[1] >> 4 >= smallestBlockMaximumCode else {
      throw DecodeError(status: .block_size_invalid, offset: field.offset &+ 1)
    }
  }

  /// How long the header is, as its FLG says.
  static func byteCount(_ field: FieldBuffer) -> Int {
    3 &+ (field[0] & hasContentSize != 0 ? 8 : 0) &+ (field[0] & dictionaryID != 0 ? 4 : 0)
  }

  /// Takes a header that is all there and whose FLG and BD are checked.
  init(_ field: FieldBuffer) throws(DecodeError) {
    flags = field[0]
    let code = field[1] >> 4 &- Self.smallestBlockMaximumCode
    blockMaximum = Self.smallestBlockMaximum &<< UInt32(2 &* code)
    var position = 2
    if flags & Self.hasContentSize != 0 {
      contentSize = field.number(at: position)
      contentSizeOffset = field.offset &+ UInt64(count: position)
      position &+= 8
    }
    let dictionaryIDOffset = field.offset &+ UInt64(count: position)
    if flags & Self.dictionaryID != 0 { position &+= 4 }

    // "Header Checksum": the second byte of the descriptor's XXH32.
    let expected = field[position]
    let actual = UInt8(truncatingIfNeeded: field.xxh32(byteCount: position) >> 8)
    guard actual == expected else {
      throw DecodeError(
        status: .header_checksum_mismatch, offset: field.offset &+ UInt64(count: position),
        expected: UInt64(expected), actual: UInt64(actual))
    }
    guard flags & Self.dictionaryID == 0 else {
      throw DecodeError(status: .dictionary_required, offset: dictionaryIDOffset)
    }
  }
}
