import CLZ4Boot

/// The data of blocks.
extension Stream {
  /// Data is hashed and decoded in pieces of this size, while it is in the first-level cache.
  private static let pieceByteCount: UInt64 = 8 << 10

  mutating func startBlock(windowStart: Int, blockMaximum: UInt32) {
    let (end, overflow) = target.count.addingReportingOverflow(
      Int(truncatingIfNeeded: blockMaximum))
    block = BlockDecoder(windowStart: windowStart, outputEnd: overflow ? .max : end)
  }

  /// Takes what is at hand of a block's data, and hashes both sides of it. False when more is needed.
  @inline(__always)
  mutating func takeBlock(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    if survey != nil { return surveyBlock(&source) }
    let isHashed = header.hasBlockChecksums || header.hasContentChecksum
    repeat {
      let left = dataEnd &- source.offset
      let whole = source.prefix(isHashed ? min(left, Self.pieceByteCount) : left)
      // In place, decoding may overwrite what it has read: hash first.
      if header.hasBlockChecksums { whole.hash(into: &blockHash) }
      var piece = whole
      let isAtEnd =
        phase == .storedBlock
        ? try moveStored(&piece)
        : try block.decode(from: &piece, into: &target, blockEnd: dataEnd)
      source.skip(whole.byteCount)
      if header.hasContentChecksum {
        // What is hashed of the frame says where the next bytes are.
        let hashed = Int(truncatingIfNeeded: contentHash.byteCount)
        target.hash(from: frameStart &+ hashed, into: &contentHash)
      }
      if isAtEnd {
        endBlock()
        return true
      }
    } while !source.isEmpty
    return false
  }

  /// True at the end of the block.
  private mutating func moveStored(_ piece: inout SourceCursor) throws(DecodeError) -> Bool {
    let end = target.literalsEnd(reading: piece)
    _ = target.append(from: &piece, limit: .max, end: end)
    if piece.offset == dataEnd { return true }
    guard target.count < end else {
      throw DecodeError(
        status: end == target.capacity ? .target_full : .in_place_overrun, offset: dataStart)
    }
    return false
  }

  /// Counts a block once all of it has come, without a look at it.
  @inline(never)
  private mutating func surveyBlock(_ source: inout SourceCursor) -> Bool {
    source.skip(source.prefix(dataEnd &- source.offset).byteCount)
    guard source.offset == dataEnd else { return false }
    survey?.countBlock(
      byteCount: dataEnd &- dataStart, isStored: phase == .storedBlock,
      blockMaximum: format == .legacy ? LegacyFormat.blockMaximum : header.blockMaximum)
    endBlock()
    return true
  }

  private mutating func endBlock() {
    if header.hasBlockChecksums {
      expect(.blockChecksum)
    } else {
      blockIndex &+= 1
      expect(format == .legacy ? .legacyBlockSize : .blockSize)
    }
  }
}
