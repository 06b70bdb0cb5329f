// The loads, stores and copies of the decoder. Copies read before they write, from low to high
// addresses, so a source that lies in front of the target's end (in place) is read before it is
// overwritten.

@inline(__always)
func load32(_ source: UnsafePointer<UInt8>) -> UInt32 {
  unsafe UnsafeRawPointer(source).loadUnaligned(as: UInt32.self).littleEndian
}

@inline(__always)
func load64(_ source: UnsafePointer<UInt8>) -> UInt64 {
  unsafe UnsafeRawPointer(source).loadUnaligned(as: UInt64.self)
}

@inline(__always)
func store64(_ bytes: UInt64, at target: UnsafeMutablePointer<UInt8>) {
  unsafe UnsafeMutableRawPointer(target).storeBytes(of: bytes, as: UInt64.self)
}

@inline(__always)
func copy8(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
  unsafe store64(load64(source), at: target)
}

/// Moves 16 bytes: a pair of general registers. Where one wide register does it (x86), the compiler
/// joins the halves.
@inline(__always)
func copy16(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
  let low = unsafe load64(source)
  let high = unsafe load64(source + 8)
  unsafe store64(low, at: target)
  unsafe store64(high, at: target + 8)
}

/// Moves 32 bytes from 16 bytes back or further (`isFar`), or else from 8 bytes back or further.
@inline(__always)
func copy32(
  from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, isFar: Bool
) {
  if isFar {
    unsafe copy16(from: source, to: target)
    unsafe copy16(from: source + 16, to: target + 16)
  } else {
    unsafe copy8(from: source, to: target)
    unsafe copy8(from: source + 8, to: target + 8)
    unsafe copy8(from: source + 16, to: target + 16)
    unsafe copy8(from: source + 24, to: target + 24)
  }
}

/// Moves exactly `byteCount` bytes to a place that overlaps the source not at all or from below.
func copyForward(
  from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, byteCount: Int
) {
  var copied = 0
  while byteCount &- copied >= 16 {
    unsafe copy16(from: source + copied, to: target + copied)
    copied &+= 16
  }
  while copied < byteCount {
    unsafe target[copied] = source[copied]
    copied &+= 1
  }
}

/// Writes exactly `byteCount` bytes, each equal to the one `offset` bytes in front of it.
func copyMatch(to target: UnsafeMutablePointer<UInt8>, offset: Int, byteCount: Int) {
  let match = unsafe UnsafePointer(target + (0 &- offset))
  if offset >= 16 {
    // SAFETY: a load ends at or below the place of the store that follows it.
    unsafe copyForward(from: match, to: target, byteCount: byteCount)
    return
  }
  var copied = 0
  while copied < min(byteCount, 16) {
    unsafe target[copied] = match[copied]
    copied &+= 1
  }
  // Sixteen bytes of the pattern stand; every further step repeats them a whole number of periods
  // on.
  var period = offset
  while period &+ offset <= 16 { period &+= offset }
  copied = min(copied, period)
  while byteCount &- copied >= 16 {
    unsafe copy16(from: UnsafePointer(target), to: target + copied)
    copied &+= period
  }
  while copied < byteCount {
    unsafe target[copied] = match[copied]
    copied &+= 1
  }
}
