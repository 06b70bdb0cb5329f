import Foundation
import Testing

/// What a kernel can come in, by content and not by name.
@Suite struct PackKindsTests {
  typealias Files = KernelFileBuilder

  static let kernel = PackSamples.kernel().prefix(150_000)
  static let legacy = [UInt8](Samples.legacyFrame(kernel))
  static let frame = [UInt8](Samples.frame(kernel))
  static let gzip: [UInt8] = [0x1f, 0x8b, 8, 0] + [UInt8](repeating: 0, count: 96)
  static let segments = [
    Files.Segment(
      virtualAddress: 0x1_0000, address: 0x4008_0000, content: [UInt8](kernel.prefix(1000))),
    Files.Segment(
      flags: 6, address: 0x4009_0000, content: [1, 2, 3], zeroByteCount: 0x1_0000),
  ]
  static let elf = Files.elf(segments, entry: 0x1_0040)

  let folder = try! Folder()

  init() throws {
    try folder.write(PackSamples.stub(), as: "stub")
  }

  private func pack(_ input: [UInt8]) throws -> Outcome {
    // The name says something else than the bytes.
    try folder.write(Data(input), as: "Image.gz")
    return try Command.run([
      "pack", folder.path("Image.gz"), "-o", folder.path("out"), "--stub", folder.path("stub"),
      "--level", "1",
    ])
  }

  struct Taken: CustomTestStringConvertible, Sendable {
    let origin: String
    let input: [UInt8]
    var unused: [String] = []
    var testDescription: String { origin }
  }

  static let taken: [Taken] = {
    let text = [UInt8]("initramfs".utf8)
    var old = Files.BootImage(version: 2, page: 4096, kernel: [UInt8](kernel), ramdisk: text)
    old.deviceTree = [0xd0, 0x0d, 0xfe, 0xed]
    old.commandLine = "console=ttyS0"
    old.extraCommandLine = "quiet"
    var new = Files.BootImage(version: 4, kernel: legacy, ramdisk: text)
    new.signature = [1]
    new.commandLine = "quiet"
    let ramdisk = (4096 + legacy.count + 4095) / 4096 * 4096
    let plain = (0...3 as ClosedRange<UInt32>).map { version in
      Taken(
        origin: "Android boot image v\(version), LZ4 frame",
        input: Files.BootImage(version: version, kernel: frame).bytes)
    }
    return plain + [
      Taken(origin: "EFI zboot image, legacy LZ4", input: Files.zboot(legacy)),
      Taken(origin: "EFI zboot image, LZ4 frame", input: Files.zboot(frame)),
      Taken(
        origin: "Android boot image v2, raw Image", input: old.bytes,
        unused: [
          "ramdisk of the boot image, 9 bytes at byte 155648",
          "command line of the boot image, 13 bytes at byte 64",
          "rest of the command line of the boot image, 5 bytes at byte 608",
          "device tree of the boot image, 4 bytes at byte 159744",
        ]),
      Taken(
        origin: "Android boot image v4, legacy LZ4", input: new.bytes,
        unused: [
          "ramdisk of the boot image, 9 bytes at byte \(ramdisk)",
          "command line of the boot image, 5 bytes at byte 44",
        ]),
    ]
  }()

  @Test(arguments: taken)
  func packsTheKernelIn(_ taken: Taken) throws {
    let outcome = try pack(taken.input)
    #expect(outcome.stderr == "")
    #expect(outcome.exitCode == 0)
    let lines = String(decoding: outcome.stdout, as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "kernel   \(Self.kernel.count) bytes (\(taken.origin))")
    let unused = lines.filter { $0.hasPrefix("unused ") }
    #expect(unused == taken.unused.map { "unused   \($0)" })
    let payload = Data(try folder.read("out").dropFirst(PackSamples.stubByteCount))
    #expect(Samples.decodedFrame(payload, byteCount: Self.kernel.count) == Self.kernel)
  }

