import CLZ4Boot

/// What is wrong with a block, and where.
struct DecodeError: Error {
  var status: lz4boot_status
  /// First byte of the field at fault, from the start of the source.
  var offset: UInt64
}
