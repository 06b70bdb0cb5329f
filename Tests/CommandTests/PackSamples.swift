import Foundation

/// A kernel and a stub that have the right headers and nothing behind them.
enum PackSamples {
  static let kernelByteCount = 5_000_000
  static let imageSize: UInt64 = 6 << 20
  static let stubByteCount = 8192
  static let workByteCount: UInt64 = 65536

  /// [code:8][text_offset:8][image_size:8][flags:8][reserved:24]["ARM\x64"][reserved:4]
  static func kernel(
    imageSize: UInt64 = imageSize, textOffset: UInt64 = 0, flags: UInt64 = 0xa
  ) -> Data {
    let header =
      littleEndian(0x1400_0000_d503_201f as UInt64) + littleEndian(textOffset)
      + littleEndian(imageSize) + littleEndian(flags) + Data(count: 24) + Data("ARM\u{64}".utf8)
      + Data(count: 4)
    return header + Samples.text(byteCount: kernelByteCount - header.count)
  }

  /// The same with one section of a PE file, which ends where the file does: "MZ" at 0, the header's
  /// place at 0x3C, ["PE\0\0"][…:2][sections:2][…:12][optional header:2][…:2][section:40].
  static func efiKernel() -> Data {
    kernel()
      .replacing(at: 0, with: Data("MZ".utf8))
      .replacing(at: 0x3C, with: littleEndian(0x40 as UInt32))
      .replacing(at: 0x40, with: Data("PE\0\0".utf8) + Data(count: 60))
      .replacing(at: 0x46, with: littleEndian(1 as UInt16))
      .replacing(at: 0x58 + 16, with: littleEndian(UInt32(kernelByteCount - 4096)))
      .replacing(at: 0x58 + 20, with: littleEndian(4096 as UInt32))
  }

  /// Image header and descriptor.
  static let headByteCount = 352

  /// [code:8][0:56]["LZ4BOOT3"][0:56][flags:8][work_byte_count:8][stub_byte_count:8][0:200]
  static func stub(signed: Bool = false) -> Data {
    Data(repeating: 0x5a, count: stubByteCount)
      .replacing(at: 8, with: Data(count: headByteCount - 8))
      .replacing(at: 64, with: Data("LZ4BOOT3".utf8))
      .replacing(at: 128, with: littleEndian(signed ? 0x10 : 0 as UInt64))
      .replacing(at: 136, with: littleEndian(workByteCount))
      .replacing(at: 144, with: littleEndian(UInt64(stubByteCount)))
  }
}
