/// Bytes of a file, known to lie inside it.
public struct FileSection: Equatable, Sendable {
  public let offset: Int
  public let byteCount: Int

  /// No bytes, nowhere.
  init() {
    offset = 0
    byteCount = 0
  }

  /// nil where `file` ends before the section does.
  init?(offset: UInt64, byteCount: UInt64, in file: borrowing Span<UInt8>) {
    let fileByteCount = UInt64(file.count)
    guard offset <= fileByteCount, byteCount <= fileByteCount - offset else { return nil }
    self.offset = Int(offset)
    self.byteCount = Int(byteCount)
  }

  /// Text up to its 0, or all of a field that the caller knows to be in bounds.
  init(textAt offset: Int, byteCountMax: Int, in file: borrowing Span<UInt8>) {
    var byteCount = 0
    while byteCount < byteCountMax, file[offset + byteCount] != 0 { byteCount += 1 }
    self.offset = offset
    self.byteCount = byteCount
  }
}
