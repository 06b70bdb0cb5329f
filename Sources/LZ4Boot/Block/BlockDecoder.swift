import CLZ4Boot

/// Decodes one compressed block, resumable at any byte ("LZ4 Block Format Description").
///
/// Sequence: [token:u8][literal length:u8*][literals][offset:u16le][match length:u8*]; the last one
/// ends behind its literals. This is the only judge of a block: the fast loop leaves everything
/// that it is not sure of to it.
struct BlockDecoder {
  /// Which field comes next.
  private enum Field {
    case token, literalLength, literals, offsetLow, offsetHigh, matchLength, match
  }

  private var field = Field.token
  /// The match length in the token.
  private var matchNibble: UInt8 = 0
  private var offset: UInt16 = 0
  /// Bytes of the literals or the match that are yet to be output.
  private var length: UInt64 = 0
  /// Source offset at which the literals or the match offset start.
  private var fieldOffset: UInt64 = 0

  /// Matches reach back to this index of the target at most.
  private let windowStart: Int
  /// The block's output may not reach beyond this index of the target.
  private let outputEnd: Int

  init(windowStart: Int, outputEnd: Int) {
    self.windowStart = windowStart
    self.outputEnd = outputEnd
  }

  /// Decodes what is at hand. True once the block is complete, false when more of it is needed.
  ///
  /// `source` does not reach beyond the block, which ends at the source offset `blockEnd`. Where the
  /// target is full it can go on too, once there is more room. Made for size: where there is plenty,
  /// the fast loop does the work.
  @inline(never) @_optimize(size)
  mutating func decode(
    from source: inout SourceCursor, into target: inout Target, blockEnd: UInt64
  ) throws(DecodeError) -> Bool {
    while true {
      if field == .token {
        guard let token = source.readByte() else { break }
        matchNibble = token & 15
        length = UInt64(token >> 4)
        fieldOffset = source.offset
        field = length == BlockFormat.extendedLength ? .literalLength : .literals
      }
      if field == .literalLength {
        guard addLength(from: &source) else { break }
        fieldOffset = source.offset
        field = .literals
      }
      if field == .literals {
        guard length <= blockEnd &- source.offset else { throw error(.literals_overrun) }
        guard try moveLiterals(&source, &target) else { break }
        if source.offset == blockEnd { return true }
        field = .offsetLow
      }
      if field == .offsetLow {
        let end = matchEnd(source, target)
        if FastLoop.isWorthIt(source, target, end: end) {
          // What stops it is not for it: the next sequence is decoded here.
          target.appendSequences(
            from: &source, matchNibble: &matchNibble, windowStart: windowStart, end: end)
        }
        fieldOffset = source.offset
        guard let byte = source.readByte() else { break }
        offset = UInt16(byte)
        field = .offsetHigh
      }
      if field == .offsetHigh {
        guard let byte = source.readByte() else { break }
        offset |= UInt16(byte) &<< 8
        guard offset > 0 else { throw error(.offset_zero) }
        guard Int(offset) <= target.count &- windowStart else {
          throw error(.offset_out_of_range)
        }
        length = UInt64(matchNibble) &+ UInt64(count: BlockFormat.matchLengthMin)
        field = matchNibble == BlockFormat.extendedLength ? .matchLength : .match
      }
      if field == .matchLength {
        guard addLength(from: &source) else { break }
        field = .match
      }
      try appendMatch(source, &target)
      field = .token
    }
    if source.offset < blockEnd { return false }
    throw DecodeError(status: .truncated_input, offset: blockEnd)
  }

  /// Adds up the bytes of an extended length; false if more are needed. They are at most as many as
  /// the source's, so 64 bits hold the sum.
  @inline(never)
  private mutating func addLength(from source: inout SourceCursor) -> Bool {
    while let byte = source.readByte() {
      length &+= UInt64(byte)
      if byte != BlockFormat.lengthContinues { return true }
    }
    return false
  }

  /// False if more of them are needed.
  private mutating func moveLiterals(
    _ source: inout SourceCursor, _ target: inout Target
  ) throws(DecodeError) -> Bool {
    // In place they may well overwrite themselves: a byte is read before one at or below its place
    // is written.
    let end = min(outputEnd, target.capacity)
    // The literals lie inside the block, whose size is an Int's.
    let limit = Int(truncatingIfNeeded: length)
    length &-= UInt64(count: target.append(from: &source, limit: limit, end: end))
    if length > 0 && target.count == end { throw outOfRoom(target) }
    return length == 0
  }

  private func matchEnd(_ source: SourceCursor, _ target: Target) -> Int {
    min(outputEnd, target.matchEnd(reading: source))
  }

  /// As far as there is room.
  private mutating func appendMatch(
    _ source: SourceCursor, _ target: inout Target
  ) throws(DecodeError) {
    let room = matchEnd(source, target) &- target.count
    let count = length < UInt64(count: room) ? Int(truncatingIfNeeded: length) : room
    target.appendMatch(offset: Int(offset), byteCount: count)
    length &-= UInt64(count: count)
    guard length == 0 else { throw outOfRoom(target) }
  }

  @inline(never)
  private func outOfRoom(_ target: Target) -> DecodeError {
    error(
      target.count == outputEnd
        ? .block_too_large
        : target.count == target.capacity ? .target_full : .in_place_overrun)
  }

  /// What is wrong with the field at hand.
  private func error(_ status: lz4boot_status) -> DecodeError {
    DecodeError(status: status, offset: fieldOffset)
  }
}
