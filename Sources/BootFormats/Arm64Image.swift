/// What keeps some bytes from being an arm64 Image that can be placed and started.
public enum Arm64ImageError: UInt8, Error {
  /// Fewer than 64 bytes.
  case truncated = 1
  /// No "ARM\x64" at 0x38.
  case wrongMagic = 2
  /// `image_size` is 0 (a kernel before 3.17): nobody can tell how much memory to reserve.
  case imageSizeMissing = 3
  /// The kernel is big-endian and the stub is not.
  case bigEndian = 4
  /// `text_offset` lies beyond the 2 MiB by which an Image is aligned.
  case textOffsetTooLarge = 5
}

/// The 64-byte header of an arm64 kernel Image (Documentation/arch/arm64/booting.rst, section 4).
///
///     [code0:u32le][code1:u32le][text_offset:u64le][image_size:u64le][flags:u64le]
///     [res2:u64le][res3:u64le][res4:u64le][magic:"ARM\x64"][res5:u32le]
public struct Arm64Image: Equatable, Sendable {
  public static let headerByteCount = 64
  /// An Image is placed `text_offset` bytes behind an address aligned to this.
  public static let baseAlignment: UInt64 = 2 << 20

  /// The first two instructions.
  public var code: UInt64
  public var textOffset: UInt64
  /// Bytes that the kernel occupies once it runs, counted from its first; more than its file has.
  public var imageSize: UInt64
  /// Bit 0: big-endian. Bits 1 and 2: page size. Bit 3: may lie anywhere in memory.
  public var flags: UInt64

  private static let magic: UInt32 = 0x644d_5241
  private static let magicOffset = 0x38

  /// Reads and checks a header.
  public init(parsing bytes: borrowing Span<UInt8>) throws(Arm64ImageError) {
    guard bytes.count >= Self.headerByteCount else { throw .truncated }
    guard bytes.littleEndian(at: Self.magicOffset, as: UInt32.self) == Self.magic else {
      throw .wrongMagic
    }
    code = bytes.littleEndian(at: 0, as: UInt64.self)
    textOffset = bytes.littleEndian(at: 8, as: UInt64.self)
    imageSize = bytes.littleEndian(at: 16, as: UInt64.self)
    flags = bytes.littleEndian(at: 24, as: UInt64.self)
    guard imageSize != 0 else { throw .imageSizeMissing }
    guard flags & 1 == 0 else { throw .bigEndian }
    guard textOffset < Self.baseAlignment else { throw .textOffsetTooLarge }
  }

  public init(code: UInt64, textOffset: UInt64, imageSize: UInt64, flags: UInt64) {
    self.code = code
    self.textOffset = textOffset
    self.imageSize = imageSize
    self.flags = flags
  }

  /// Writes the header to the first 64 bytes of `bytes`.
  public func write(to bytes: inout MutableSpan<UInt8>) {
    precondition(bytes.count >= Self.headerByteCount, "no room for the Image header")
    bytes.setLittleEndian(code, at: 0)
    bytes.setLittleEndian(textOffset, at: 8)
    bytes.setLittleEndian(imageSize, at: 16)
    bytes.setLittleEndian(flags, at: 24)
    for offset in stride(from: 32, to: Self.magicOffset, by: 8) {
      bytes.setLittleEndian(UInt64(0), at: offset)
    }
    bytes.setLittleEndian(Self.magic, at: Self.magicOffset)
    bytes.setLittleEndian(UInt32(0), at: Self.magicOffset + 4)
  }
}
