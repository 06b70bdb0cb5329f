/// Collects the bytes of a header field, which may come in pieces, or of a stripe of XXH32.
struct FieldBuffer {
  /// A frame descriptor has 15 at most: FLG, BD, content size, dictionary id, HC.
  private var bytes = Bytes16()
  private var storedCount: UInt8 = 0

  var count: Int { Int(storedCount) }

  mutating func clear() { self = FieldBuffer() }

  /// True once there are `wanted` bytes.
  @inline(never)
  mutating func collect(_ wanted: Int, from source: inout SourceCursor) -> Bool {
    while count < wanted {
      guard let byte = source.readByte() else { return false }
      bytes.set(byte, at: count)
      storedCount &+= 1
    }
    return true
  }

  subscript(index: Int) -> UInt8 { bytes[index] }

  /// The little-endian number of eight bytes from `index` on.
  func number(at index: Int) -> UInt64 { bytes.word(at: index) }

  /// The little-endian word of a field of four bytes, or the part of it that has come.
  var word: UInt32 { UInt32(truncatingIfNeeded: bytes.low) }

  /// Of the first `byteCount` bytes, fewer than a stripe.
  func xxh32(byteCount: Int) -> UInt32 {
    bytes.digest(of: XXH32(seed: 0), byteCount: UInt64(count: byteCount))
  }

  /// Hashes all sixteen bytes and starts anew.
  mutating func moveStripe(into hash: inout XXH32) {
    bytes.hash(into: &hash)
    clear()
  }

  /// The digest of `byteCount` bytes: those that are hashed already and these.
  func digest(of hash: XXH32, byteCount: UInt64) -> UInt32 {
    bytes.digest(of: hash, byteCount: byteCount)
  }
}
