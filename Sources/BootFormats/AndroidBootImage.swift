/// What keeps some bytes from being an Android boot image whose kernel can be had.
public enum AndroidBootImageError: UInt8, Error {
  /// No "ANDROID!".
  case wrongMagic = 1
  /// Fewer bytes than the header has.
  case truncated = 2
  /// A header version above 4, or what older images had in its place.
  case unknownVersion = 3
  /// The page size is no power of two, or too small for the header.
  case pageSizeInvalid = 4
  /// There is none: an init_boot image, for example.
  case kernelMissing = 5
  /// The file ends before a section does.
  case sectionOutsideFile = 6
}

/// The header of an Android boot image, versions 0 to 4, and where its parts lie (AOSP,
/// system/tools/mkbootimg, include/bootimg/bootimg.h). Each part starts at a page.
///
///     versions 0 to 2   [header][kernel][ramdisk][second][recovery_dtbo, 1 and 2][dtb, 2]
///     versions 3 and 4  [header][kernel][ramdisk][signature, 4], pages of 4096 bytes
///
/// All numbers u32le but where it says otherwise, of versions 0 to 2:
///
///     ["ANDROID!"][kernel_size][kernel_addr][ramdisk_size][ramdisk_addr][second_size][second_addr]
///     [tags_addr][page_size][header_version][os_version][name:16][cmdline:512][id:32]
///     [extra_cmdline:1024]
///     1 and 2: [recovery_dtbo_size][recovery_dtbo_offset:u64le][header_size]
///     2: [dtb_size][dtb_addr:u64le]
///
/// and of versions 3 and 4:
///
///     ["ANDROID!"][kernel_size][ramdisk_size][os_version][header_size][reserved:16]
///     [header_version][cmdline:1536]
///     4: [signature_size]
public struct AndroidBootImage: Equatable, Sendable {
  public static let versionMax = 4
  /// Where the version is, in all of them.
  public static let versionOffset = 40

  public let version: Int
  public let kernel: FileSection
  /// Of no bytes where there is none, as all of these.
  public let ramdisk: FileSection
  public let deviceTree: FileSection
  /// The command line is the one and then the other.
  public let commandLine: FileSection
  public let extraCommandLine: FileSection

  private static let magic: UInt64 = 0x2144_494f_5244_4e41

  public init(parsing bytes: borrowing Span<UInt8>) throws(LocatedError<AndroidBootImageError>) {
    guard bytes.count >= 8, bytes.littleEndian(at: 0, as: UInt64.self) == Self.magic else {
      throw .init(.wrongMagic, at: 0)
    }
    guard bytes.count >= Self.versionOffset + 4 else { throw .init(.truncated, at: bytes.count) }
    let version = Int(bytes.littleEndian(at: Self.versionOffset, as: UInt32.self))
    guard version <= Self.versionMax else { throw .init(.unknownVersion, at: Self.versionOffset) }
    let headerByteCount = Self.headerByteCount(ofVersion: version)
    guard bytes.count >= headerByteCount else { throw .init(.truncated, at: bytes.count) }
    let isOld = version < 3
    let page = isOld ? Int(bytes.littleEndian(at: 36, as: UInt32.self)) : 4096
    guard page >= headerByteCount, page & (page - 1) == 0 else {
      throw .init(.pageSizeInvalid, at: 36)
    }

    var layout = Layout(end: UInt64(page), page: UInt64(page))
    kernel = try layout.section(sizeAt: 8, in: bytes)
    guard kernel.byteCount != 0 else { throw .init(.kernelMissing, at: 8) }
    ramdisk = try layout.section(sizeAt: isOld ? 16 : 12, in: bytes)
    if isOld { _ = try layout.section(sizeAt: 24, in: bytes) }
    if version == 1 || version == 2 { _ = try layout.section(sizeAt: 1632, in: bytes) }
    deviceTree = version == 2 ? try layout.section(sizeAt: 1648, in: bytes) : FileSection()
    if version == 4 { _ = try layout.section(sizeAt: 1580, in: bytes) }
    self.version = version
    commandLine = FileSection(
      textAt: isOld ? 64 : 44, byteCountMax: isOld ? 512 : 1536, in: bytes)
    extraCommandLine =
      isOld ? FileSection(textAt: 608, byteCountMax: 1024, in: bytes) : FileSection()
  }

  private static func headerByteCount(ofVersion version: Int) -> Int {
    switch version {
    case 0: 1632
    case 1: 1648
    case 2: 1660
    case 3: 1580
    default: 1584
    }
  }

  private struct Layout {
    /// Of what was laid out, in whole pages.
    var end: UInt64
    let page: UInt64

    /// The next section, whose size is at `field`.
    mutating func section(
      sizeAt field: Int, in bytes: borrowing Span<UInt8>
    ) throws(LocatedError<AndroidBootImageError>) -> FileSection {
      let byteCount = UInt64(bytes.littleEndian(at: field, as: UInt32.self))
      // The last page may not be padded, so what has no bytes may start behind the file.
      guard byteCount != 0 else { return FileSection() }
      guard let section = FileSection(offset: end, byteCount: byteCount, in: bytes) else {
        throw .init(.sectionOutsideFile, at: field)
      }
      // It is in the file, and a page has less than 4 GiB: no sum comes near the end of 64 bits.
      end += (byteCount + page - 1) & ~(page - 1)
      return section
    }
  }
}
