/// Sixteen bytes that are filled one by one. Words rather than an array of bytes, so that copies of
/// it are aligned and need no memcpy.
struct Bytes16 {
  private(set) var low: UInt64 = 0
  private(set) var high: UInt64 = 0

  /// Puts a byte where there is 0; `index` is 0…15.
  mutating func set(_ byte: UInt8, at index: Int) {
    // The wrapping shift takes the index modulo 8.
    let byte = UInt64(byte) &<< UInt64(truncatingIfNeeded: 8 &* index)
    if index < 8 { low |= byte } else { high |= byte }
  }

  /// The little-endian number of eight bytes from `index` on; behind the last byte there are zeros.
  func word(at index: Int) -> UInt64 {
    let shift = UInt64(truncatingIfNeeded: 8 &* index)
    if index >= 8 { return high &>> shift }
    // In two steps, as a shift by 64 is one by 0.
    return (low &>> shift) | ((high &<< 1) &<< (63 &- shift))
  }

  /// `index` is 0…15.
  subscript(index: Int) -> UInt8 {
    // The wrapping shift takes the index modulo 8.
    UInt8(truncatingIfNeeded: (index < 8 ? low : high) &>> UInt64(truncatingIfNeeded: 8 &* index))
  }

  /// Hashes all of them: a stripe.
  func hash(into hash: inout XXH32) {
    unsafe withUnsafeBytes(of: self) { bytes in
      // SAFETY: the bytes of a local are never at address 0.
      unsafe hash.update(bytes.baseAddress.unsafelyUnwrapped, byteCount: XXH32.stripeByteCount)
    }
  }

  /// The digest of `byteCount` bytes, of which those behind the last whole stripe are the first of
  /// these.
  func digest(of hash: XXH32, byteCount: UInt64) -> UInt32 {
    unsafe withUnsafeBytes(of: self) { bytes in
      // SAFETY: a tail has 15 bytes at most.
      unsafe hash.digest(byteCount: byteCount, tail: bytes.baseAddress.unsafelyUnwrapped)
    }
  }
}
