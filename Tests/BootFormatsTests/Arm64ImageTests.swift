import BootFormats
import Testing

@Suite struct Arm64ImageTests {
  /// The first 64 bytes of a Debian arm64 kernel.
  static let debian: [UInt8] = [
    0x4d, 0x5a, 0x40, 0xfa, 0xff, 0x3f, 0x5d, 0x14, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0xa6, 0x01, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0x41, 0x52, 0x4d, 0x64, 0x40, 0, 0, 0,
  ]

  static func error(_ bytes: [UInt8]) -> Arm64ImageError? {
    do throws(Arm64ImageError) {
      _ = try Arm64Image(parsing: bytes.span)
      return nil
    } catch {
      return error
    }
  }

  @Test func readsTheFieldsOfARealHeader() throws {
    let image = try Arm64Image(parsing: Self.debian.span)
    #expect(image.code == 0x145d_3fff_fa40_5a4d)
    #expect(image.textOffset == 0)
    #expect(image.imageSize == 0x1a6_0000)
    #expect(image.flags == 0xa)
  }

  @Test func writesWhatItReads() throws {
    let image = Arm64Image(code: 0x1234, textOffset: 0x8_0000, imageSize: 1 << 40, flags: 0xa)
    var bytes = [UInt8](repeating: 0xff, count: 65)
    var span = bytes.mutableSpan
    image.write(to: &span)
    #expect(try Arm64Image(parsing: bytes.span) == image)
    #expect(bytes[64] == 0xff)
  }

  @Test func refusesEveryTruncation() {
    for count in 0..<64 {
      #expect(Self.error(Array(Self.debian.prefix(count))) == .truncated)
    }
  }

  @Test(arguments: [
    (0x38, UInt8(0), Arm64ImageError.wrongMagic),
    (0x18, 0x0b, .bigEndian),
    (0x0a, 0x20, .textOffsetTooLarge),
    (0x0f, 0x80, .textOffsetTooLarge),
  ])
  func refusesAHeaderThatCannotBeStarted(
    offset: Int, value: UInt8, expected: Arm64ImageError
  ) {
    var bytes = Self.debian
    bytes[offset] = value
    #expect(Self.error(bytes) == expected)
  }

  @Test func refusesAnUnknownImageSize() {
    var bytes = Self.debian
    bytes[18] = 0
    bytes[19] = 0
    #expect(Self.error(bytes) == .imageSizeMissing)
  }
}
