import CLZ4Boot

/// Sequences of LZ4, legacy and skippable frames.
extension ReferenceDecoder {
  static func isMagic(_ word: UInt64) -> Bool {
    word == 0x184D_2204 || word == 0x184C_2102 || (0x184D_2A50...0x184D_2A5F).contains(word)
  }

  mutating func decodeSource() throws(Fault) {
    repeat {
      let word = try magic()
      blockIndex = 0
      switch word {
      case 0x184D_2204:
        format = Format.frame
        try decodeFrame()
      case 0x184C_2102:
        format = Format.legacy
        try decodeLegacyFrame()
      default:
        format = Format.skippable
        let size = Int(try word4())
        guard size <= source.count - position else {
          throw Fault(status: .truncated_input, offset: source.count)
        }
        position += size
      }
      if flags & Flag.stopAfterFrame != 0 { return }
    } while position < source.count
  }

  private static let magics: [[UInt8]] =
    [FrameHeader.magic, legacyMagic] + (0..<16).map { littleEndian(UInt32(0x184D_2A50 + $0)) }

  /// Whether these bytes, if they are few, may go on to be a magic.
  private func isStartOfMagic(_ bytes: ArraySlice<UInt8>) -> Bool {
    Self.magics.contains { $0.starts(with: bytes) }
  }

  /// A magic; or the fault of the first byte that fits none.
  private mutating func magic() throws(Fault) -> UInt64 {
    let start = position
    let wrong: lz4boot_status = format == Format.none ? .unknown_format : .trailing_data
    for count in 1...4 {
      _ = try byte()
      guard isStartOfMagic(source[start..<start + count]) else {
        throw Fault(status: wrong, offset: start)
      }
    }
    position = start
    return try word4()
  }

  private mutating func word4() throws(Fault) -> UInt64 { try word(byteCount: 4) }

  // MARK: LZ4 frames

  private struct Header {
    var start = 0
    var flg: UInt8 = 0
    var blockMaximum = 0
    var contentSize: UInt64?
    var contentSizeOffset = 0
    var isIndependent: Bool { flg & 0x20 != 0 }
    var hasBlockChecksums: Bool { flg & 0x10 != 0 }
    var hasContentChecksum: Bool { flg & 4 != 0 }
  }

  private mutating func parseHeader() throws(Fault) -> Header {
    var header = Header(start: position)
    let start = position
    header.flg = try byte()
    guard header.flg >> 6 == 1 else { throw Fault(status: .unsupported_version, offset: start) }
    guard header.flg & 2 == 0 else { throw Fault(status: .reserved_bit_set, offset: start) }
    let bd = try byte()
    guard bd & 0x8F == 0 else { throw Fault(status: .reserved_bit_set, offset: start + 1) }
    guard bd >> 4 >= 4 else { throw Fault(status: .block_size_invalid, offset: start + 1) }
    header.blockMaximum = 1 << (8 + 2 * Int(bd >> 4))
    header.contentSizeOffset = position
    if header.flg & 8 != 0 { header.contentSize = try word(byteCount: 8) }
    let dictionaryIDOffset = position
    if header.flg & 1 != 0 { _ = try word(byteCount: 4) }
    let computed = UInt64(naiveXXH32([UInt8](source[start..<position])) >> 8 & 0xFF)
    let found = UInt64(try byte())
    guard found == computed else {
      throw Fault(
        status: .header_checksum_mismatch, offset: position - 1, expected: found, actual: computed)
    }
    guard header.flg & 1 == 0 else {
      throw Fault(status: .dictionary_required, offset: dictionaryIDOffset)
    }
    // Like the dictionary, told of a header only whose checksum is right.
    if flags & Flag.requireChecksums != 0, header.flg & 0x14 == 0 {
      throw Fault(status: .content_checksum_mismatch, offset: start)
    }
    return header
  }