  /// At its own address, with what is in front of its end in memory and no zeros behind it.
  @Test(arguments: [0, 1, 2, 3])
  func packsAnELFFile(kind: Int) throws {
    let input =
      switch kind {
      case 0: Self.elf
      case 1: [UInt8](Samples.frame(Data(Self.elf)))
      case 2: Files.zboot([UInt8](Samples.legacyFrame(Data(Self.elf))))
      default: Files.BootImage(version: 3, kernel: Self.elf).bytes
      }
    let outcome = try pack(input)
    #expect(outcome.stderr == "")
    let packed = try folder.read("out")
    func field(_ index: Int) -> UInt64 { packed.integer(at: 64 + 8 * index, as: UInt64.self) }
    #expect(field(4) == 0 && field(12) == 0x4008_0000)
    #expect(field(5) == 0x1_0003 && field(6) == 0x2_0003 && field(13) == 0x40)
    let payload = Data(packed.dropFirst(PackSamples.stubByteCount))
    let image = try #require(Samples.decodedFrame(payload, byteCount: 0x1_0003))
    let code = Self.segments[0].content
    #expect(image.prefix(code.count) == Data(code) && image.suffix(3) == Data([1, 2, 3]))
    #expect(image.dropFirst(code.count).dropLast(3).allSatisfy { $0 == 0 })
  }

  struct Refused: CustomTestStringConvertible, Sendable {
    let reason: String
    let input: [UInt8]
    var testDescription: String { reason }

    init(_ reason: String, _ input: [UInt8]) {
      self.reason = reason
      self.input = input
    }
  }

  private static func changed(_ value: some FixedWidthInteger, at offset: Int, _ file: [UInt8])
    -> [UInt8]
  {
    var bytes = file
    Files.set(value, at: offset, in: &bytes)
    return bytes
  }

  static let compressions: [Refused] = [
    ("gzip", "gzip -d"), ("lzma", "xz -d -F lzma"), ("lzo", "lzop -d"), ("xzkern", "xz -d"),
    ("zstd", "zstd -d"), ("zstd22", "zstd -d"),
  ].map { name, tool in
    Refused(
      "this is an EFI zboot image compressed with \"\(name)\", not lz4; unpack its 100 bytes at "
        + "byte 96 with \(tool) first", Files.zboot(gzip, compression: name))
  }

  static let zboots: [Refused] = [
    Refused(
      "this is an EFI zboot image compressed with \"?x\", not lz4",
      Files.zboot(gzip, compression: "\nx")),
    Refused(
      "the zboot payload, 100 bytes at byte 96, is gzip data, not LZ4 data", Files.zboot(gzip)),
    Refused(
      "the zboot payload, 4 bytes at byte 96, is something else, not LZ4 data",
      Files.zboot([1, 2, 3, 4])),
    Refused(
      "this is an EFI zboot image that cannot be packed: byte 8 of it: the file ends before the "
        + "payload does", [UInt8](Files.zboot(legacy).dropLast(6))),
    Refused(
      "this is an EFI zboot image that cannot be packed: byte 63 of it: it is cut off",
      [UInt8](Files.zboot(legacy).prefix(63))),
    Refused(
      "this is an EFI zboot image that cannot be packed: byte 12 of it: the payload is empty",
      Files.zboot([])),
    Refused(
      "this is an EFI zboot image that cannot be packed: byte 8 of it: the payload starts inside "
        + "the header", changed(63 as UInt32, at: 8, Files.zboot(legacy))),
    Refused(
      "the LZ4 data at byte 96 holds gzip data, not an arm64 Image; unpack it with gzip -d first",
      Files.zboot([UInt8](Samples.frame(Data(gzip))))),
    Refused(
      "the LZ4 data holds an EFI zboot image, not an arm64 Image; pack it as it is, in nothing else",
      [UInt8](Samples.frame(Data(Files.zboot(legacy))))),
    Refused(
      "the LZ4 data at byte 96: block 0, byte 5: truncated_input: the data ends in the middle of "
        + "a header, a block or a checksum", Files.zboot([UInt8](frame.prefix(5)))),
  ]

