/// What keeps some bytes from being an EFI zboot image whose payload can be had.
public enum EFIZbootError: UInt8, Error {
  /// No "MZ\0\0zimg".
  case wrongMagic = 1
  /// Fewer bytes than the header has.
  case truncated = 2
  case payloadEmpty = 3
  /// The payload starts inside the header.
  case payloadInsideHeader = 4
  /// The file ends before the payload does.
  case payloadOutsideFile = 5
}

/// The header of an EFI zboot image: an EFI program that holds a compressed kernel (Linux,
/// drivers/firmware/efi/libstub/zboot-header.S).
///
///     ["MZ\0\0"]["zimg"][payload_offset:u32le][payload_size:u32le][reserved:8]
///     [compression:text, 32][pe_magic:u32le][pe_header_offset:u32le]
///
/// For every compression but gzip a kernel build puts the size of what was compressed behind the
/// payload, four bytes that payload_size does not count.
public struct EFIZboot: Equatable, Sendable {
  public static let headerByteCount = 0x40

  public let payload: FileSection
  /// The name of the compression, as the kernel's build calls it.
  public let compression: FileSection
  public let isLZ4: Bool

  public init(parsing bytes: borrowing Span<UInt8>) throws(LocatedError<EFIZbootError>) {
    guard bytes.count >= 8, bytes.littleEndian(at: 0, as: UInt64.self) == 0x676d_697a_0000_5a4d
    else { throw .init(.wrongMagic, at: 0) }
    guard bytes.count >= Self.headerByteCount else { throw .init(.truncated, at: bytes.count) }
    let offset = bytes.littleEndian(at: 8, as: UInt32.self)
    let byteCount = bytes.littleEndian(at: 12, as: UInt32.self)
    guard byteCount != 0 else { throw .init(.payloadEmpty, at: 12) }
    guard offset >= Self.headerByteCount else { throw .init(.payloadInsideHeader, at: 8) }
    guard
      let payload = FileSection(offset: UInt64(offset), byteCount: UInt64(byteCount), in: bytes)
    else { throw .init(.payloadOutsideFile, at: 8) }
    self.payload = payload
    compression = FileSection(textAt: 24, byteCountMax: 32, in: bytes)
    isLZ4 = bytes.littleEndian(at: 24, as: UInt32.self) == 0x0034_7a6c  // "lz4\0"
  }
}
