/// Constants of the "LZ4 Frame Format Description" beyond its descriptor.
enum FrameFormat {
  /// "EndMark": a block size of 0. A stored block of 0 bytes is something else.
  static let endMark: UInt32 = 0
  /// "Block Size": "the highest bit is 1 if data in the block is uncompressed".
  static let storedBlock: UInt32 = 1 << 31
}
