import Foundation
import Testing

@Suite struct PackCommandTests {
  let folder = try! Folder()
  let kernel = PackSamples.kernel()

  init() throws {
    try folder.write(PackSamples.stub(), as: "stub")
  }

  private func pack(_ input: Data, _ options: String...) throws -> Outcome {
    try folder.write(input, as: "Image")
    return try Command.run(
      ["pack", folder.path("Image"), "-o", folder.path("out"), "--stub", folder.path("stub")]
        + options)
  }

  /// Checks header, descriptor, stub and payload of the output, each by its place in the file.
  private func expectPacked(flags: UInt64 = 0, blockDescriptor: UInt8 = 0x50) throws {
    let packed = try folder.read("out")
    let stubByteCount = PackSamples.stubByteCount
    #expect(packed.prefix(8) == PackSamples.stub().prefix(8))
    #expect(packed[56..<60] == Data("ARM\u{64}".utf8))
    #expect(packed.integer(at: 24, as: UInt64.self) == 0xa)
    let head = PackSamples.headByteCount
    #expect(packed[head..<stubByteCount] == PackSamples.stub()[head..<stubByteCount])

    let payload = Data(packed.dropFirst(stubByteCount))
    let work = UInt64((packed.count + 4095) / 4096 * 4096)
    let mebi2: UInt64 = 2 << 20
    let target = (work + PackSamples.workByteCount + (1 << 20) + mebi2 - 1) / mebi2 * mebi2
    let fields = (0..<12).map { packed.integer(at: 64 + 8 * $0, as: UInt64.self) }
    #expect(packed[64..<72] == Data("LZ4BOOT3".utf8))
    #expect(
      fields.dropFirst() == [
        UInt64(stubByteCount), UInt64(payload.count), work, target, UInt64(kernel.count),
        PackSamples.imageSize, 0, flags, PackSamples.workByteCount, UInt64(stubByteCount), 0xa,
      ])
    #expect(packed.integer(at: 16, as: UInt64.self) == target + PackSamples.imageSize)
    // The checksum ends the descriptor.
    let front = naiveXXH32(
      [UInt8](packed[4..<(head - 8)]), seed: packed.integer(at: 0, as: UInt32.self))
    let checksum = naiveXXH32([UInt8](packed[head..<(stubByteCount + 15)]), seed: front)
    #expect(packed.integer(at: head - 8, as: UInt64.self) == UInt64(checksum))

