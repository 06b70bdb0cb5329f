// Integers are put together byte by byte: with the MMU off memory is Device memory, where an
// unaligned load faults. And one by one, never inlined: the stub is in front of every kernel, and
// what it does here takes no time that matters.

extension Span<UInt8> {
  /// The little-endian integer at `offset`, which the caller knows to be in bounds.
  @inline(never)
  func littleEndian<Value: FixedWidthInteger & UnsignedInteger>(
    at offset: Int, as type: Value.Type
  ) -> Value {
    var value: Value = 0
    for index in 0..<(Value.bitWidth / 8) {
      value |= Value(truncatingIfNeeded: self[offset + index]) << Value(8 * index)
    }
    return value
  }

  /// The big-endian 32-bit cell at `offset`, which the caller knows to be in bounds.
  @inline(never)
  func bigEndian32(at offset: Int) -> UInt32 {
    UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16
      | UInt32(self[offset + 2]) << 8 | UInt32(self[offset + 3])
  }
}

extension MutableSpan<UInt8> {
  /// Writes a little-endian integer at `offset`, which the caller knows to be in bounds.
  mutating func setLittleEndian<Value: FixedWidthInteger & UnsignedInteger>(
    _ value: Value, at offset: Int
  ) {
    for index in 0..<(Value.bitWidth / 8) {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> Value(8 * index))
    }
  }
}
