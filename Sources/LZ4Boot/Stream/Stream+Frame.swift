import CLZ4Boot

/// LZ4 frames: [descriptor]([block size:u32le][data][block checksum:u32le?])*[end
/// mark:u32le][content checksum:u32le?]
extension Stream {
  /// A byte at fault is told without those behind it.
  mutating func readDescriptor() -> Bool {
    guard collect(1) else { return false }
    if let fault = FrameHeader.fault(ofFLG: field[0]) { return refuseField(fault) }
    guard collect(2) else { return false }
    if let fault = FrameHeader.fault(ofBD: field[1]) { return refuseField(fault, at: 1) }
    header = FrameHeader(flags: field[0], blockDescriptor: field[1])
    guard collect(header.byteCount) else { return false }

    // "Header Checksum": the second byte of the descriptor's XXH32.
    let checksumIndex = header.byteCount &- 1
    let expected = field[checksumIndex]
    let actual = UInt8(truncatingIfNeeded: field.xxh32(byteCount: checksumIndex) >> 8)
    guard actual == expected else {
      return refuse(
        .header_checksum_mismatch, at: fieldOffset &+ UInt64(count: checksumIndex),
        expected: UInt64(expected), actual: UInt64(actual))
    }
    guard !header.hasDictionaryID else {
      return refuseField(.dictionary_required, at: checksumIndex &- 4)
    }
    guard !options.requiresChecksums || header.hasBlockChecksums || header.hasContentChecksum
    else { return refuseWithoutChecksum() }
    header.contentSize = field.number(at: FrameHeader.contentSizeIndex)
    header.contentSizeOffset = fieldOffset &+ UInt64(count: FrameHeader.contentSizeIndex)
    return expect(.blockSize)
  }

  /// The word is in `field`.
  mutating func readBlockSize() -> Bool {
    let word = field.word
    if word == FrameFormat.endMark { return endContent() }
    let byteCount = word & ~FrameFormat.storedBlock
    guard byteCount <= header.blockMaximum else { return refuseField(.block_too_large) }
    startData(byteCount: byteCount, at: source.offset)
    blockHash = XXH32(seed: 0)
    if word & FrameFormat.storedBlock != 0 { return expect(.storedBlock) }
    return startBlock(
      windowStart: header.hasIndependentBlocks ? target.count : frameStart,
      blockMaximum: header.blockMaximum)
  }

  /// "Content Checksum" follows the end mark.
  private mutating func endContent() -> Bool {
    if header.hasContentSize && !isSurvey && producedCount != header.contentSize {
      return refuse(
        .content_size_mismatch, at: header.contentSizeOffset, expected: header.contentSize,
        actual: producedCount)
    }
    return header.hasContentChecksum ? expect(.contentChecksum) : endFrame()
  }

  mutating func readBlockChecksum() -> Bool {
    guard isSurvey || check(heldWord, or: .block_checksum_mismatch) else { return false }
    blockIndex &+= 1
    return expect(.blockSize)
  }

  mutating func readContentChecksum() -> Bool {
    (isSurvey || checkContent()) && endFrame()
  }

  private mutating func checkContent() -> Bool {
    check(target.digest(of: contentHash, from: frameStart), or: .content_checksum_mismatch)
  }

  /// `field` holds the expected digest.
  private mutating func check(_ actual: UInt32, or status: lz4boot_status) -> Bool {
    actual == field.word
      || refuse(
        status, at: fieldOffset, expected: UInt64(field.word), actual: UInt64(actual))
  }
}
