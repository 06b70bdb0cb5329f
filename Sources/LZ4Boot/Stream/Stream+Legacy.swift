import CLZ4Boot

/// Legacy frames: ([block size:u32le][data])*, ended by whatever is no block.
extension Stream {
  mutating func readLegacyBlockSize(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    guard field.collect(4, from: &source) else { return false }
    if try endLegacyFrame(behindSize: false) { return true }
    let word = field.word
    if mayBeSize(word) {
      guard word <= LegacyFormat.storedMaximum else {
        // Too large for a block, so it can only be the size.
        survey?.endLegacyFrame(lz4boot_legacy_end_size, size: word)
        endFrame(at: source)
        return true
      }
      legacyWord = word
      expect(.legacySizeOrBlock)
      return true
    }
    guard word <= LegacyFormat.storedMaximum else {
      throw DecodeError(status: .block_too_large, offset: field.offset)
    }
    startLegacyBlock(byteCount: word, at: source.offset)
    return true
  }

  /// Ends the frame if `field`, the word behind its last block or behind its size, says so.
  private mutating func endLegacyFrame(behindSize: Bool) throws(DecodeError) -> Bool {
    let word = field.word
    let magic = Magic(word)
    guard word == 0 || magic != nil else { return false }
    if behindSize {
      if mayBeBlockOfZeros { return false }
      survey?.endLegacyFrame(lz4boot_legacy_end_size, size: legacyWord)
    } else {
      survey?.endLegacyFrame(word == 0 ? lz4boot_legacy_end_zeros : lz4boot_legacy_end_magic)
    }
    hasFrame = true
    if options.stopsAfterFrame {
      // `field` keeps the offset at which the frame ended.
      phase = .stopped
    } else if let magic {
      try startFrame(magic)
    } else {
      expect(.legacyZeros)
    }
    return true
  }

  /// Without decoding, a few zeros behind what may be a size may as well be a block that short.
  var mayBeBlockOfZeros: Bool {
    survey != nil && legacyWord < 4 && field.count > 0 && field.word == 0
  }

  /// Whether a word may be the size that the kernel's build appends.
  private func mayBeSize(_ word: UInt32) -> Bool {
    if let survey { return survey.mayBeLegacySize(word) }
    return UInt64(word) == UInt64(count: target.count &- frameStart)
  }

  /// A word that equals the bytes produced is the size if nothing, zeros or a magic follow, or else
  /// a block's.
  mutating func readBehindLegacySize(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    while field.collect(field.count &+ 1, from: &source) {
      if field.count == 4, try endLegacyFrame(behindSize: true) { return true }
      let (word, count) = (field.word, field.count)
      if word != 0 && !Magic.canStart(with: word, byteCount: count) || count == 4 {
        startLegacyBlock(byteCount: legacyWord, at: field.offset)
        (legacyWord, lookaheadCount) = (word, UInt8(truncatingIfNeeded: count))
        return true
      }
    }
    return false
  }

  private mutating func startLegacyBlock(byteCount: UInt32, at offset: UInt64) {
    startData(byteCount: byteCount, at: offset)
    startBlock(windowStart: target.count, blockMaximum: LegacyFormat.blockMaximum)
    expect(.compressedBlock)
  }

  mutating func readLegacyZeros(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    while let byte = source.readByte() {
      guard byte == 0 else {
        throw DecodeError(status: .trailing_data, offset: source.offset &- 1)
      }
    }
    return false
  }
}
