extension UInt64 {
  /// A count is never negative, so nothing can go wrong, and no trap is needed for it.
  @inline(__always)
  init(count: Int) { self.init(truncatingIfNeeded: count) }
}

/// Bytes of the source that are at hand and still to be read.
@safe
struct SourceCursor {
  private(set) var next: UnsafePointer<UInt8>
  private(set) var byteCount: Int
  /// Of `next`, from the start of the source.
  private(set) var offset: UInt64

  init(unsafeStart start: UnsafePointer<UInt8>, byteCount: Int, offset: UInt64) {
    unsafe self.next = start
    self.byteCount = byteCount
    self.offset = offset
  }

  var isEmpty: Bool { byteCount == 0 }

  mutating func readByte() -> UInt8? {
    guard byteCount > 0 else { return nil }
    let byte = unsafe next.pointee
    skip(1)
    return byte
  }

  /// `count` is at most `byteCount`.
  mutating func skip(_ count: Int) {
    unsafe next += count
    byteCount &-= count
    offset &+= UInt64(truncatingIfNeeded: count)
  }

  /// The next bytes, `limit` at most.
  func prefix(_ limit: UInt64) -> SourceCursor {
    let count = limit < UInt64(count: byteCount) ? Int(truncatingIfNeeded: limit) : byteCount
    return unsafe SourceCursor(unsafeStart: next, byteCount: count, offset: offset)
  }

  func hash(into hash: inout XXH32) {
    unsafe hash.update(UnsafeRawPointer(next), byteCount: byteCount)
  }
}

/// Reads the first bytes of a little-endian word, four at most, again.
func withCursor(
  over word: UInt32, byteCount: Int, offset: UInt64,
  _ body: (inout SourceCursor) throws(DecodeError) -> Void
) throws(DecodeError) {
  try unsafe withUnsafeBytes(of: word.littleEndian) { bytes throws(DecodeError) in
    // SAFETY: the four bytes of a local are never at address 0.
    let start = unsafe bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
    var cursor = unsafe SourceCursor(unsafeStart: start, byteCount: byteCount, offset: offset)
    try body(&cursor)
  }
}
