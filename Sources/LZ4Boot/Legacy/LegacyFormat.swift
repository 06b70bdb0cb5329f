/// Constants of the "Legacy frame" of the "LZ4 Frame Format Description".
enum LegacyFormat {
  /// "Block decompressed size": 8 MiB, but for the last.
  static let blockMaximum: UInt32 = 8 << 20
  /// What LZ4 needs at most for a block of that size: liblz4's LZ4_COMPRESSBOUND.
  static let storedMaximum: UInt32 = blockMaximum + blockMaximum / 255 + 16
}