  private mutating func decodeFrame() throws(Fault) {
    let header = try parseHeader()
    let contentStart = output.count
    while true {
      let wordOffset = position
      let sizeWord = Int(try word4())
      if sizeWord == 0 { break }
      let size = sizeWord & 0x7FFF_FFFF
      guard size <= header.blockMaximum else {
        throw Fault(status: .block_too_large, offset: wordOffset)
      }
      let start = position
      if sizeWord != size {
        try copyStored(size)
      } else {
        try decodeBlock(
          end: start + size, windowStart: header.isIndependent ? output.count : contentStart,
          limit: output.count + header.blockMaximum)
      }
      if header.hasBlockChecksums {
        try checkSum(of: source[start..<start + size], or: .block_checksum_mismatch)
      }
      blockIndex += 1
    }
    try finish(header, contentStart: contentStart)
  }

  private mutating func finish(_ header: Header, contentStart: Int) throws(Fault) {
    let produced = UInt64(output.count - contentStart)
    if let promised = header.contentSize, promised != produced {
      throw Fault(
        status: .content_size_mismatch, offset: header.contentSizeOffset, expected: promised,
        actual: produced)
    }
    if header.hasContentChecksum {
      try checkSum(of: output[contentStart...], or: .content_checksum_mismatch)
    }
  }

  private mutating func copyStored(_ size: Int) throws(Fault) {
    let start = position
    for _ in 0..<size {
      guard output.count < capacity else { throw Fault(status: .target_full, offset: start) }
      output.append(try byte())
    }
  }

  private mutating func checkSum(
    of bytes: ArraySlice<UInt8>, or mismatch: lz4boot_status
  ) throws(Fault) {
    let start = position
    let found = try word4()
    let computed = UInt64(naiveXXH32([UInt8](bytes)))
    guard found == computed else {
      throw Fault(status: mismatch, offset: start, expected: found, actual: computed)
    }
  }

  // MARK: Legacy frames

  private mutating func decodeLegacyFrame() throws(Fault) {
    if flags & Flag.requireChecksums != 0 {
      throw Fault(status: .content_checksum_mismatch, offset: position - 4)
    }
    let contentStart = output.count
    // Padding, and what follows it, is then the caller's.
    let stops = flags & Flag.stopAfterFrame != 0
    while position < source.count {
      if onlyZeros(from: position) {
        if !stops { position = source.count }
        return
      }
      let wordOffset = position
      let size = Int(try word4())
      if Self.isMagic(UInt64(size)) || stops && size == 0 {
        position = wordOffset
        return
      }
      if size == 0 { try skipZeros() }
      let mayBeBlock = size <= legacyStoredByteCountMax
      if size == output.count - contentStart, !mayBeBlock || mayEndFrame(at: position) {
        if !stops, position < source.count, source[position] == 0 { try skipZeros() }
        return
      }
      if size == output.count - contentStart, mayBeBlock, isStartOfMagic(source[position...]) {
        throw Fault(status: .truncated_input, offset: source.count)
      }
      guard mayBeBlock else { throw Fault(status: .block_too_large, offset: wordOffset) }
      try decodeBlock(
        end: position + size, windowStart: output.count,
        limit: output.count + legacyBlockByteCountMax)
      blockIndex += 1
    }
  }

  /// Padding, which has to last to the end of the source.
  private mutating func skipZeros() throws(Fault) {
    while position < source.count {
      guard source[position] == 0 else { throw Fault(status: .trailing_data, offset: position) }
      position += 1
    }
  }

  private func onlyZeros(from start: Int) -> Bool { source[start...].allSatisfy { $0 == 0 } }

  /// Whether a size that may also be a block's is the suffix: at the end, or a magic or zeros
  /// follow.
  private func mayEndFrame(at start: Int) -> Bool {
    guard source.count - start >= 4 else { return onlyZeros(from: start) }
    let word = (0..<4).reduce(0) { $0 | UInt64(source[start + $1]) << UInt64(8 * $1) }
    return word == 0 || Self.isMagic(word)
  }
}
