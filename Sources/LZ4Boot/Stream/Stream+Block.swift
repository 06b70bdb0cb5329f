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

  @inline(__always)
  mutating func decodeBlock(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    try takeData(&source) { stream, piece throws(DecodeError) in
      try stream.block.decode(
        from: &piece, into: &stream.target, blockEnd: stream.dataEnd)
    }
  }

  mutating func moveStoredBlock(_ source: inout SourceCursor) throws(DecodeError) -> Bool {
    try takeData(&source) { stream, piece throws(DecodeError) in
      let end = stream.target.literalsEnd(reading: piece)
      _ = stream.target.append(from: &piece, limit: .max, end: end)
      if piece.offset == stream.dataEnd { return true }
      guard stream.target.count < end else {
        throw DecodeError(
          status: end == stream.target.capacity ? .target_full : .in_place_overrun,
          offset: stream.dataStart)
      }
      return false
    }
  }

  /// Hands the block's data to `take`, which returns true at the end of the block, and hashes both
  /// sides.
  @inline(__always)
  private mutating func takeData(
    _ source: inout SourceCursor,
    _ take: (inout Stream, inout SourceCursor) throws(DecodeError) -> Bool
  ) throws(DecodeError) -> Bool {
    if survey != nil {
      source.skip(source.prefix(dataEnd &- source.offset).byteCount)
      guard source.offset == dataEnd else { return false }
      endBlock()
      return true
    }
    let isHashed = header.hasBlockChecksums || header.hasContentChecksum
    repeat {
      let left = dataEnd &- source.offset
      let whole = source.prefix(isHashed ? min(left, Self.pieceByteCount) : left)
      // In place, decoding may overwrite what it has read: hash first.
      if header.hasBlockChecksums { whole.hash(into: &blockHash) }
      var piece = whole
      let isAtEnd = try take(&self, &piece)
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

  private mutating func endBlock() {
    if header.hasBlockChecksums {
      expect(.blockChecksum)
    } else {
      blockIndex &+= 1
      expect(format == .legacy ? .legacyBlockSize : .blockSize)
    }
  }
}