    // FLG: version 01, independent blocks, block checksums, content size.
    // BD: 256 KiB, if no other is asked for.
    #expect(payload[4] == 0x78 && payload[5] == blockDescriptor)
    #expect(payload.integer(at: 6, as: UInt64.self) == UInt64(kernel.count))
    #expect(Samples.decodedFrame(payload, byteCount: kernel.count) == kernel)
    #expect(try Command.run("decode", "-", stdin: payload).stdout == kernel)
  }

  @Test func packsARawImage() throws {
    let outcome = try pack(kernel)
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.isEmpty)
    let summary = String(decoding: outcome.stdout, as: UTF8.self)
    #expect(summary.contains("kernel   5000000 bytes (raw Image)"))
    #expect(
      summary.contains(
        "blocks   20 independent, of 256 KiB at most: can keep 4 cores about 95 % busy\n"))
    #expect(summary.contains(" of the kernel (LZ4 level 12); "))
    #expect(summary.contains("stub     8192 bytes"))
    try expectPacked()
    #expect(try folder.names == ["Image", "out", "stub"])
  }

  @Test func packsAnImageInAFrame() throws {
    let outcome = try pack(Samples.frame(kernel), "--level", "3")
    #expect(outcome.exitCode == 0)
    #expect(String(decoding: outcome.stdout, as: UTF8.self).contains("(LZ4 frame)"))
    try expectPacked()
  }

  @Test func packsAnImageInALegacyFrame() throws {
    let outcome = try pack(Samples.legacyFrame(kernel), "--level", "1")
    #expect(outcome.exitCode == 0)
    #expect(String(decoding: outcome.stdout, as: UTF8.self).contains("(legacy LZ4)"))
    try expectPacked()
  }

  @Test func timingIsAFlagOfTheDescriptor() throws {
    #expect(try pack(kernel, "--timing", "--level", "1").exitCode == 0)
    try expectPacked(flags: 1)
  }

  @Test func theBlockSizeCanBeChosen() throws {
    let outcome = try pack(kernel, "--block-size", "4M", "--level", "1")
    #expect(outcome.exitCode == 0)
    #expect(
      String(decoding: outcome.stdout, as: UTF8.self).contains("2 independent, of 4 MiB at most"))
    try expectPacked(blockDescriptor: 0x70)
  }

  @Test func aHigherLevelIsSmaller() throws {
    var byteCounts: [Int] = []
    for level in ["1", "9"] {
      #expect(try pack(kernel, "--level", level).exitCode == 0)
      byteCounts.append(try folder.read("out").count)
    }
    #expect(byteCounts[1] < byteCounts[0])
  }

  @Test func packsFromStdinToStdout() throws {
    let outcome = try Command.run(
      "pack", "-", "-o", "-", "--level", "1", "--stub", folder.path("stub"), stdin: kernel)
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.contains("payload"))
    try folder.write(outcome.stdout, as: "out")
    try expectPacked()
  }

  @Test func theOutputCannotBePackedAgain() throws {
    #expect(try pack(kernel, "--level", "1").exitCode == 0)
    let outcome = try pack(try folder.read("out"))
    #expect(outcome.exitCode == 1)
    #expect(outcome.stderr.contains("self-extracting Image already"))
  }

  struct Wrong: CustomTestStringConvertible, Sendable {
    let input: Data
    let reason: String
    var testDescription: String { reason }
  }

  @Test(arguments: [
    Wrong(input: Data(), reason: "the file is empty"),
    Wrong(input: Data([0x1f, 0x8b, 8, 0, 0, 0]), reason: "this is gzip data"),
    Wrong(input: Data([0x28, 0xb5, 0x2f, 0xfd, 0]), reason: "this is zstd data"),
    Wrong(input: Data("\u{7f}ELF\u{2}\u{1}\u{1}".utf8), reason: "this is an ELF file"),
    Wrong(input: Data("MZ\0\0zimg".utf8) + Data(count: 100), reason: "this is an EFI zboot image"),
    Wrong(input: Data([0x27, 0x05, 0x19, 0x56]) + Data(count: 60), reason: "this is a uImage"),
    Wrong(input: Data("MZ".utf8) + Data(count: 100), reason: "this is an EFI program"),
    Wrong(input: Data("Hi".utf8), reason: "this is not an arm64 Image"),
    Wrong(input: Data(count: 4096), reason: "this is not an arm64 Image"),
    Wrong(
      input: Samples.frame(Data([0x1f, 0x8b]) + Data(count: 99)),
      reason: "the LZ4 data holds gzip data"),
    Wrong(input: Samples.frame(Data(count: 99)), reason: "the LZ4 data holds not an arm64 Image"),
    Wrong(input: PackSamples.kernel(imageSize: 0), reason: "image_size 0"),
    Wrong(input: PackSamples.kernel(imageSize: 4096), reason: "more than its image_size of 4096"),
    Wrong(input: PackSamples.kernel(imageSize: 1 << 30), reason: "1 GiB"),
    Wrong(input: PackSamples.kernel(textOffset: 2 << 20), reason: "text_offset"),
    Wrong(input: PackSamples.kernel(flags: 0xb), reason: "big-endian"),
    Wrong(input: PackSamples.efiKernel().dropLast(), reason: "cut off: it has 4999999 bytes of 50"),
    Wrong(
      input: PackSamples.efiKernel().prefix(0x60),
      reason: "cut off: it has 96 bytes, not even all of its headers\n"),
    Wrong(
      input: PackSamples.efiKernel().prefix(0x40),
      reason: "cut off: it has 64 bytes, not even all of its headers\n"),
    Wrong(input: Samples.frame(PackSamples.kernel()).prefix(70_000), reason: ": truncated_input: "),
  ])
  func refuses(_ wrong: Wrong) throws {
    try folder.write(Data("mine".utf8), as: "out")
    let outcome = try pack(wrong.input)
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.stderr.hasPrefix("lz4boot: \(folder.path("Image")): "), "\(outcome.stderr)")
    #expect(outcome.stderr.contains(wrong.reason), "\(outcome.stderr)")
    #expect(try folder.names == ["Image", "out", "stub"])
    #expect(try folder.read("out") == Data("mine".utf8))
  }

  @Test func takesAWholeKernelWithAnEFIStub() throws {
    #expect(try pack(PackSamples.efiKernel()).exitCode == 0)
  }

  @Test func aWrongStubIsRefused() throws {
    try folder.write(PackSamples.stub().replacing(at: 64, with: Data(count: 8)), as: "stub")
    #expect(try pack(kernel).stderr.contains("stub: this is no stub"))
    try folder.write(PackSamples.stub().dropLast(), as: "stub")
    let outcome = try pack(kernel)
    #expect(outcome.exitCode == 1)
    #expect(outcome.stderr.contains("stub: the stub is damaged"))
    #expect(try folder.names == ["Image", "stub"])
  }

  @Test func aMissingStubIsSaid() throws {
    try FileManager.default.removeItem(atPath: folder.path("stub"))
    let outcome = try pack(kernel)
    #expect(outcome.exitCode == 74)
    #expect(outcome.stderr == "lz4boot: \(folder.path("stub")): No such file or directory\n")
  }

  /// Runs a copy of the command in a folder tree as `make install` makes it.
  @Test func theStubIsFoundBesideTheCommandAndInItsShareFolder() throws {
    let (manager, root) = (FileManager.default, folder.url)
    let bin = root.appendingPathComponent("prefix/bin")
    let share = root.appendingPathComponent("prefix/share/lz4boot")
    for each in [bin, share] {
      try manager.createDirectory(at: each, withIntermediateDirectories: true)
    }
    let copy = bin.appendingPathComponent("lz4boot")
    try manager.copyItem(at: Command.executable, to: copy)
    try folder.write(kernel, as: "Image")
    let arguments = ["pack", folder.path("Image"), "-o", folder.path("out"), "--level", "1"]

    let missing = try Command.run(copy: copy, arguments)
    #expect(missing.exitCode == 74)
    #expect(missing.stderr.contains("--stub") && missing.errorLines.count == 1)
    let source = root.appendingPathComponent("stub")
    for place in [share, bin] {
      let stub = place.appendingPathComponent("lz4boot.stub")
      try manager.copyItem(at: source, to: stub)
      #expect(try Command.run(copy: copy, arguments).exitCode == 0)
      try expectPacked()
      try manager.removeItem(at: stub)
    }
  }
}
