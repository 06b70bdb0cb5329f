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

  /// [code:8][0:56]["LZ4BOOT1"][0:64][work_byte_count:8][stub_byte_count:8][0:16]
  static func stub() -> Data {
    Data(repeating: 0x5a, count: stubByteCount)
      .replacing(at: 8, with: Data(count: 160))
      .replacing(at: 64, with: Data("LZ4BOOT1".utf8))
      .replacing(at: 136, with: littleEndian(workByteCount))
      .replacing(at: 144, with: littleEndian(UInt64(stubByteCount)))
  }
}
