// The copies of the decoder. They read before they write, from low to high addresses, so a source that lies in front
// of the target's end (in place) is read before it is overwritten.

/// Moves 16 bytes. Where one instruction does it (x86), the compiler joins the halves.
@inline(__always)
func copy16(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
  let low = unsafe UnsafeRawPointer(source).loadUnaligned(as: UInt64.self)
  let high = unsafe UnsafeRawPointer(source + 8).loadUnaligned(as: UInt64.self)
  unsafe UnsafeMutableRawPointer(target).storeBytes(of: low, as: UInt64.self)
  unsafe UnsafeMutableRawPointer(target + 8).storeBytes(of: high, as: UInt64.self)
}

@inline(__always)
func copy8(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
  let bytes = unsafe UnsafeRawPointer(source).loadUnaligned(as: UInt64.self)
  unsafe UnsafeMutableRawPointer(target).storeBytes(of: bytes, as: UInt64.self)
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
  if byteCount &- copied >= 8 {
    unsafe copy8(from: source + copied, to: target + copied)
    copied &+= 8
  }
  while copied < byteCount {
    unsafe target[copied] = source[copied]
    copied &+= 1
  }
}

/// Writes exactly `byteCount` bytes, each equal to the one `offset` bytes in front of it.
func copyMatch(to target: UnsafeMutablePointer<UInt8>, offset: Int, byteCount: Int) {
  let match = unsafe UnsafePointer(target - offset)
  if offset >= 16 {
    // SAFETY: no store reaches the next load's bytes, 16 behind its own.
    unsafe copyForward(from: match, to: target, byteCount: byteCount)
    return
  }
  var copied = 0
  while copied < min(byteCount, 16) {
    unsafe target[copied] = match[copied]
    copied &+= 1
  }
  // Sixteen bytes of the pattern stand; every further step repeats them a whole number of periods on.
  let period = 16 &- 16 % offset
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
