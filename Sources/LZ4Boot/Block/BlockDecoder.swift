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
  /// `source` does not reach beyond the block, which ends at the source offset `blockEnd`.
  mutating func decode(
    from source: inout SourceCursor, into target: inout Target, blockEnd: UInt64
  ) throws(DecodeError) -> Bool {
    while true {
      let moreIsNeeded: Bool
      switch field {
      case .token:
        moreIsNeeded = try !readToken(&source, blockEnd)
      case .literalLength:
        moreIsNeeded = try !readLength(&source, blockEnd, next: .literals)
        if !moreIsNeeded { try startLiterals(at: source.offset, blockEnd) }
      case .literals:
        moreIsNeeded = try !moveLiterals(&source, &target)
        if !moreIsNeeded && source.offset == blockEnd { return true }
      case .offsetLow where FastLoop.isWorthIt && runFastLoop(&source, &target) == .atToken:
        field = .token
        moreIsNeeded = false
      case .offsetLow, .offsetHigh:
        moreIsNeeded = try !readOffset(&source, blockEnd, target.count)
      case .matchLength:
        moreIsNeeded = try !readLength(&source, blockEnd, next: .match)
      case .match:
        try appendMatch(source, &target)
        moreIsNeeded = false
      }
      if moreIsNeeded { return false }
    }
  }

  private mutating func runFastLoop(
    _ source: inout SourceCursor, _ target: inout Target
  ) -> FastLoop.Stop {
    let end = min(outputEnd, target.matchEnd(reading: source))
    var nibble = Int(matchNibble)
    let stop = target.appendSequences(
      from: &source, matchNibble: &nibble, windowStart: windowStart, end: end)
    matchNibble = UInt8(truncatingIfNeeded: nibble)
    return stop
  }

  /// The next byte, nil when it is not at hand. Every field read by this must be inside the block.
  private func readByte(
    _ source: inout SourceCursor, _ blockEnd: UInt64
  ) throws(DecodeError) -> UInt8? {
    guard source.offset < blockEnd else {
      throw DecodeError(status: .truncated_input, offset: blockEnd)
    }
    return source.readByte()
  }

  private mutating func readToken(
    _ source: inout SourceCursor, _ blockEnd: UInt64
  ) throws(DecodeError) -> Bool {
    guard let byte = try readByte(&source, blockEnd) else { return false }
    matchNibble = byte & 15
    length = UInt64(byte >> 4)
    if length == BlockFormat.extendedLength {
      field = .literalLength
    } else {
      try startLiterals(at: source.offset, blockEnd)
    }
    return true
  }

  /// Adds up the bytes of an extended length. They are at most as many as the source's, so 64 bits
  /// hold the sum.
  private mutating func readLength(
    _ source: inout SourceCursor, _ blockEnd: UInt64, next: Field
  ) throws(DecodeError) -> Bool {
    while let byte = try readByte(&source, blockEnd) {
      length &+= UInt64(byte)
      if byte != BlockFormat.lengthContinues {
        field = next
        return true
      }
    }
    return false
  }

  private mutating func startLiterals(
    at offset: UInt64, _ blockEnd: UInt64
  ) throws(DecodeError) {
    guard length <= blockEnd &- offset else {
      throw DecodeError(status: .literals_overrun, offset: offset)
    }
    fieldOffset = offset
    field = .literals
  }

  private mutating func moveLiterals(
    _ source: inout SourceCursor, _ target: inout Target
  ) throws(DecodeError) -> Bool {
    let end = min(outputEnd, target.literalsEnd(reading: source))
    // The literals lie inside the block, whose size is an Int's.
    let limit = Int(truncatingIfNeeded: length)
    length &-= UInt64(count: target.append(from: &source, limit: limit, end: end))
    guard length > 0 else {
      field = .offsetLow
      return true
    }
    if target.count == end { throw outOfRoom(target) }
    return false
  }

  /// [offset:u16le]
  private mutating func readOffset(
    _ source: inout SourceCursor, _ blockEnd: UInt64, _ outputCount: Int
  ) throws(DecodeError) -> Bool {
    guard let byte = try readByte(&source, blockEnd) else { return false }
    if field == .offsetLow {
      fieldOffset = source.offset &- 1
      offset = UInt16(byte)
      field = .offsetHigh
      return true
    }
    offset |= UInt16(byte) &<< 8
    guard offset > 0 else { throw DecodeError(status: .offset_zero, offset: fieldOffset) }
    guard Int(offset) <= outputCount &- windowStart else {
      throw DecodeError(status: .offset_out_of_range, offset: fieldOffset)
    }
    length = UInt64(matchNibble) &+ UInt64(count: BlockFormat.matchLengthMin)
    field = matchNibble == BlockFormat.extendedLength ? .matchLength : .match
    return true
  }

  private mutating func appendMatch(
    _ source: SourceCursor, _ target: inout Target
  ) throws(DecodeError) {
    let end = min(outputEnd, target.matchEnd(reading: source))
    let room = end &- target.count
    let count = length < UInt64(count: room) ? Int(truncatingIfNeeded: length) : room
    target.appendMatch(offset: Int(offset), byteCount: count)
    guard UInt64(count: count) == length else { throw outOfRoom(target) }
    field = .token
  }

  private func outOfRoom(_ target: Target) -> DecodeError {
    let status =
      target.count == outputEnd
      ? .block_too_large
      : target.count == target.capacity ? lz4boot_status.target_full : .in_place_overrun
    return DecodeError(status: status, offset: fieldOffset)
  }
}