  static let bootImages: [Refused] = {
    let image = Files.BootImage(version: 2, kernel: legacy).bytes
    let cannot = "this is an Android boot image that cannot be packed: "
    let gzipped = Files.BootImage(version: 0, kernel: gzip).bytes
    let zboot = Files.BootImage(version: 3, kernel: Files.zboot(legacy)).bytes
    return [
      Refused(
        "the kernel, 100 bytes at byte 2048, is gzip data, not an arm64 Image; unpack it with "
          + "gzip -d first", gzipped),
      Refused(
        "the kernel, \(Files.zboot(legacy).count) bytes at byte 4096, is an EFI zboot image, not an "
          + "arm64 Image; pack it as it is, in nothing else", zboot),
      Refused(
        "the LZ4 data at byte 2048 holds an Android boot image, not an arm64 Image; pack it as it "
          + "is, in nothing else",
        Files.BootImage(version: 0, kernel: [UInt8](Samples.frame(Data(image)))).bytes),
      Refused(cannot + "byte 43 of it: it is cut off", [UInt8](image.prefix(43))),
      Refused(
        cannot + "byte 40 of it: its header version is not one of 0 to 4",
        changed(5 as UInt32, at: 40, image)),
      Refused(
        cannot + "byte 36 of it: its page size is not a power of two that the header fits in",
        changed(1024 as UInt32, at: 36, image)),
      Refused(
        cannot + "byte 8 of it: it has no kernel, as init_boot.img; take boot.img",
        Files.BootImage(version: 4, kernel: [], ramdisk: [1]).bytes),
      Refused(
        cannot + "byte 16 of it: the file ends before a part does whose size this is",
        changed(UInt32.max, at: 16, image)),
      Refused(
        "this is an Android vendor_boot image, not an arm64 Image; take boot.img, which has the "
          + "kernel", [UInt8]("VNDRBOOT".utf8) + [UInt8](repeating: 0, count: 4096)),
    ]
  }()

  static let elfs: [Refused] = {
    let cannot = "this is an ELF file that cannot be packed: "
    let code = [UInt8](repeating: 0, count: 16)
    func elf(_ segments: Files.Segment...) -> [UInt8] {
      Files.elf(segments, entry: segments[0].virtualAddress ?? segments[0].address)
    }
    return [
      Refused(cannot + "byte 63 of it: it is cut off", [UInt8](Self.elf.prefix(63))),
      Refused(cannot + "byte 4 of it: it is not 64-bit", changed(1 as UInt8, at: 4, Self.elf)),
      Refused(
        cannot + "byte 5 of it: it is not little-endian", changed(2 as UInt8, at: 5, Self.elf)),
      Refused(
        cannot + "byte 18 of it: it is not for AArch64", changed(62 as UInt16, at: 18, Self.elf)),
      Refused(
        cannot + "byte 16 of it: it is of type ET_DYN, which somebody would have to relocate; "
          + "link it without -pie", changed(3 as UInt16, at: 16, Self.elf)),
      Refused(
        cannot + "byte 16 of it: it is not of type ET_EXEC; link it",
        changed(1 as UInt16, at: 16, Self.elf)),
      Refused(
        cannot + "byte 54 of it: its program headers do not have 56 bytes",
        changed(32 as UInt16, at: 54, Self.elf)),
      Refused(
        cannot + "byte 56 of it: it has more than 64 program headers",
        changed(65 as UInt16, at: 56, Self.elf)),
      Refused(
        cannot + "byte 32 of it: the file ends before the program headers do",
        changed(UInt64.max, at: 32, Self.elf)),
      Refused(
        cannot + "byte 96 of it: a segment has more bytes in the file than in memory",
        changed(UInt64.max, at: 96, Self.elf)),
      Refused(
        cannot + "byte 72 of it: the file ends before a segment does",
        changed(UInt64.max, at: 72, Self.elf)),
      Refused(
        cannot + "byte 88 of it: a physical address of 2^48 or above; of Linux take "
          + "arch/arm64/boot/Image, not vmlinux",
        elf(.init(address: 0xffff_8000_8000_0000, content: code))),
      Refused(
        cannot + "byte 80 of it: the virtual addresses of a segment end behind 2^64",
        elf(.init(virtualAddress: .max, address: 0, content: code))),
      Refused(
        cannot + "byte 120 of it: a segment overlaps another one in memory",
        elf(.init(address: 64, content: code), .init(address: 79, content: code))),
      Refused(
        cannot + "byte 104 of it: the segments need more than 1 GiB of memory",
        elf(.init(address: 0, content: code, zeroByteCount: 1 << 30))),
      Refused(
        cannot + "byte 56 of it: nothing in it is to be loaded",
        elf(.init(type: 4, address: 0, content: code))),
      Refused(
        cannot + "byte 24 of it: the entry is not an instruction in an executable segment",
        changed(0 as UInt64, at: 24, Self.elf)),
      Refused(
        "the LZ4 data holds an ELF file that cannot be packed: byte 18 of it: it is not for AArch64",
        [UInt8](Samples.frame(Data(changed(62 as UInt16, at: 18, Self.elf))))),
    ]
  }()

