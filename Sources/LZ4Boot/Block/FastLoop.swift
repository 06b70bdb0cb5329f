/// Decodes sequences while there is plenty of source and of room, and stops in front of the first one that it is not
/// sure of: near an end, with an invalid offset, with a very long length. It never judges.
@safe
struct FastLoop {
  private(set) var source: UnsafePointer<UInt8>
  private(set) var target: UnsafeMutablePointer<UInt8>
  private let windowStart: UnsafeMutablePointer<UInt8>

  /// A sequence with short lengths reads at most a token, 16 bytes at its literals and an offset behind them:
  /// 1 + max(16, 14 + 2) = 17 bytes.
  private static let sourceSlack = 17
  /// It writes 16 bytes at its literals, and 32 bytes at the match behind at most 14 of them.
  private static let targetSlack = 14 + 32

  init(
    source: UnsafePointer<UInt8>, target: UnsafeMutablePointer<UInt8>,
    windowStart: UnsafeMutablePointer<UInt8>
  ) {
    unsafe self.source = source
    unsafe self.target = target
    unsafe self.windowStart = windowStart
  }

  mutating func run(sourceEnd: UnsafePointer<UInt8>, targetEnd: UnsafeMutablePointer<UInt8>) {
    var source = unsafe self.source
    var target = unsafe self.target
    defer {
      unsafe self.source = source
      unsafe self.target = target
    }
    // SAFETY: by subtraction, as an end minus slack could lie in front of address 0.
    while unsafe sourceEnd - source >= Self.sourceSlack && targetEnd - target >= Self.targetSlack {
      let token = unsafe Int(source.pointee)
      var literals = unsafe source + 1
      var literalCount = token >> 4
      if literalCount == BlockFormat.extendedLength {
        guard
          let end = unsafe Self.extend(
            &literalCount, from: literals, sourceEnd: sourceEnd)
        else { return }
        unsafe literals = end
        // SAFETY: room for the literals, rounded up to 16, on both sides, for the offset behind them and for the
        // shortest match.
        guard
          unsafe sourceEnd - literals >= Self.sourceSlack &+ literalCount,
          unsafe targetEnd - target >= Self.targetSlack &+ literalCount
        else { return }
        var copied = 16
        while copied < literalCount {
          unsafe copy16(from: literals + copied, to: target + copied)
          copied &+= 16
        }
      }
      unsafe copy16(from: literals, to: target)
      var next = unsafe literals + literalCount
      let output = unsafe target + literalCount
      let offset = unsafe Int(UnsafeRawPointer(next).loadUnaligned(as: UInt16.self).littleEndian)
      unsafe next += 2
      // One comparison for both: offset 0 wraps around to the largest number.
      guard unsafe UInt(bitPattern: offset &- 1) < UInt(bitPattern: output - windowStart) else {
        return
      }
      var matchCount = token & 15
      if matchCount == BlockFormat.extendedLength {
        guard
          let end = unsafe Self.extend(&matchCount, from: next, sourceEnd: sourceEnd)
        else { return }
        unsafe next = end
        guard unsafe targetEnd - output >= Self.targetSlack &+ matchCount else { return }
      }
      matchCount &+= BlockFormat.matchLengthMin
      let match = unsafe UnsafePointer(output - offset)
      if offset >= 16 {
        unsafe copy16(from: match, to: output)
        var copied = 16
        while copied < matchCount {
          unsafe copy16(from: match + copied, to: output + copied)
          copied &+= 16
        }
      } else {
        unsafe copyMatch(to: output, offset: offset, byteCount: matchCount)
      }
      unsafe source = next
      unsafe target = output + matchCount
    }
  }

  /// Adds an extended length's bytes; nil when the source ends in front of its last one.
  @inline(__always)
  private static func extend(
    _ count: inout Int, from start: UnsafePointer<UInt8>, sourceEnd: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var next = unsafe start
    while unsafe next < sourceEnd {
      let byte = unsafe next.pointee
      unsafe next += 1
      count &+= Int(byte)
      if byte != BlockFormat.lengthContinues { return unsafe next }
    }
    return nil
  }
}
