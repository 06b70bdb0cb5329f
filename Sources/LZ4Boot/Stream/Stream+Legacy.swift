import CLZ4Boot

/// Legacy frames: ([block size:u32le][data])*, ended by whatever is no block.
extension Stream {
  /// The word is in `field`.
  mutating func readLegacyBlockSize() -> Bool {
    if endLegacyFrame() { return true }
    let word = field.word
    let isBlockSize = word <= LegacyFormat.storedMaximum
    if mayBeSize(word) {
      heldWord = word
      // Too large for a block, it can only be the size.
      return isBlockSize ? expect(.legacySizeOrBlock) : endFrame()
    }
    guard isBlockSize else { return refuseField(.block_too_large) }
    return startLegacyBlock(byteCount: word, at: source.offset)
  }

  /// Ends the frame if `field`, the word behind its last block or behind its size, says so. It
  /// keeps the word: a magic is to be read, and where the frame ended is to be told.
  private mutating func endLegacyFrame() -> Bool {
    let isZero = field.word == 0
    guard isZero || Magic(field.word) != nil else { return false }
    hasFrame = true
    phase = options.stopsAfterFrame ? .stopped : isZero ? .legacyZeros : .magic
    return true
  }

  /// Without decoding, a few zeros behind what may be a size may as well be a block that short.
  var mayBeBlockOfZeros: Bool {
    isSurvey && heldWord < 4 && field.count > 0 && field.word == 0
  }

  /// Whether a word may be the size that the kernel's build appends.
  private func mayBeSize(_ word: UInt32) -> Bool {
    isSurvey ? UInt64(word) <= producedCount : UInt64(word) == producedCount
  }

  /// A word that equals the bytes produced is the size if nothing, zeros or a magic follow, or else
  /// a block's.
  mutating func readBehindLegacySize() -> Bool {
    guard collect(field.count &+ 1) else { return false }
    let (word, count) = (field.word, field.count)
    if count == 4 && !mayBeBlockOfZeros && endLegacyFrame() { return true }
    guard word != 0 && !Magic.canStart(with: word, byteCount: count) || count == 4 else {
      return true
    }
    let (byteCount, offset) = (heldWord, fieldOffset)
    if isWhole {
      source.unread(count)
    } else {
      (heldWord, lookaheadCount) = (word, UInt8(truncatingIfNeeded: count))
    }
    return startLegacyBlock(byteCount: byteCount, at: offset)
  }

  @inline(never)
  private mutating func startLegacyBlock(byteCount: UInt32, at offset: UInt64) -> Bool {
    startData(byteCount: byteCount, at: offset)
    return startBlock(windowStart: target.count, blockMaximum: LegacyFormat.blockMaximum)
  }

  mutating func readLegacyZeros() -> Bool {
    while let byte = source.readByte() {
      guard byte == 0 else { return refuse(.trailing_data, at: source.offset &- 1) }
    }
    return false
  }
}
