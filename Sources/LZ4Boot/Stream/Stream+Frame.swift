import CLZ4Boot

/// LZ4 frames: [descriptor]([block size:u32le][data][block checksum:u32le?])*[end
/// mark:u32le][content checksum:u32le?]
extension Stream {
  mutating func readDescriptor(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    // A byte at fault is told without those behind it.
    guard field.collect(1, from: &source) else { return false }
    try FrameHeader.checkFLG(field)
    guard field.collect(2, from: &source) else { return false }
    try FrameHeader.checkBD(field)
    guard field.collect(FrameHeader.byteCount(field), from: &source) else { return false }
    header = try FrameHeader(field)
    try requireChecksum(header.hasBlockChecksums || header.hasContentChecksum)
    survey?.takeHeader(header)
    expect(.blockSize)
    return true
  }

  mutating func readBlockSize(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    guard field.collect(4, from: &source) else { return false }
    let word = field.word
    if word == FrameFormat.endMark {
      try endContent(at: source)
      return true
    }
    let byteCount = word & ~FrameFormat.storedBlock
    guard byteCount <= header.blockMaximum else {
      throw DecodeError(status: .block_too_large, offset: field.offset)
    }
    startData(byteCount: byteCount, at: source.offset)
    blockHash = XXH32()
    if word & FrameFormat.storedBlock != 0 {
      expect(.storedBlock)
    } else {
      startBlock(
        windowStart: header.hasIndependentBlocks ? target.count : frameStart,
        blockMaximum: header.blockMaximum)
      expect(.compressedBlock)
    }
    return true
  }

  /// "Content Checksum" follows the end mark.
  private mutating func endContent(at source: SourceCursor) throws(DecodeError) {
    survey?.endFrame(contentSize: header.contentSize)
    try checkContentSize()
    if header.hasContentChecksum {
      expect(.contentChecksum)
    } else {
      endFrame(at: source)
    }
  }

  mutating func readBlockChecksum(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    guard field.collect(4, from: &source) else { return false }
    try check(blockHash, or: .block_checksum_mismatch)
    blockIndex &+= 1
    expect(.blockSize)
    return true
  }

  mutating func readContentChecksum(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    guard field.collect(4, from: &source) else { return false }
    try check(contentHash, or: .content_checksum_mismatch)
    endFrame(at: source)
    return true
  }

  /// `field` holds the expected digest.
  private func check(
    _ hash: XXH32, or status: lz4boot_status
  ) throws(DecodeError) {
    guard survey == nil else { return }
    let actual = hash.digest()
    guard actual == field.word else {
      throw DecodeError(
        status: status, offset: field.offset, expected: UInt64(field.word), actual: UInt64(actual))
    }
  }

  private func checkContentSize() throws(DecodeError) {
    guard survey == nil, let expected = header.contentSize else { return }
    let actual = UInt64(count: target.count &- frameStart)
    guard actual == expected else {
      throw DecodeError(
        status: .content_size_mismatch, offset: header.contentSizeOffset, expected: expected,
        actual: actual)
    }
  }
}
