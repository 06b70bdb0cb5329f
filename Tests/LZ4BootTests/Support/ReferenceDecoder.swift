import CLZ4Boot

/// Why a reference decode stops early.
struct Fault: Error {
  var status: lz4boot_status
  var offset: Int
  var expected: UInt64 = 0
  var actual: UInt64 = 0
}

/// The contract as plain code: the whole source at hand, a byte at a time, no fast path.
struct ReferenceDecoder {
  let source: [UInt8]
  let capacity: Int
  let flags: UInt32
  var position = 0
  var output: [UInt8] = []
  var format = Format.none
  var blockIndex = 0

  init(source: [UInt8], capacity: Int, flags: UInt32 = 0) {
    self.source = source
    self.capacity = capacity
    self.flags = flags
  }

  /// What `lz4boot_decode` must come to.
  static func decode(_ source: [UInt8], capacity: Int, flags: UInt32 = 0) -> Outcome {
    var decoder = ReferenceDecoder(source: source, capacity: capacity, flags: flags)
    do throws(Fault) {
      try decoder.decodeSource()
      return decoder.outcome(Fault(status: .ok, offset: decoder.position))
    } catch {
      return decoder.outcome(error)
    }
  }

  /// What `lz4boot_decode_block` must come to.
  static func decodeBlock(_ source: [UInt8], capacity: Int) -> Outcome {
    var decoder = ReferenceDecoder(source: source, capacity: capacity)
    decoder.format = Format.rawBlock
    do throws(Fault) {
      try decoder.decodeBlock(end: source.count, windowStart: 0, limit: capacity)
      return decoder.outcome(Fault(status: .ok, offset: source.count))
    } catch {
      return decoder.outcome(error)
    }
  }

  private func outcome(_ fault: Fault) -> Outcome {
    Outcome(
      status: fault.status, format: format, sourceOffset: fault.offset, blockIndex: blockIndex,
      expected: fault.expected, actual: fault.actual, output: output)
  }

  // MARK: Blocks

  /// - Parameters:
  ///   - end: where the block ends, which may lie behind the end of the source.
  ///   - limit: how long the output may get by the block maximum.
  mutating func decodeBlock(end: Int, windowStart: Int, limit: Int) throws(Fault) {
    while true {
      let token = Int(try byte(before: end))
      try decodeLiterals(count: try length(token >> 4, before: end), end: end, limit: limit)
      if position == end { return }
      try decodeMatch(token: token, end: end, windowStart: windowStart, limit: limit)
    }
  }

  private mutating func decodeLiterals(count: Int, end: Int, limit: Int) throws(Fault) {
    let start = position
    guard count <= end - position else { throw Fault(status: .literals_overrun, offset: start) }
    for _ in 0..<count {
      try checkRoom(limit: limit, offset: start)
      output.append(try byte(before: end))
    }
  }

  private mutating func decodeMatch(
    token: Int, end: Int, windowStart: Int, limit: Int
  ) throws(Fault) {
    let start = position
    let low = Int(try byte(before: end))
    let offset = Int(try byte(before: end)) << 8 | low
    guard offset > 0 else { throw Fault(status: .offset_zero, offset: start) }
    guard offset <= output.count - windowStart else {
      throw Fault(status: .offset_out_of_range, offset: start)
    }
    let count = try length(token & 15, before: end) + 4
    for _ in 0..<count {
      try checkRoom(limit: limit, offset: start)
      output.append(output[output.count - offset])
    }
  }

  private func checkRoom(limit: Int, offset: Int) throws(Fault) {
    if output.count >= limit, limit < capacity || format != Format.rawBlock {
      throw Fault(status: .block_too_large, offset: offset)
    }
    if output.count >= capacity { throw Fault(status: .target_full, offset: offset) }
  }

  private mutating func length(_ nibble: Int, before end: Int) throws(Fault) -> Int {
    guard nibble == 15 else { return nibble }
    var length = 15
    while true {
      let next = try byte(before: end)
      length += Int(next)
      if next < 255 { return length }
    }
  }

  // MARK: Bytes

  mutating func byte(before end: Int = .max) throws(Fault) -> UInt8 {
    guard position < min(end, source.count) else {
      throw Fault(status: .truncated_input, offset: min(end, source.count))
    }
    position += 1
    return source[position - 1]
  }

  mutating func word(byteCount: Int = 4) throws(Fault) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<byteCount { word |= UInt64(try byte()) << UInt64(8 * index) }
    return word
  }
}
