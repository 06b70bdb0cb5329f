import CLZ4Boot

/// What a call came to, checked: the status it returned is the report's, and no more output is
/// vouched for than there is room.
func outcome(
  _ status: lz4boot_status, _ report: lz4boot_report, in target: borrowing HeapBytes
) -> Outcome {
  check(status, report, in: target)
  return Outcome(report, output: target.prefix(Int(report.target_byte_count)))
}

func check(
  _ status: lz4boot_status, _ report: lz4boot_report, in target: borrowing HeapBytes
) {
  guard report.status == status.rawValue else {
    fail("returned \(status.name), reported \(report.status)")
  }
  guard report.target_byte_count <= UInt64(target.count) else {
    fail("\(report.target_byte_count) bytes in \(target.count)")
  }
}

/// Room for the output of every source, kept from run to run: to fill so much takes longer than to
/// decode most sources.
private nonisolated(unsafe) let scratch = HeapBytes(24 << 16, filledWith: 0)

/// What there is to be decoded, for a look before the decode that is to be tested.
func lookAhead(_ bytes: [UInt8], capacity: Int = outputByteCountMax) -> Outcome {
  var report = lz4boot_report()
  let status = unsafe lz4boot_decode(
    bytes, bytes.count, scratch.start, min(capacity, scratch.count), 0, &report)
  return unsafe outcome(status, report, in: scratch)
}

/// `lz4boot_decode`.
func decode(
  _ bytes: [UInt8], capacity: Int, flags: UInt32 = 0, prefill: UInt8 = 0
) -> Outcome {
  unsafe call(on: bytes, capacity: capacity, prefill: prefill) { source, target, report in
    unsafe lz4boot_decode(source, bytes.count, target, capacity, flags, report)
  }
}

/// `lz4boot_decode_block`.
func decodeBlock(_ bytes: [UInt8], capacity: Int, prefill: UInt8) -> Outcome {
  unsafe call(on: bytes, capacity: capacity, prefill: prefill) { source, target, report in
    unsafe lz4boot_decode_block(source, bytes.count, target, capacity, report)
  }
}

/// `lz4boot_peek`.
func peek(_ bytes: [UInt8], _ byteCount: Int, prefill: UInt8) -> Outcome {
  unsafe call(on: bytes, capacity: byteCount, prefill: prefill) { source, target, report in
    unsafe lz4boot_peek(source, bytes.count, target, byteCount, report)
  }
}

/// With memory of just these sizes.
private func call(
  on bytes: [UInt8], capacity: Int, prefill: UInt8,
  _ function: (UnsafeRawPointer, UnsafeMutableRawPointer, UnsafeMutablePointer<lz4boot_report>) ->
    lz4boot_status
) -> Outcome {
  let source = HeapBytes(bytes)
  let target = HeapBytes(capacity, filledWith: prefill)
  var report = lz4boot_report()
  let status = unsafe function(source.start, target.start, &report)
  return outcome(status, report, in: target)
}

/// `lz4boot_inspect`.
func inspect(_ bytes: [UInt8]) -> (outcome: Outcome, info: lz4boot_info) {
  let source = HeapBytes(bytes)
  let target = HeapBytes(0, filledWith: 0)
  var report = lz4boot_report()
  var info = lz4boot_info()
  let status = unsafe lz4boot_inspect(source.start, source.count, &info, &report)
  return (outcome(status, report, in: target), info)
}
