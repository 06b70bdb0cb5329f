extension UInt64 {
  /// A count is never negative, so nothing can go wrong, and no trap is needed for it.
  @inline(__always)
  init(count: Int) { self.init(truncatingIfNeeded: count) }
}

/// Bytes of the source that are at hand and still to be read.
@safe
struct SourceCursor {
  private(set) var next: UnsafePointer<UInt8>
  private(set) var end: UnsafePointer<UInt8>
  /// Added to an address, it makes an offset from the start of the source.
  private var offsetOfAddressZero: UInt64

  init(unsafeStart start: UnsafePointer<UInt8>, byteCount: Int, offset: UInt64) {
    unsafe next = start
    unsafe end = start + byteCount
    unsafe offsetOfAddressZero = offset &- Self.address(start)
  }

  private static func address(_ place: UnsafePointer<UInt8>) -> UInt64 {
    UInt64(truncatingIfNeeded: UInt(bitPattern: place))
  }

  var byteCount: Int { unsafe end - next }

  /// Of `next`, from the start of the source.
  var offset: UInt64 { unsafe offsetOfAddressZero &+ Self.address(next) }

  /// No bytes.
  static var none: SourceCursor {
    unsafe SourceCursor(
      unsafeStart: Arguments.nowhere.assumingMemoryBound(to: UInt8.self), byteCount: 0, offset: 0)
  }

  var isEmpty: Bool { unsafe next == end }

  mutating func readByte() -> UInt8? {
    if isEmpty { return nil }
    let byte = unsafe next.pointee
    skip(1)
    return byte
  }

  /// `count` is at most `byteCount`.
  mutating func skip(_ count: Int) { unsafe next += count }

  /// Goes back over bytes that were read from here.
  mutating func unread(_ count: Int) { skip(0 &- count) }

  /// Leaves the next bytes only, `limit` at most, and returns how many are hidden, for `widen`.
  mutating func narrow(to limit: UInt64) -> Int {
    guard limit < UInt64(count: byteCount) else { return 0 }
    let hidden = byteCount &- Int(truncatingIfNeeded: limit)
    unsafe end += 0 &- hidden
    return hidden
  }

  mutating func widen(by hiddenByteCount: Int) { unsafe end += hiddenByteCount }

  /// Nothing is at hand any more; `offset` tells where.
  mutating func stop(at offset: UInt64) {
    unsafe offsetOfAddressZero = offset &- Self.address(next)
    unsafe end = next
  }

  /// Reads whole stripes.
  mutating func moveStripes(into hash: inout XXH32) {
    let count = XXH32.stripesByteCount(byteCount)
    unsafe hash.update(UnsafeRawPointer(next), byteCount: count)
    skip(count)
  }
}

/// Reads the first bytes of a little-endian word, four at most, again.
func withCursor<Result>(
  over word: UInt32, byteCount: Int, offset: UInt64, _ body: (inout SourceCursor) -> Result
) -> Result {
  unsafe withUnsafeBytes(of: word.littleEndian) { bytes in
    // SAFETY: the four bytes of a local are never at address 0.
    let start = unsafe bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
    var cursor = unsafe SourceCursor(unsafeStart: start, byteCount: byteCount, offset: offset)
    return body(&cursor)
  }
}
