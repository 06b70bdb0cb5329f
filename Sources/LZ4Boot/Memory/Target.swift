import CLZ4Boot

/// The target of a decode, which is the history window too. Only what lies in front of `count` is
/// ever read.
@safe
struct Target {
  let base: UnsafeMutablePointer<UInt8>
  /// Lowered for a while where somebody is to be asked before more is written.
  var capacity: Int
  /// Bytes of output so far.
  private(set) var count = 0
  /// The source lies inside the target. At the end, so that what follows in a struct shares its word.
  let isInPlace: Bool

  init(unsafeBase base: UnsafeMutablePointer<UInt8>, capacity: Int, isInPlace: Bool) {
    unsafe self.base = base
    self.capacity = capacity
    self.isInPlace = isInPlace
  }

  /// No room.
  static var none: Target {
    unsafe Target(
      unsafeBase: UnsafeMutableRawPointer(mutating: Arguments.nowhere)
        .assumingMemoryBound(to: UInt8.self),
      capacity: 0, isInPlace: false)
  }

  /// How far a match may be written without touching source bytes that are still to be read.
  func matchEnd(reading source: SourceCursor) -> Int {
    guard isInPlace else { return capacity }
    let start = index(of: source)
    return start >= count && start <= capacity ? start : capacity
  }

  /// What of the target no source byte that is still to be read lies in, from its start.
  func inFront(of source: SourceCursor) -> Target {
    var part = unsafe Target(
      unsafeBase: base, capacity: matchEnd(reading: source), isInPlace: false)
    part.count = count
    return part
  }

  /// Where the next byte of the source would lie in the target.
  private func index(of source: SourceCursor) -> Int {
    unsafe Int(bitPattern: source.next) &- Int(bitPattern: base)
  }

  /// What is wrong with the place of a chunk of the source, or ok.
  func status(ofPlaceOf source: SourceCursor) -> lz4boot_status {
    let start = index(of: source)
    if source.isEmpty || start >= capacity || start <= 0 &- source.byteCount { return .ok }
    // They overlap. All of it has to lie in front of output that is still to come.
    guard isInPlace && start >= 0 && source.byteCount <= capacity &- start else {
      return .bad_argument
    }
    return start < count ? .in_place_overrun : .ok
  }

  /// Whether `byteCount` more bytes of output would lie on bytes of the source that are still to be
  /// read.
  func wouldOverwrite(_ source: SourceCursor, with byteCount: Int) -> Bool {
    let distance = index(of: source) &- count
    return isInPlace && distance >= 0 && distance < byteCount
  }

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
    let place = unsafe base + count
    unsafe copyForward(from: UnsafePointer(place - offset), to: place, byteCount: byteCount)
    count &+= byteCount
  }

  /// Decodes sequences fast, from a match offset to another. `matchNibble` is the match's.
  mutating func appendSequences(
    from source: inout SourceCursor, matchNibble: inout UInt8, windowStart: Int, end: Int
  ) {
    let start = unsafe FastLoop.Place(
      source: source.next, target: base + count, matchNibble: Int(matchNibble))
    let stop = unsafe FastLoop.run(
      from: start, sourceEnd: source.end, targetEnd: base + end,
      windowStart: base + windowStart)
    unsafe source.skip(stop.source - start.source)
    unsafe count = stop.target - base
    matchNibble = UInt8(truncatingIfNeeded: stop.matchNibble)
  }

  /// Counts bytes as output that are there already.
  mutating func skip(_ byteCount: Int) { count &+= byteCount }

  /// Hashes output from `start` to `end`, up to its last whole stripe. What it held when it ended at
  /// `earlierEnd` is hashed already.
  func hash(from start: Int, earlierEnd: Int, end: Int, into hash: inout XXH32) {
    let done = XXH32.stripesByteCount(earlierEnd &- start)
    let byteCount = XXH32.stripesByteCount(end &- start) &- done
    unsafe hash.update(UnsafeRawPointer(base + (start &+ done)), byteCount: byteCount)
  }

  /// The digest of the output from `start` on, of which the whole stripes are hashed.
  func digest(of hash: XXH32, from start: Int) -> UInt32 {
    let byteCount = count &- start
    let tail = start &+ XXH32.stripesByteCount(byteCount)
    return unsafe hash.digest(
      byteCount: UInt64(count: byteCount), tail: UnsafeRawPointer(base + tail))
  }
}
