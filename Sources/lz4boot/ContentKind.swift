/// What some bytes look like, by their magic: for messages about data that is not what was wanted.
struct ContentKind {
  /// Fits behind "this is".
  let name: String
  /// What to do about it.
  let advice: String?

  /// The advice as the end of a sentence.
  var andAdvice: String { advice.map { "; \($0)" } ?? "" }

  private static let known: [(offset: Int, magic: [UInt8], kind: ContentKind)] = [
    (0x40, Array("LZ4BOOT".utf8), .init("a self-extracting Image", nil)),
    (4, Array("zimg".utf8), .init("an EFI zboot image", "pack it as it is, in nothing else")),
    (0, [0x1f, 0x8b], .init("gzip data", "unpack it with gzip -d first")),
    (0, [0x28, 0xb5, 0x2f, 0xfd], .init("zstd data", "unpack it with zstd -d first")),
    (0, [0xfd, 0x37, 0x7a, 0x58, 0x5a], .init("xz data", "unpack it with xz -d first")),
    (0, Array("BZh".utf8), .init("bzip2 data", "unpack it with bzip2 -d first")),
    (0, [0x5d, 0, 0], .init("LZMA data", "unpack it with xz -d -F lzma first")),
    (0, [0x89, 0x4c, 0x5a, 0x4f], .init("LZO data", "unpack it with lzop -d first")),
    (0, [0x04, 0x22, 0x4d, 0x18], .init("an LZ4 frame", "unpack it with lz4 -d first")),
    (0, [0x02, 0x21, 0x4c, 0x18], .init("legacy LZ4 data", "unpack it with lz4 -d first")),
    (0, [0x7f, 0x45, 0x4c, 0x46], .init("an ELF file", nil)),
    (0x24, [0x18, 0x28, 0x6f, 0x01], .init("a kernel for 32-bit ARM", nil)),
    (0x38, Array("RSC\u{5}".utf8), .init("a kernel for RISC-V", nil)),
    (0x202, Array("HdrS".utf8), .init("a kernel for x86", nil)),
    (0, Array("070701".utf8), .init("a cpio archive", "take the kernel, not the initramfs")),
    (0, [0x27, 0x05, 0x19, 0x56], .init("a uImage", "extract the kernel with dumpimage first")),
    (0, [0xd0, 0x0d, 0xfe, 0xed], .init("a device tree or FIT image", nil)),
    (
      0, Array("ANDROID!".utf8), .init("an Android boot image", "pack it as it is, in nothing else")
    ),
    (
      0, Array("VNDRBOOT".utf8),
      .init("an Android vendor_boot image", "take boot.img, which has the kernel")
    ),
    (0, Array("MZ".utf8), .init("an EFI program", nil)),
  ]

  private init(_ name: String, _ advice: String?) {
    self.name = name
    self.advice = advice
  }

  /// nil where the bytes look like nothing in particular.
  init?(of bytes: Span<UInt8>) {
    for entry in Self.known where bytes.holds(entry.magic, at: entry.offset) {
      self = entry.kind
      return
    }
    return nil
  }
}

extension Span<UInt8> {
  fileprivate func holds(_ magic: [UInt8], at offset: Int) -> Bool {
    guard count >= offset + magic.count else { return false }
    return magic.indices.allSatisfy { self[offset + $0] == magic[$0] }
  }
}
