import CLZ4Boot

/// The data of blocks.
extension Stream {
  /// Data is hashed and decoded in pieces of this size, while both sides of it are in the caches.
  /// Every piece costs some thousand cycles, as its last bytes are decoded one by one: smaller ones,
  /// for the first-level cache alone, take longer.
  private static let pieceByteCount: UInt64 = 32 << 10

  @inline(never)
  mutating func startBlock(windowStart: Int, blockMaximum: UInt32) -> Bool {
    let (end, overflow) = target.count.addingReportingOverflow(
      Int(truncatingIfNeeded: blockMaximum))
    block = BlockDecoder(windowStart: windowStart, outputEnd: overflow ? .max : end)
    return expect(.compressedBlock)
  }

  /// Takes a piece of a block's data, and hashes both sides of it.
  @inline(never)
  mutating func takeBlock() -> Bool {
    if !isPaused {
      let left = dataEnd &- source.offset
      let isHashed = header.hasBlockChecksums || header.hasContentChecksum
      narrow(to: isHashed ? min(left, Self.pieceByteCount) : left)
      // In place, decoding may overwrite what it has read: hash first.
      if header.hasBlockChecksums { hashData() }
    }
    isPaused = false
    let earlierEnd = target.count
    var isAtEnd = false
    if phase == .storedBlock {
      isAtEnd = moveStored()
      guard status == .ok else { return false }
    } else {
      do throws(DecodeError) {
        isAtEnd = try block.decode(from: &source, into: &target, blockEnd: dataEnd)
      } catch {
        guard pauses(at: error.status) else { return refuse(error.status, at: error.offset) }
      }
    }
    if !isPaused { widen() }
    if header.hasContentChecksum {
      target.hash(
        from: frameStart, earlierEnd: earlierEnd, end: target.count, into: &contentHash)
    }
    return isAtEnd ? endBlock() : !isPaused && !source.isEmpty
  }

  /// What is left of the piece is for later if the target is full because it is watched.
  private mutating func pauses(at status: lz4boot_status) -> Bool {
    isPaused = options.isWatched && status == .target_full
    return isPaused
  }

  /// Takes bytes again that were looked at. They are too few for anything but a legacy block and
  /// the start of the next size.
  @inline(never)
  mutating func takeLookahead() -> Bool {
    // A block that starts like a magic or with zeros has less than 15 literals first, and no other
    // output among so few bytes. Those at hand must not lie where the source goes on: only pushes
    // that are not contiguous can get there.
    // The few bytes are decoded at once: where they might reach the end, it is asked before.
    isPaused = options.isWatched && target.capacity &- target.count < 4
    if isPaused { return false }
    let byteCount = min(UInt32(lookaheadCount), dataByteCount)
    if target.wouldOverwrite(source, with: Int(min(byteCount &- 1, (heldWord >> 4) & 15))) {
      return refuse(.in_place_overrun, at: dataStart &+ 1)
    }
    let rest = source
    return withCursor(over: heldWord, byteCount: Int(lookaheadCount), offset: dataStart) { cursor in
      lookaheadCount = 0
      source = cursor
      narrow(to: UInt64(dataByteCount))
      do throws(DecodeError) {
        if try block.decode(from: &source, into: &target, blockEnd: dataEnd) {
          widen()
          endBlock()
          _ = collect(4)
        }
      } catch {
        return refuse(error.status, at: error.offset)
      }
      source = rest
      return true
    }
  }

  /// True at the end of the block.
  @inline(never)
  private mutating func moveStored() -> Bool {
    _ = target.append(from: &source, limit: .max, end: target.capacity)
    if source.offset == dataEnd { return true }
    return target.count < target.capacity || pauses(at: .target_full)
      ? false : refuse(.target_full, at: dataStart)
  }

  /// `field` keeps the start of a stripe whose end is not at hand.
  @inline(never)
  private mutating func hashData() {
    var data = source
    if field.count > 0 {
      guard field.collect(XXH32.stripeByteCount, from: &data) else { return }
      field.moveStripe(into: &blockHash)
    }
    data.moveStripes(into: &blockHash)
    _ = field.collect(XXH32.stripeByteCount, from: &data)
  }

  @inline(never) @discardableResult
  mutating func endBlock() -> Bool {
    if header.hasBlockChecksums {
      heldWord = field.digest(of: blockHash, byteCount: UInt64(dataByteCount))
      return expect(.blockChecksum)
    }
    blockIndex &+= 1
    return expect(format == .legacy ? .legacyBlockSize : .blockSize)
  }
}
