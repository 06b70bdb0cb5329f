/// Where alignment is enforced, wide copies are copies byte by byte and memory is Device memory:
/// nothing is fast, and code and stack are saved.
#if LZ4BOOT_STRICT_ALIGNMENT
  let isAlignmentStrict = true
#else
  let isAlignmentStrict = false
#endif

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

/// Moves 32 bytes, all of which are read before any is written.
@inline(__always)
func copy32(from source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) {
  let first = unsafe load64(source)
  let second = unsafe load64(source + 8)
  let third = unsafe load64(source + 16)
  let fourth = unsafe load64(source + 24)
  unsafe store64(first, at: target)
  unsafe store64(second, at: target + 8)
  unsafe store64(third, at: target + 16)
  unsafe store64(fourth, at: target + 24)
}

/// Moves exactly `byteCount` bytes, each read behind the writes of those in front of it. So a source
/// that ends behind the start of the target is repeated, and one that starts behind it may be
/// overwritten.
@inline(never)
func copyForward(
  from start: UnsafePointer<UInt8>, to place: UnsafeMutablePointer<UInt8>, byteCount: Int
) {
  var target = unsafe place
  let end = unsafe place + byteCount
  /// From a byte of the target to the one to move there.
  let way = unsafe start - UnsafePointer(place)
  var wideWay = way
  var bytesEnd = unsafe end
  if !isAlignmentStrict && byteCount >= 64 {
    // What is repeated is repeated in twice that length, too: go back by 32 at least.
    while wideWay < 0 && wideWay > -32 { wideWay &*= 2 }
    // Byte by byte up to there, and up to where no load crosses a boundary, which is faster: 52
    // bytes at most, and for one of 32 there is room in front of `end`.
    let unalignedByteCount = (0 &- Int(bitPattern: start)) & 7
    unsafe bytesEnd = place + (way &- wideWay &+ unalignedByteCount)
  }
  while true {
    while unsafe target < bytesEnd {
      unsafe target.pointee = (target + way).pointee
      unsafe target += 1
    }
    if unsafe isAlignmentStrict || target == end { return }
    var source = unsafe UnsafePointer(target + wideWay)
    let wideEnd = unsafe end - 32
    while unsafe target <= wideEnd {
      unsafe copy32(from: source, to: target)
      unsafe source += 32
      unsafe target += 32
    }
    unsafe bytesEnd = end
  }
}

/// Repeats what lies `offset` bytes in front of the target, up to `end` and 31 bytes more.
@inline(__always)
func copyMatchRoundedUp(
  from source: UnsafePointer<UInt8>, to start: UnsafeMutablePointer<UInt8>, offset: Int,
  end: UnsafeMutablePointer<UInt8>
) {
  // SAFETY: what a copy reads ends at or below the place to which it writes.
  var target = unsafe start
  var match = unsafe source
  if _fastPath(offset >= 16) {
    unsafe copy16(from: match, to: target)
    unsafe copy16(from: match + 16, to: target + 16)
    unsafe target += 32
    while unsafe target < end {
      unsafe match += 32
      unsafe copy16(from: match, to: target)
      unsafe copy16(from: match + 16, to: target + 16)
      unsafe target += 32
    }
    return
  }
  // What is repeated is repeated in twice that length, too: go back by 8 at least.
  var wideOffset = offset
  while wideOffset < 8 { wideOffset &*= 2 }
  let bytesEnd = unsafe target + (wideOffset &- offset)
  while unsafe target < bytesEnd {
    unsafe target.pointee = (target - offset).pointee
    unsafe target += 1
  }
  repeat {
    unsafe copy8(from: match, to: target)
    unsafe match += 8
    unsafe target += 8
  } while unsafe target < end
}
