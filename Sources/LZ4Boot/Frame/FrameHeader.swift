import CLZ4Boot

/// What the descriptor of an LZ4 frame says ("General Structure of LZ4 Frame format", "Frame
/// Descriptor").
///
/// [FLG:u8][BD:u8][content size:u64le?][dictionary id:u32le?][HC:u8]
struct FrameHeader {
  /// If the header has one.
  var contentSize: UInt64 = 0
  /// Where it is, from the start of the source.
  var contentSizeOffset: UInt64 = 0
  private var flags: UInt8 = 0
  private var blockDescriptor: UInt8 = 0

  // FLG: [version:2][block independence][block checksum][content size][content
  // checksum][0][dictionary id]
  private static let versionMask: UInt8 = 0b1100_0000
  private static let version: UInt8 = 0b0100_0000
  private static let independentBlocks: UInt8 = 0b0010_0000
  private static let blockChecksum: UInt8 = 0b0001_0000
  private static let contentSize: UInt8 = 0b0000_1000
  private static let contentChecksum: UInt8 = 0b0000_0100
  private static let reserved: UInt8 = 0b0000_0010
  private static let dictionaryID: UInt8 = 0b0000_0001

  // BD: [0][block maximum:3][0:4]; 4 stands for 64 KiB, every step for four times as much.
  private static let reservedInBD: UInt8 = 0b1000_1111
  private static let smallestBlockMaximum: UInt32 = 64 << 10
  private static let smallestBlockMaximumCode: UInt8 = 4

  /// Of the content size in the descriptor.
  static let contentSizeIndex = 2

  /// Of a legacy frame, which has none of all this.
  init() {}

  /// Takes an FLG and a BD without fault.
  init(flags: UInt8, blockDescriptor: UInt8) {
    self.flags = flags
    self.blockDescriptor = blockDescriptor
  }

  var hasIndependentBlocks: Bool { flags & Self.independentBlocks != 0 }
  var hasBlockChecksums: Bool { flags & Self.blockChecksum != 0 }
  var hasContentSize: Bool { flags & Self.contentSize != 0 }
  var hasContentChecksum: Bool {
    get { flags & Self.contentChecksum != 0 }
    set { flags = newValue ? flags | Self.contentChecksum : flags & ~Self.contentChecksum }
  }
  var hasDictionaryID: Bool { flags & Self.dictionaryID != 0 }

  var blockMaximum: UInt32 {
    let code = blockDescriptor >> 4 &- Self.smallestBlockMaximumCode
    return Self.smallestBlockMaximum &<< UInt32(2 &* code)
  }

  /// How long the descriptor is.
  var byteCount: Int { 3 &+ (hasContentSize ? 8 : 0) &+ (hasDictionaryID ? 4 : 0) }

  static func fault(ofFLG byte: UInt8) -> lz4boot_status? {
    if byte & versionMask != version { return .unsupported_version }
    return byte & reserved != 0 ? .reserved_bit_set : nil
  }

  static func fault(ofBD byte: UInt8) -> lz4boot_status? {
    if byte & reservedInBD != 0 { return .reserved_bit_set }
    return byte >> 4 < smallestBlockMaximumCode ? .block_size_invalid : nil
  }
}
