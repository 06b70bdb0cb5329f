/// Constants of the "LZ4 Block Format Description".
enum BlockFormat {
  /// "Compressed block format": a length of 15 in the token goes on in the bytes that follow.
  static let extendedLength = 15
  /// A byte of 255 in an extended length says that another follows.
  static let lengthContinues: UInt8 = 255
  /// "the minmatch of 4".
  static let matchLengthMin = 4
}
