import CLZ4Boot

extension UnsafeMutablePointer<lz4boot_report>? {
  /// Fills in the report, if the caller wants one, and returns its status.
  func fill(
    error: DecodeError?, otherwise status: lz4boot_status = .ok, format: Stream.Format,
    sourceOffset: UInt64, targetByteCount: Int, blockIndex: UInt64
  ) -> lz4boot_status {
    let status = error?.status ?? status
    if let report = self {
      unsafe report.initialize(
        to: lz4boot_report(
          status: status.rawValue, format: format.rawValue,
          source_offset: error?.offset ?? sourceOffset,
          target_byte_count: UInt64(count: targetByteCount), block_index: blockIndex,
          expected: error?.expected ?? 0, actual: error?.actual ?? 0))
    }
    return status
  }

  func fillBadArgument() -> lz4boot_status {
    unsafe fill(
      error: DecodeError(status: .bad_argument, offset: 0), format: .none, sourceOffset: 0,
      targetByteCount: 0, blockIndex: 0)
  }
}

extension Stream {
  /// Mutating, as otherwise all of the stream is copied to be read.
  mutating func report(
    to report: UnsafeMutablePointer<lz4boot_report>?, otherwise status: lz4boot_status
  ) -> lz4boot_status {
    unsafe report.fill(
      error: error, otherwise: status, format: format, sourceOffset: reportedCount,
      targetByteCount: target.count, blockIndex: blockIndex)
  }
}
