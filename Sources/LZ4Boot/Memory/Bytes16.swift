/// Sixteen bytes that are filled one by one. Words rather than an array of bytes, so that copies of it are aligned and
/// need no memcpy.
struct Bytes16 {
  private(set) var low: UInt64 = 0
  private(set) var high: UInt64 = 0

  /// Puts a byte where there is 0; `index` is 0…15.
  mutating func set(_ byte: UInt8, at index: Int) {
    if index < 8 {
      low |= UInt64(byte) << UInt64(8 &* index)
    } else {
      high |= UInt64(byte) << UInt64(8 &* (index &- 8))
    }
  }

  /// The little-endian number of eight bytes from `index` on; behind the last byte there are zeros.
  func word(at index: Int) -> UInt64 {
    let shift = UInt64(8 &* index)
    // A shift by 64 or more gives 0.
    return (low >> shift) | (index < 8 ? high << (64 - shift) : high >> (shift - 64))
  }

  subscript(index: Int) -> UInt8 { UInt8(truncatingIfNeeded: word(at: index)) }
}
