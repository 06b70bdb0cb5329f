/// How many bytes a kernel's file must have, as far as it says so.
///
/// The arm64 Image header has no field for it, but a kernel with an EFI stub is a PE file as well,
/// and its section table does ("PE Format", "COFF File Header", "Section Table").
enum PEExtent {
  /// nil where there is no section table; the largest number where that is cut off itself.
  static func fileByteCount(of bytes: Span<UInt8>) -> UInt64? {
    guard bytes.count >= 0x40, number(bytes, at: 0, byteCount: 2) == 0x5A4D,  // "MZ"
      let header = number(bytes, at: 0x3C, byteCount: 4).map(Int.init)
    else { return nil }
    guard let magic = number(bytes, at: header, byteCount: 4) else { return .max }
    guard magic == 0x4550 else { return nil }  // "PE\0\0"
    guard let sectionCount = number(bytes, at: header + 6, byteCount: 2),
      let optionalHeaderByteCount = number(bytes, at: header + 20, byteCount: 2)
    else { return .max }
    let table = header + 24 + Int(optionalHeaderByteCount)
    var extent: UInt64 = 0
    for index in 0..<Int(sectionCount) {
      guard let size = number(bytes, at: table + 40 * index + 16, byteCount: 4),
        let offset = number(bytes, at: table + 40 * index + 20, byteCount: 4)
      else { return .max }
      extent = max(extent, offset + size)
    }
    return extent
  }

  private static func number(_ bytes: Span<UInt8>, at offset: Int, byteCount: Int) -> UInt64? {
    guard offset <= bytes.count - byteCount else { return nil }
    return (0..<byteCount).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }
}