  static let others: [Refused] = {
    let zeros = [UInt8](repeating: 0, count: 1024)
    let magics: [(String, Int, [UInt8])] = [
      ("gzip data, not an arm64 Image; unpack it with gzip -d first", 0, [0x1f, 0x8b]),
      ("LZMA data, not an arm64 Image; unpack it with xz -d -F lzma first", 0, [0x5d, 0, 0]),
      (
        "LZO data, not an arm64 Image; unpack it with lzop -d first", 0,
        [0x89, 0x4c, 0x5a, 0x4f]
      ),
      ("a kernel for 32-bit ARM, not an arm64 Image", 0x24, [0x18, 0x28, 0x6f, 1]),
      ("a kernel for RISC-V, not an arm64 Image", 0x38, [UInt8]("RSC\u{5}".utf8)),
      ("a kernel for x86, not an arm64 Image", 0x202, [UInt8]("HdrS".utf8)),
      (
        "a cpio archive, not an arm64 Image; take the kernel, not the initramfs", 0,
        [UInt8]("070701".utf8)
      ),
    ]
    return magics.map { reason, offset, magic in
      var bytes = zeros
      bytes.replaceSubrange(offset..<offset + magic.count, with: magic)
      return Refused("this is \(reason)", bytes)
    } + [
      Refused(
        "the LZ4 data holds legacy LZ4 data, not an arm64 Image; unpack it with lz4 -d first",
        [UInt8](Samples.frame(Data(legacy)))),
      Refused(
        "the LZ4 data holds an LZ4 frame, not an arm64 Image; unpack it with lz4 -d first",
        [UInt8](Samples.legacyFrame(Data(frame)))),
    ]
  }()

  /// As Android's kernel builds append it.
  @Test func saysWhereADeviceTreeFollowsTheLZ4Data() throws {
    let tree: [UInt8] = [0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 40] + [UInt8](repeating: 0, count: 32)
    let end = Self.legacy.count
    for input in [
      Self.legacy + tree, Files.BootImage(version: 1, kernel: Self.legacy + tree).bytes,
    ] {
      let outcome = try pack(input)
      #expect(outcome.exitCode == 1)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.stderr.contains(": block 1, byte \(end): block_too_large: "))
      #expect(outcome.stderr.hasSuffix("; a device tree starts there, to be cut off first\n"))
    }
  }

  @Test(arguments: compressions + zboots + bootImages + elfs + others)
  func refuses(_ refused: Refused) throws {
    let outcome = try pack(refused.input)
    #expect(outcome.stderr == "lz4boot: \(folder.path("Image.gz")): \(refused.reason)\n")
    #expect(outcome.exitCode == 1)
    #expect(try folder.names == ["Image.gz", "stub"])
  }
}
