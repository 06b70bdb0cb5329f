import CLZ4Boot

/// What is wrong with a source, and where.
struct DecodeError: Error {
  var status: lz4boot_status
  /// First byte of the field at fault, from the start of the source.
  var offset: UInt64
  /// For mismatches: what the source says, and what was computed.
  var expected: UInt64 = 0
  var actual: UInt64 = 0
}
