import CLZ4Boot

/// What a team needs of the stream.
extension Stream {
  /// Reads up to the first block, which is not decoded.
  mutating func goToFirstBlock() {
    isWhole = true
    while !isInBlock && step() {}
  }

  /// What a core of the team decodes with. It knows nothing of the content checksum, and it keeps
  /// clear of the source, of which others may still read all.
  var worker: Stream {
    @inline(never) get {
      var worker = self
      worker.target = target.inFront(of: source)
      worker.header.hasContentChecksum = false
      return worker
    }
  }

  /// Goes on to the data of the block at `index` of the frame and takes all in front of it for decoded
  /// to the block maximum. False if that cannot be: it stays in front of what stands in the way.
  @inline(never)
  mutating func seek(block index: UInt64) -> Bool {
    // Ends: every round reads a field or skips a block.
    while !isInBlock || blockIndex < index {
      switch phase {
      case .compressedBlock, .storedBlock:
        guard skipBlock(producing: Int(blockMaximum)) else { return false }
      case .blockSize, .legacyBlockSize, .legacySizeOrBlock:
        guard step() else { return false }
      default:
        return false
      }
    }
    return true
  }

  /// Goes on behind the block at hand, which has been decoded to so many bytes. False if source or
  /// target end before.
  @inline(never)
  mutating func skipBlock(producing byteCount: Int) -> Bool {
    let checksumByteCount = header.hasBlockChecksums ? 4 : 0
    let skipped = Int(dataByteCount) &+ checksumByteCount
    guard skipped <= source.byteCount, byteCount <= target.capacity &- target.count
    else { return false }
    source.skip(skipped)
    target.skip(byteCount)
    blockIndex &+= 1
    return expect(format == .legacy ? .legacyBlockSize : .blockSize)
  }

  /// Takes over what a team has decoded, and goes on from there alone.
  @inline(never)
  mutating func goOn(behind result: Team.Result) {
    guard status == .ok else { return }
    if seek(block: result.blockCount), result.tailByteCount > 0 {
      _ = skipBlock(producing: result.tailByteCount)
    }
    if header.hasContentChecksum {
      contentHash = result.hash
      target.hash(
        from: frameStart, earlierEnd: result.hashedEnd, end: target.count, into: &contentHash)
    }
    if status == .ok { runWhole() }
  }
}
