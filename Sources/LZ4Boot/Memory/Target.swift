/// The target of a decode, which is the history window too. Only what lies in front of `count` is
/// ever read.
@safe
struct Target {
  let base: UnsafeMutablePointer<UInt8>
  let capacity: Int
  /// The source lies inside the target.
  let isInPlace: Bool
  /// Bytes of output so far.
  private(set) var count = 0
  /// In place, while bytes of the source are read from elsewhere: where its unread part starts.
  private var fence: Int

  init(unsafeBase base: UnsafeMutablePointer<UInt8>, capacity: Int, isInPlace: Bool) {
    unsafe self.base = base
    self.capacity = capacity
    self.isInPlace = isInPlace
    self.fence = capacity
  }

  /// How far a match may be written without touching source bytes that are still to be read.
  func matchEnd(reading source: SourceCursor) -> Int {
    guard isInPlace else { return capacity }
    let start = index(of: source)
    return start >= count && start <= capacity ? start : fence
  }

  /// How far literals may be moved: they may well overwrite themselves, as a byte is read before a
  /// byte at or below its place is written.
  func literalsEnd(reading source: SourceCursor) -> Int {
    guard isInPlace else { return capacity }
    let start = index(of: source)
    return start >= count && start <= capacity ? capacity : fence
  }

  /// Where the next byte of the source would lie in the target.
  private func index(of source: SourceCursor) -> Int {
    unsafe Int(bitPattern: source.next) &- Int(bitPattern: base)
  }

  enum Overlap {
    case none
    /// All of it lies in front of output that is still to come.
    case ahead
    /// Part of it is overwritten already.
    case overwritten
    /// It starts outside the target.
    case crossing
  }

  func overlap(with source: SourceCursor) -> Overlap {
    let start = index(of: source)
    if source.isEmpty || start >= capacity || start <= 0 &- source.byteCount { return .none }
    if start < 0 || source.byteCount > capacity &- start { return .crossing }
    return start < count ? .overwritten : .ahead
  }

  /// Protects the source from here on while copies of its last bytes are decoded.
  mutating func setFence(before source: SourceCursor) {
    if isInPlace { fence = matchEnd(reading: source) }
  }

  mutating func clearFence() { fence = capacity }

  /// Moves bytes from the source to the output: as many as are at hand, `limit` at most, up to
  /// `end`.
  mutating func append(from source: inout SourceCursor, limit: Int, end: Int) -> Int {
    let moved = min(limit, min(source.byteCount, end &- count))
    unsafe copyForward(from: source.next, to: base + count, byteCount: moved)
    source.skip(moved)
    count &+= moved
    return moved
  }

  /// Repeats `byteCount` bytes that start `offset` bytes back; 1 ≤ offset ≤ count, and the room is
  /// there.
  mutating func appendMatch(offset: Int, byteCount: Int) {
    unsafe copyMatch(to: base + count, offset: offset, byteCount: byteCount)
    count &+= byteCount
  }

  /// Decodes sequences fast, from a match's offset on, and returns where that stopped.
  /// `matchNibble` is the match's.
  mutating func appendSequences(
    from source: inout SourceCursor, matchNibble: inout Int, windowStart: Int, end: Int
  ) -> FastLoop.Stop {
    let start = unsafe source.next
    var loop = unsafe FastLoop(
      source: start, sourceEnd: start + source.byteCount, target: base + count,
      targetEnd: base + end, windowStart: base + windowStart, matchNibble: matchNibble)
    let stop = loop.run()
    unsafe source.skip(loop.source - start)
    unsafe count = loop.target - base
    matchNibble = loop.matchNibble
    return stop
  }

  func hash(from start: Int, into hash: inout XXH32) {
    unsafe hash.update(UnsafeRawPointer(base + start), byteCount: count &- start)
  }
}
