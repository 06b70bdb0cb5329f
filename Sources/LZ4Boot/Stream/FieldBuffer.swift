/// Collects the bytes of a header field, which may come in pieces.
struct FieldBuffer {
  /// A frame descriptor has 15 at most: FLG, BD, content size, dictionary id, HC.
  private var bytes = Bytes16()
  private(set) var count = 0
  /// Of the first byte, from the start of the source.
  private(set) var offset: UInt64 = 0

  mutating func clear() {
    count = 0
    bytes = Bytes16()
  }

  /// Says where a field that holds nothing is.
  mutating func place(at offset: UInt64) { self.offset = offset }

  /// True once there are `wanted` bytes.
  mutating func collect(_ wanted: Int, from source: inout SourceCursor) -> Bool {
    if count == 0 { offset = source.offset }
    while count < wanted {
      guard let byte = source.readByte() else { return false }
      bytes.set(byte, at: count)
      count &+= 1
    }
    return true
  }

  subscript(index: Int) -> UInt8 { bytes[index] }

  /// The little-endian number of eight bytes from `index` on.
  func number(at index: Int) -> UInt64 { bytes.word(at: index) }

  /// The little-endian word of a field of four bytes, or the part of it that has come.
  var word: UInt32 { UInt32(truncatingIfNeeded: bytes.low) }

  /// Of the first `byteCount` bytes.
  func xxh32(byteCount: Int) -> UInt32 {
    var hash = XXH32()
    var index = 0
    while index < byteCount {
      hash.update(bytes[index])
      index &+= 1
    }
    return hash.digest()
  }
}
