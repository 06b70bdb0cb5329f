import CLZ4Boot

/// What `lz4boot_stream` holds.
private struct StreamStorage {
  /// "lz4boot" and a version of this layout: tells a started struct from other memory.
  static let startedMark: UInt64 = 0x6C7A_3462_6F6F_7401

  var mark: UInt64
  var stream: Stream

  static func at(
    _ pointer: UnsafeMutablePointer<lz4boot_stream>?
  ) -> UnsafeMutablePointer<StreamStorage>? {
    unsafe UnsafeMutableRawPointer(pointer)?.assumingMemoryBound(to: StreamStorage.self)
  }

  /// Bad argument if the struct was never started.
  @inline(__always)
  static func use(
    _ pointer: UnsafeMutablePointer<lz4boot_stream>?,
    _ report: UnsafeMutablePointer<lz4boot_report>?,
    _ body: (inout Stream) -> lz4boot_status
  ) -> lz4boot_status {
    guard let storage = unsafe at(pointer), unsafe storage.pointee.mark == startedMark else {
      return unsafe report.fillBadArgument()
    }
    return unsafe body(&storage.pointee.stream)
  }
}

@c @implementation
public func lz4boot_stream_start(
  _ stream: UnsafeMutablePointer<lz4boot_stream>?,
  _ target: UnsafeMutableRawPointer?, _ target_capacity: Int, _ flags: UInt32
) {
  guard let storage = unsafe StreamStorage.at(stream) else { return }
  unsafe storage.initialize(
    to: StreamStorage(mark: StreamStorage.startedMark, stream: Stream()))
  unsafe storage.pointee.stream.start(
    unsafeTarget: target, capacity: target_capacity, flags: flags)
}

@c @implementation
public func lz4boot_stream_push(
  _ stream: UnsafeMutablePointer<lz4boot_stream>?,
  _ chunk: UnsafeRawPointer?, _ chunk_byte_count: Int,
  _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  unsafe StreamStorage.use(stream, report) { stream in
    if unsafe stream.accept(unsafeChunk: chunk, byteCount: chunk_byte_count) { stream.run() }
    return unsafe stream.report(to: report)
  }
}

@c @implementation
public func lz4boot_stream_finish(
  _ stream: UnsafeMutablePointer<lz4boot_stream>?,
  _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  unsafe StreamStorage.use(stream, report) { stream in unsafe stream.finish(report) }
}
