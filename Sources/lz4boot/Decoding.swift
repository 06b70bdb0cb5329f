import BootFormats
import CLZ4Boot

/// A source that was decoded and found good.
struct Decoding {
  let output: MappedMemory
  let info: SourceInfo
  let report: lz4boot_report

  /// Bytes per push: enough for speed, few enough for the progress bar to move.
  private static let pushByteCount = 256 << 10
  /// The largest block of any format, the legacy one.
  private static let blockByteCountMax = 8 << 20
  /// No byte of a source makes more than 255 bytes of output.
  private static let expansionMax = 255

  /// Decodes the whole source. The verdict is always the decoder's; the header walk only says how
  /// much memory to reserve.
  init(_ source: InputFile, flags: UInt32 = 0) throws(CommandFailure) {
    info = SourceInfo(source.memory)
    var bound = Int(clamping: info.fields.content_size_bound)
    // Behind what the headers cover the decoder may still write a part of a block.
    if info.status != .ok { bound = bound.addingClamped(Self.blockByteCountMax) }
    var decoded = try Self.decode(source, capacity: bound, flags: flags)
    if decoded.status == .target_full {
      // There is more than the headers promise. With room for it the verdict says what is wrong.
      let room = source.byteCount.multipliedClamped(by: Self.expansionMax)
      decoded = try Self.decode(source, capacity: max(room, bound), flags: flags)
    }
    guard decoded.status == .ok else {
      throw .refused(source, status: decoded.status, report: decoded.report)
    }
    output = decoded.output
    report = decoded.report
  }

  private static func decode(_ source: InputFile, capacity: Int, flags: UInt32)
    throws(CommandFailure)
    -> (status: lz4boot_status, report: lz4boot_report, output: MappedMemory)
  {
    let output = try MappedMemory(capacity: capacity, for: source.name)
    var report = lz4boot_report()
    var status = lz4boot_status.ok
    unsafe source.memory.withUnsafeBytes { bytes in
      unsafe output.append { target in
        status = unsafe push(bytes, into: target, flags: flags, report: &report)
        return Int(report.target_byte_count)
      }
    }
    return (status, report, output)
  }

  private static func push(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, flags: UInt32,
    report: inout lz4boot_report
  ) -> lz4boot_status {
    var bar = ProgressBar("decoding")
    var stream = lz4boot_stream()
    unsafe lz4boot_stream_start(&stream, target.baseAddress, target.count, flags)
    for offset in stride(from: 0, to: source.count, by: pushByteCount) {
      let part = unsafe UnsafeRawBufferPointer(
        rebasing: source[offset..<min(offset + pushByteCount, source.count)])
      let status = unsafe lz4boot_stream_push(&stream, part.baseAddress, part.count, &report)
      guard status == .ok || status == .need_input else { return status }
      bar.update(done: offset + part.count, total: source.count)
    }
    return unsafe lz4boot_stream_finish(&stream, &report)
  }
}

extension CommandFailure {
  /// The decoder's verdict: where, what, and what that means.
  static func refused(_ source: InputFile, status: lz4boot_status, report: lz4boot_report)
    -> CommandFailure
  {
    // SAFETY: the name is a static C string, never NULL.
    let cause = unsafe String(cString: lz4boot_status_name(status))
    let position = "block \(report.block_index), byte \(report.source_offset)"
    var reason = "\(position): \(cause): \(explanation(of: status, report: report))"
    if status == .unknown_format, let kind = source.memory.withSpan({ ContentKind(of: $0) }) {
      reason += " but \(kind.name)"
    }
    // Image.lz4-dtb, as Android's kernel builds make it.
    let place = Int(clamping: report.source_offset)
    if source.memory.withSpan({ $0.holdsDeviceTree(at: place) }) {
      reason += "; a device tree starts there, to be cut off first"
    }
    return .refused(name: source.name, reason: reason)
  }
}

extension Span<UInt8> {
  fileprivate func holdsDeviceTree(at offset: Int) -> Bool {
    guard offset > 0, offset < count else { return false }
    return FlattenedDeviceTree.byteCount(ofHeader: extracting(offset...)) != nil
  }
}

extension Int {
  fileprivate func addingClamped(_ other: Int) -> Int {
    let sum = addingReportingOverflow(other)
    return sum.overflow ? .max : sum.partialValue
  }

  fileprivate func multipliedClamped(by other: Int) -> Int {
    let product = multipliedReportingOverflow(by: other)
    return product.overflow ? .max : product.partialValue
  }
}
