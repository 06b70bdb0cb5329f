import CLZ4Boot

extension UnsafeMutablePointer<lz4boot_report>? {
  /// Fills in the report, if the caller wants one, and returns its status.
  @inline(never)
  func fill(
    status: lz4boot_status, format: SourceFormat, sourceOffset: UInt64, targetByteCount: Int,
    blockIndex: UInt64 = 0, expected: UInt64 = 0, actual: UInt64 = 0
  ) -> lz4boot_status {
    if let report = self {
      unsafe report.initialize(
        to: lz4boot_report(
          status: status.rawValue, format: format.rawValue, source_offset: sourceOffset,
          target_byte_count: UInt64(count: targetByteCount), block_index: blockIndex,
          expected: expected, actual: actual))
    }
    return status
  }

  @inline(never)
  func fillBadArgument() -> lz4boot_status {
    unsafe fill(status: .bad_argument, format: .none, sourceOffset: 0, targetByteCount: 0)
  }
}

extension Stream {
  /// Mutating, as otherwise all of the stream is copied to be read. `unfinished` stands for a source
  /// that may not end here.
  @inline(never)
  mutating func report(
    to report: UnsafeMutablePointer<lz4boot_report>?, unfinished: lz4boot_status = .need_input
  ) -> lz4boot_status {
    let mayEnd = status == .ok && mayEnd
    // Bytes that were looked at behind the only frame that was asked for are the caller's.
    let isBehindFrame = mayEnd && options.stopsAfterFrame
    return unsafe report.fill(
      status: status == .ok && !mayEnd ? unfinished : status, format: format,
      sourceOffset: isBehindFrame ? fieldOffset : source.offset, targetByteCount: target.count,
      blockIndex: blockIndex, expected: expected, actual: actual)
  }

  /// Ends the source.
  @inline(never)
  mutating func finish(_ report: UnsafeMutablePointer<lz4boot_report>?) -> lz4boot_status {
    end()
    return unsafe self.report(to: report)
  }
}
