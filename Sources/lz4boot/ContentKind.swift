/// What some bytes look like, by their magic: for messages about data that is not what was wanted.
struct ContentKind {
  /// Fits behind "this is".
  let name: String
  /// What to do about it.
  let advice: String?

  private static let known: [(offset: Int, magic: [UInt8], kind: ContentKind)] = [
    (0x40, Array("LZ4BOOT".utf8), .init("a self-extracting Image", nil)),
    (4, Array("zimg".utf8), .init("an EFI zboot image", "extract the kernel from it first")),
    (0, [0x1f, 0x8b], .init("gzip data", "unpack it with gzip -d first")),
    (0, [0x28, 0xb5, 0x2f, 0xfd], .init("zstd data", "unpack it with zstd -d first")),
    (0, [0xfd, 0x37, 0x7a, 0x58, 0x5a], .init("xz data", "unpack it with xz -d first")),
    (0, Array("BZh".utf8), .init("bzip2 data", "unpack it with bzip2 -d first")),
    (
      0, [0x7f, 0x45, 0x4c, 0x46],
      .init("an ELF file", "use arch/arm64/boot/Image, not vmlinux")
    ),
    (0, [0x27, 0x05, 0x19, 0x56], .init("a uImage", "extract the kernel with dumpimage first")),
    (0, [0xd0, 0x0d, 0xfe, 0xed], .init("a device tree or FIT image", nil)),
    (0, Array("ANDROID!".utf8), .init("an Android boot image", nil)),
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
