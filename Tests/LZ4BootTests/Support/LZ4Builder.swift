/// Builds blocks and frames byte by byte, valid or not, with no compressor.

/// Literals and a match. `[token:u8][length…][literals][offset:u16le][length…]`
struct Sequence {
  var literals: [UInt8] = []
  var offset: Int
  var matchByteCount: Int

  init(_ literals: [UInt8] = [], offset: Int, matchByteCount: Int) {
    self.literals = literals
    self.offset = offset
    self.matchByteCount = matchByteCount
  }

  var bytes: [UInt8] {
    let match = matchByteCount - 4
    let token = UInt8(min(literals.count, 15) << 4 | min(match, 15))
    return [token] + lengthExtension(literals.count) + literals
      + littleEndian(UInt16(offset)) + lengthExtension(match)
  }
}

/// The bytes that follow a token's 4-bit length.
func lengthExtension(_ length: Int) -> [UInt8] {
  guard length >= 15 else { return [] }
  let rest = length - 15
  return [UInt8](repeating: 255, count: rest / 255) + [UInt8(rest % 255)]
}

/// The sequence without a match that ends a block.
func lastSequence(_ literals: [UInt8]) -> [UInt8] {
  [UInt8(min(literals.count, 15) << 4)] + lengthExtension(literals.count) + literals
}

func block(_ sequences: [Sequence] = [], last: [UInt8]) -> [UInt8] {
  sequences.flatMap(\.bytes) + lastSequence(last)
}

func littleEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
  (0..<Word.bitWidth / 8).map { UInt8(truncatingIfNeeded: word >> Word($0 * 8)) }
}

/// Bytes that are easy to tell apart: no two neighbours alike, no period below 251.
func counted(_ count: Int, from start: Int = 1) -> [UInt8] {
  (0..<count).map { UInt8((start + $0) % 251) }
}

/// A block within an LZ4 frame: its bytes and whether the size word calls them stored.
struct FrameBlock {
  var bytes: [UInt8]
  var isStored = false

  static func compressed(_ bytes: [UInt8]) -> FrameBlock { FrameBlock(bytes: bytes) }
  static func stored(_ bytes: [UInt8]) -> FrameBlock { FrameBlock(bytes: bytes, isStored: true) }
}

/// `[magic:u32le][FLG:u8][BD:u8][contentSize:u64le?][dictionaryID:u32le?][HC:u8]`
struct FrameHeader {
  var blockMaximumCode: UInt8 = 4
  var isIndependent = true
  var hasBlockChecksums = false
  var hasContentChecksum = false
  var contentSize: UInt64?
  var dictionaryID: UInt32?

  static let magic = littleEndian(UInt32(0x184D_2204))

  var flg: UInt8 {
    0x40 | (isIndependent ? 0x20 : 0) | (hasBlockChecksums ? 0x10 : 0)
      | (contentSize == nil ? 0 : 8) | (hasContentChecksum ? 4 : 0) | (dictionaryID == nil ? 0 : 1)
  }

  /// What the header checksum covers.
  var descriptor: [UInt8] {
    [flg, blockMaximumCode << 4]
      + (contentSize.map { littleEndian($0) } ?? []) + (dictionaryID.map { littleEndian($0) } ?? [])
  }

  var bytes: [UInt8] { Self.bytes(descriptor: descriptor) }

  /// A header with its right checksum, whatever the descriptor says.
  static func bytes(descriptor: [UInt8]) -> [UInt8] {
    magic + descriptor + [UInt8(naiveXXH32(descriptor) >> 8 & 0xFF)]
  }
}

let endMark: [UInt8] = [0, 0, 0, 0]

func frameBlock(_ block: FrameBlock, checksum: Bool = false) -> [UInt8] {
  littleEndian(UInt32(block.bytes.count) | (block.isStored ? 0x8000_0000 : 0)) + block.bytes
    + (checksum ? littleEndian(naiveXXH32(block.bytes)) : [])
}

/// A whole frame. The content is what the blocks decode to; it is needed for its checksum only.
func frame(
  _ header: FrameHeader = FrameHeader(), _ blocks: [FrameBlock], content: [UInt8] = []
) -> [UInt8] {
  header.bytes + blocks.flatMap { frameBlock($0, checksum: header.hasBlockChecksums) } + endMark
    + (header.hasContentChecksum ? littleEndian(naiveXXH32(content)) : [])
}

let legacyMagic = littleEndian(UInt32(0x184C_2102))
let legacyBlockByteCountMax = 8 << 20
let legacyStoredByteCountMax = 8_421_520

/// `[magic:u32le]([size:u32le][block])*`
func legacyFrame(_ blocks: [[UInt8]]) -> [UInt8] {
  legacyMagic + blocks.flatMap { littleEndian(UInt32($0.count)) + $0 }
}

func skippableFrame(_ content: [UInt8], kind: UInt32 = 0) -> [UInt8] {
  littleEndian(UInt32(0x184D_2A50) + kind) + littleEndian(UInt32(content.count)) + content
}
