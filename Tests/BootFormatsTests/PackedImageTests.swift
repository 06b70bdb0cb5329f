import BootFormats
import Testing

@Suite struct PackedImageTests {
  /// A stub as the linker leaves it: own code, magic and its two sizes.
  static func template(
    stubByteCount: Int = 0x3000, workByteCount: UInt64 = 0x1_0000, flags: UInt64 = 0
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: stubByteCount)
    bytes[0] = 0x5a
    bytes.replaceSubrange(0x40..<0x48, with: Array("LZ4BOOT3".utf8))
    set(flags, at: 0x40 + 64, in: &bytes)
    set(workByteCount, at: 0x40 + 72, in: &bytes)
    set(UInt64(stubByteCount), at: 0x40 + 80, in: &bytes)
    return bytes
  }

  static func set(_ value: UInt64, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  static func number(_ bytes: [UInt8], at offset: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
  }

  static func parts(
    payload: UInt64 = 0x12_3457, imageSize: UInt64 = 0x1a6_0000, textOffset: UInt64 = 0,
    kernelByteCount: UInt64 = 0x19f_8000
  ) -> PackedImage.Parts {
    PackedImage.Parts(
      kernel: .init(byteCount: payload, contentByteCount: kernelByteCount),
      placement: .image(
        Arm64Image(code: 1, textOffset: textOffset, imageSize: imageSize, flags: 0xa)),
      blockShift: 18)
  }

  static func layout(
    _ parts: PackedImage.Parts = parts(), template: [UInt8] = template()
  ) throws(PackedImageError) -> PackedImage {
    try PackedImage(template: template.span, parts: parts)
  }

  static func error(
    _ parts: PackedImage.Parts = parts(), template: [UInt8] = template()
  ) -> PackedImageError? {
    do throws(PackedImageError) {
      _ = try layout(parts, template: template)
      return nil
    } catch {
      return error
    }
  }

  @Test func nothingOverlapsAndTheHeaderReservesEverything() throws {
    for textOffset: UInt64 in [0, 0x8_0000] {
      let layout = try Self.layout(Self.parts(textOffset: textOffset))
      #expect(layout[.payloadOffset] == 0x3000)
      #expect(layout[.workOffset] == 0x12_7000)
      #expect(layout[.treeCopyOffset] == 0x13_7000 && layout[.treeCopyByteCount] == 512 << 10)
      #expect(layout[.targetOffset] == 0x40_0000)
      #expect(layout[.kernelTextOffset] == textOffset)
      #expect(layout[.initrdTargetOffset] == 0)
      #expect(layout.byteCount == 0x40_0000 + textOffset + 0x1a6_0000)
      #expect(layout.fileByteCount == 0x3000 + 0x12_3457)
    }
  }

  @Test func theTargetStartsAtTheBoundaryWhereTheRoomForTreesEnds() throws {
    let payload = UInt64((2 << 20) - 0x3000 - 0x1_0000 - (1 << 20))
    #expect(try Self.layout(Self.parts(payload: payload))[.targetOffset] == 2 << 20)
    #expect(try Self.layout(Self.parts(payload: payload + 1))[.targetOffset] == 4 << 20)
  }

  /// Each part of the file and of memory starts where those in front of it have ended.
  @Test func initrdTreeTextAndSignatureHavePlacesOfTheirOwn() throws {
    var parts = Self.parts()
    parts.initrd = .init(byteCount: 0x2345, contentByteCount: 0x1_2345)
    parts.treeByteCount = 0x1233
    parts.appendByteCount = 17
    parts.flags = PackedImage.flagSigned
    let layout = try Self.layout(parts, template: Self.template(flags: PackedImage.flagSigned))
    let payloadEnd: UInt64 = 0x3000 + 0x12_3457
    let tree = (payloadEnd + 7) / 8 * 8
    #expect(layout[.treeOffset] == tree && layout[.treeByteCount] == 0x1233)
    #expect(layout[.appendByteCount] == 17)
    let initrd = tree + 0x1233 + 17
    #expect(layout[.initrdOffset] == initrd && layout[.initrdByteCount] == 0x2345)
    // With the header of the initrd's frame.
    #expect(layout.checkedByteCount == 0x1233 + 17 + 15)
    let signature = (initrd + 0x2345 + 7) / 8 * 8
    #expect(layout[.signatureOffset] == signature)
    #expect(layout.fileByteCount == signature + 64)
    #expect(layout[.coveredByteCount] == initrd + 0x2345 - 0x3000)
    let work = (layout.fileByteCount + 4095) / 4096 * 4096
    #expect(layout[.workOffset] == work)
    #expect(layout[.treeCopyOffset] == work + 0x1_0000)
    #expect(layout[.treeCopyByteCount] == 512 << 10)
    #expect(layout[.targetOffset] == 0x40_0000)
    let kernelEnd: UInt64 = 0x40_0000 + 0x1a6_0000
    #expect(layout[.initrdTargetOffset] == kernelEnd)
    #expect(layout[.initrdTargetByteCount] == 0x1_2345)
    #expect(layout.byteCount == kernelEnd + 0x1_3000)
  }

  @Test func aPackedTreeHasRoomForChanges() throws {
    var parts = Self.parts()
    parts.treeByteCount = 229_376
    #expect(try Self.layout(parts)[.treeCopyByteCount] == 512 << 10)
    parts.treeByteCount = 229_377
    #expect(try Self.layout(parts)[.treeCopyByteCount] == (512 << 10) + 4096)
    parts.treeByteCount = 2 << 20
    #expect(try Self.layout(parts)[.treeCopyByteCount] == 2 << 20)
  }

  @Test func aProgramKeepsItsAddressAndTheImageReservesOnlyItself() throws {
    var parts = Self.parts(kernelByteCount: 0x5000)
    parts.placement = .fixed(address: 0x4000_1230, memoryByteCount: 0x8000, entryOffset: 0x4ffc)
    let layout = try Self.layout(parts)
    #expect(layout[.fixedAddress] == 0x4000_1230 && layout[.entryOffset] == 0x4ffc)
    #expect(layout[.kernelImageSize] == 0x8000 && layout[.targetByteCount] == 0x5000)
    #expect(layout[.targetOffset] == 0)
    #expect(layout.byteCount == layout[.workOffset] + 0x1_0000 + (1 << 20))

    func error(
      address: UInt64 = 0x4000_0000, memory: UInt64 = 0x8000, entry: UInt64 = 0
    ) -> PackedImageError? {
      parts.placement = .fixed(address: address, memoryByteCount: memory, entryOffset: entry)
      return Self.error(parts)
    }
    #expect(error() == nil)
    #expect(error(address: 0) == .addressInvalid)
    #expect(error(address: (1 << 48) - (1 << 30)) == .addressInvalid)
    #expect(error(address: .max) == .addressInvalid)
    #expect(error(memory: 0x4fff) == .kernelByteCountInvalid)
    #expect(error(memory: 1 << 30) == .imageTooLarge)
    #expect(error(entry: 0x8000) == .kernelByteCountInvalid)
  }

  @Test func writesHeaderAndDescriptorAndNothingElse() throws {
    let layout = try Self.layout()
    var bytes = Self.template()
    for index in PackedImage.headByteCount..<bytes.count { bytes[index] = 0xee }
    var span = bytes.mutableSpan
    layout.write(to: &span)
    let header = try Arm64Image(parsing: bytes.span)
    #expect(
      header == Arm64Image(code: 0x5a, textOffset: 0, imageSize: layout.byteCount, flags: 0xa))
    let fields = (0..<PackedImage.fieldCount).map { Self.number(bytes, at: 0x40 + 8 * $0) }
    #expect(
      fields == [
        0x3354_4f4f_4234_5a4c, 0x3000, 0x12_3457, 0x12_7000, 0x40_0000, 0x19f_8000, 0x1a6_0000, 0,
        0, 0x1_0000, 0x3000, 0xa, 0, 0, 18, 0, 0, 0, 0, 0, 0, 0x13_7000, 512 << 10, 0, 0, 0, 0, 0,
        0, 0, 0x12_3457,
      ] + [UInt64](repeating: 0, count: 5))
    #expect(bytes[PackedImage.headByteCount...].allSatisfy { $0 == 0xee })
  }

  @Test func knowsPackedImagesOfEveryVersion() {
    func isPacked(_ bytes: [UInt8]) -> Bool { PackedImage.isPacked(bytes.span) }
    var bytes = Self.template()
    #expect(isPacked(bytes) && isPacked(Array(bytes[..<0x48])) && !isPacked(Array(bytes[..<0x47])))
    bytes[0x47] = UInt8(ascii: "9")
    #expect(isPacked(bytes))
    bytes[0x46] = UInt8(ascii: "9")
    #expect(!isPacked(bytes))
  }

  @Test func refusesTemplatesThatAreNoStub() {
    var wrongMagic = Self.template()
    wrongMagic[0x47] = UInt8(ascii: "1")
    let cases: [([UInt8], PackedImageError)] = [
      ([], .truncated),
      (Array(Self.template().prefix(PackedImage.headByteCount - 1)), .truncated),
      (Self.template().dropLast(), .truncated),
      (wrongMagic, .wrongMagic), (Self.template(flags: PackedImage.flagTiming), .wrongMagic),
      (Self.template(stubByteCount: 0x3001), .stubMisaligned),
      (Self.template(workByteCount: 0x8), .stubMisaligned),
      (Self.template(workByteCount: 0), .stubMisaligned),
      (Self.template(workByteCount: 1 << 30), .stubMisaligned),
    ]
    for (template, expected) in cases {
      #expect(Self.error(template: template) == expected)
    }
  }

  @Test func aSignatureNeedsTheStubThatVerifiesOneAndThatOneNeedsASignature() {
    var signed = Self.parts()
    signed.flags = PackedImage.flagSigned | PackedImage.flagSHA256
    let verifying = Self.template(flags: PackedImage.flagSigned)
    #expect(Self.error(signed, template: verifying) == nil)
    #expect(Self.error(signed) == .signingDiffers)
    #expect(Self.error(template: verifying) == .signingDiffers)
  }

  @Test func refusesSizesThatFitNowhere() {
    func error(
      payload: UInt64 = 100, imageSize: UInt64 = 0x10000, kernelByteCount: UInt64 = 0x8000
    ) -> PackedImageError? {
      Self.error(
        Self.parts(payload: payload, imageSize: imageSize, kernelByteCount: kernelByteCount))
    }
    #expect(error() == nil)
    #expect(error(payload: 0) == .payloadEmpty)
    #expect(error(kernelByteCount: 63) == .kernelByteCountInvalid)
    #expect(error(kernelByteCount: 0x10001) == .kernelByteCountInvalid)
    #expect(error(payload: .max) == .imageTooLarge)
    #expect(error(payload: (1 << 30) - 1) == .imageTooLarge)
    #expect(error(imageSize: .max) == .imageTooLarge)
    #expect(error(payload: 1 << 29, imageSize: 1 << 29) == .imageTooLarge)
    var parts = Self.parts()
    parts.initrd = .init(byteCount: 1, contentByteCount: 0)
    #expect(Self.error(parts) == .payloadEmpty)
    parts.initrd = .init(byteCount: 1, contentByteCount: .max)
    #expect(Self.error(parts) == .imageTooLarge)
    parts = Self.parts()
    parts.treeByteCount = .max
    #expect(Self.error(parts) == .imageTooLarge)
  }
}
