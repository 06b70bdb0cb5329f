/// Collects the bytes of a header field, which may come in pieces.
struct FieldBuffer {
  /// A frame descriptor at its longest: FLG, BD, content size, dictionary id, HC.
  static let byteCountMax = 15

  private var bytes = InlineArray<16, UInt8>(repeating: 0)
  private(set) var count = 0
  /// Of the first byte, from the start of the source.
  private(set) var offset: UInt64 = 0

  mutating func clear() { count = 0 }

  /// Says where a field that holds nothing is.
  mutating func place(at offset: UInt64) { self.offset = offset }

  /// True once there are `wanted` bytes.
  mutating func collect(_ wanted: Int, from source: inout SourceCursor) -> Bool {
    if count == 0 { offset = source.offset }
    while count < wanted {
      guard let byte = source.readByte() else { return false }
      bytes[count] = byte
      count &+= 1
    }
    return true
  }

  subscript(index: Int) -> UInt8 { bytes[index] }

  /// A little-endian number of up to 8 bytes.
  func number(at index: Int, byteCount: Int) -> UInt64 {
    var number: UInt64 = 0
    for step in 0..<byteCount {
      number |= UInt64(bytes[index &+ step]) << UInt64(8 &* step)
    }
    return number
  }

  /// The little-endian word of a field of four bytes, or the part of it that has come.
  var word: UInt32 { UInt32(truncatingIfNeeded: number(at: 0, byteCount: min(count, 4))) }

  func xxh32(byteCount: Int) -> UInt32 {
    var hash = XXH32()
    unsafe hash.update(bytes.span.bytes.extracting(first: byteCount))
    return hash.digest()
  }
}
