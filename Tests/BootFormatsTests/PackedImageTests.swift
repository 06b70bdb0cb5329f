import BootFormats
import Testing

@Suite struct PackedImageTests {
  /// A stub as the linker leaves it: own code, magic and its two sizes.
  static func template(stubByteCount: Int = 0x3000, workByteCount: UInt64 = 0x1_0000) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: stubByteCount)
    bytes[0] = 0x5a
    bytes.replaceSubrange(0x40..<0x48, with: Array("LZ4BOOT1".utf8))
    set(workByteCount, at: 0x40 + 72, in: &bytes)
    set(UInt64(stubByteCount), at: 0x40 + 80, in: &bytes)
    return bytes
  }

  static func set(_ value: UInt64, at offset: Int, in bytes: inout [UInt8]) {
    for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  static func layout(
    template: [UInt8] = template(), payload: UInt64 = 0x12_3457, imageSize: UInt64 = 0x1a6_0000,
    textOffset: UInt64 = 0, kernelByteCount: UInt64 = 0x19f_8000
  ) throws(PackedImageError) -> PackedImage {
    try PackedImage(
      template: template.span, payloadByteCount: payload,
      kernel: Arm64Image(code: 1, textOffset: textOffset, imageSize: imageSize, flags: 0xa),
      kernelByteCount: kernelByteCount, flags: PackedImage.flagTiming)
  }

  static func error(_ body: () throws(PackedImageError) -> PackedImage) -> PackedImageError? {
    do throws(PackedImageError) {
      _ = try body()
      return nil
    } catch {
      return error
    }
  }

  @Test func nothingOverlapsAndTheHeaderReservesEverything() throws {
    for textOffset: UInt64 in [0, 0x8_0000] {
      let layout = try Self.layout(textOffset: textOffset)
      #expect(layout.payloadOffset == 0x3000)
      #expect(layout.workOffset == 0x12_7000)
      #expect(layout.targetOffset == 0x20_0000)
      #expect(layout.kernelOffset == 0x20_0000 + textOffset)
      #expect(layout.byteCount == 0x20_0000 + textOffset + 0x1a6_0000)
      #expect(layout.fileByteCount == 0x3000 + 0x12_3457)
    }
  }

  @Test func theTargetStartsAtTheBoundaryWhereTheWorkAreaEnds() throws {
    let payload = UInt64((2 << 20) - 0x3000 - 0x1_0000)
    #expect(try Self.layout(payload: payload).targetOffset == 2 << 20)
    #expect(try Self.layout(payload: payload + 1).targetOffset == 4 << 20)
  }

  @Test func readsBackWhatItWrites() throws {
    let layout = try Self.layout()
    var bytes = Self.template()
    var span = bytes.mutableSpan
    layout.write(to: &span)
    #expect(try PackedImage(parsing: bytes.span) == layout)
    let header = try Arm64Image(parsing: bytes.span)
    #expect(
      header == Arm64Image(code: 0x5a, textOffset: 0, imageSize: layout.byteCount, flags: 0xa))
  }

  /// The stub checks what only it can know against the decoded kernel; all else is the layout's.
  @Test func refusesADescriptorWhoseOffsetsDoNotFollowFromItsSizes() throws {
    var good = Self.template()
    var span = good.mutableSpan
    try Self.layout().write(to: &span)
    for field in [1, 3, 4] {
      for bit: UInt8 in 0..<64 {
        var bytes = good
        bytes[0x40 + 8 * field + Int(bit / 8)] ^= 1 << (bit % 8)
        #expect(
          Self.error { () throws(PackedImageError) in try PackedImage(parsing: bytes.span) }
            == .layoutInconsistent)
      }
    }
  }

  @Test func refusesTemplatesThatAreNoStub() {
    var wrongMagic = Self.template()
    wrongMagic[0x47] = UInt8(ascii: "2")
    let cases: [([UInt8], PackedImageError)] = [
      ([], .truncated),
      (Array(Self.template().prefix(PackedImage.headByteCount - 1)), .truncated),
      (Self.template().dropLast(), .truncated),
      (wrongMagic, .wrongMagic),
      (Self.template(stubByteCount: 0x3001), .stubMisaligned),
      (Self.template(workByteCount: 0x8), .stubMisaligned),
    ]
    for (template, expected) in cases {
      #expect(
        Self.error { () throws(PackedImageError) in try Self.layout(template: template) }
          == expected)
    }
  }

  @Test func refusesSizesThatFitNowhere() {
    func error(
      payload: UInt64 = 100, imageSize: UInt64 = 0x10000, kernelByteCount: UInt64 = 0x8000
    ) -> PackedImageError? {
      Self.error { () throws(PackedImageError) in
        try Self.layout(
          payload: payload, imageSize: imageSize, kernelByteCount: kernelByteCount)
      }
    }
    #expect(error() == nil)
    #expect(error(payload: 0) == .payloadEmpty)
    #expect(error(kernelByteCount: 63) == .kernelByteCountInvalid)
    #expect(error(kernelByteCount: 0x10001) == .kernelByteCountInvalid)
    #expect(error(payload: .max) == .imageTooLarge)
    #expect(error(payload: (1 << 30) - 1) == .imageTooLarge)
    #expect(error(imageSize: .max) == .imageTooLarge)
    #expect(error(payload: 1 << 29, imageSize: 1 << 29) == .imageTooLarge)
  }
}
