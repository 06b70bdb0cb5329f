import CLZ4Boot

/// What came of a decode whose source lies in the tail of its target.
struct InPlaceResult: Equatable, CustomStringConvertible {
  var status: lz4boot_status
  var targetByteCount: Int
  /// Whether the bytes that the report vouches for are right.
  var isPrefixRight: Bool

  var description: String {
    "\(status.name), \(targetByteCount) bytes\(isPrefixRight ? "" : ", wrong")"
  }
}

/// The source ends `margin` bytes behind the end of the output, which may be in front of it.
struct InPlaceDecode {
  let source: [UInt8]
  let output: [UInt8]
  let margin: Int

  var sourceEnd: Int { output.count + margin }
  var sourceStart: Int { sourceEnd - source.count }

  /// - Parameter pushByteCount: the size of each push; one call if nil.
  func run(pushByteCount: Int? = nil) -> InPlaceResult {
    let capacity = max(output.count, sourceEnd)
    let memory = GuardedMemory(byteCountMax: capacity)
    memory.fill(with: 0xEE)
    let target = unsafe memory.window(byteCount: capacity, edge: .end)
    let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: target[sourceStart..<sourceEnd])
    unsafe bytes.copyBytes(from: source)
    var report = lz4boot_report()
    if let pushByteCount {
      var stream = lz4boot_stream()
      unsafe lz4boot_stream_start(&stream, target.baseAddress, capacity, Flag.inPlace)
      var status = lz4boot_status.need_input
      var position = 0
      while position < source.count, status == .need_input || status == .ok {
        let count = min(pushByteCount, source.count - position)
        let chunk = unsafe bytes.baseAddress! + position
        status = unsafe lz4boot_stream_push(&stream, chunk, count, &report)
        position += count
      }
      _ = unsafe lz4boot_stream_finish(&stream, &report)
    } else {
      _ = unsafe lz4boot_decode(
        bytes.baseAddress, bytes.count, target.baseAddress, capacity, Flag.inPlace, &report)
    }
    let count = min(capacity, Int(report.target_byte_count))
    let isRight =
      unsafe count <= output.count && target.prefix(count).elementsEqual(output[..<count])
    return InPlaceResult(
      status: lz4boot_status(rawValue: report.status) ?? .bad_argument, targetByteCount: count,
      isPrefixRight: isRight)
  }
}
