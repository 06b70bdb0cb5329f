import CLZ4Boot

/// What `lz4boot_stream` holds.
@safe
private struct StreamStorage {
  /// "lz4boot" and a version of this layout: tells a started struct from other memory.
  static let startedMark: UInt64 = 0x6C7A_3462_6F6F_7402

  var mark = startedMark
  var stream = Stream()
  var progress = unsafe lz4boot_progress()
  /// Index of the target in front of which the progress is told next.
  var nextCall = 0

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
    _ body: (inout StreamStorage) -> lz4boot_status
  ) -> lz4boot_status {
    guard let storage = unsafe at(pointer), unsafe storage.pointee.mark == startedMark else {
      return unsafe report.fillBadArgument()
    }
    return unsafe body(&storage.pointee)
  }

  /// Takes all that is at hand, and asks on the way whether it goes on.
  mutating func run() {
    guard unsafe progress.callback != nil else { return stream.run() }
    let capacity = stream.target.capacity
    // Ends: every round but the last gets on by the interval.
    repeat {
      stream.options.isWatched = nextCall < capacity
      stream.target.capacity = min(nextCall, capacity)
      stream.run()
      stream.target.capacity = capacity
    } while stream.isPaused && goesOn()
  }

  @inline(never)
  private mutating func goesOn() -> Bool {
    let count = stream.target.count
    guard unsafe progress.callback?(progress.context, UInt64(count: count)) == 0 else {
      stream.cancel()
      return false
    }
    setNextCall()
    return true
  }

  mutating func setNextCall() {
    let interval = unsafe max(progress.byte_interval, 64 << 10)
    let (next, overflow) = UInt64(count: nextCall).addingReportingOverflow(interval)
    nextCall = overflow || next > UInt64(Int.max) ? .max : Int(truncatingIfNeeded: next)
  }
}

@c @implementation
public func lz4boot_stream_start(
  _ stream: UnsafeMutablePointer<lz4boot_stream>?,
  _ target: UnsafeMutableRawPointer?, _ target_capacity: Int, _ flags: UInt32
) {
  guard let storage = unsafe StreamStorage.at(stream) else { return }
  unsafe storage.initialize(to: StreamStorage())
  unsafe storage.pointee.stream.start(
    unsafeTarget: target, capacity: target_capacity, flags: flags)
}

@c @implementation
public func lz4boot_stream_start_with_progress(
  _ stream: UnsafeMutablePointer<lz4boot_stream>?,
  _ target: UnsafeMutableRawPointer?, _ target_capacity: Int, _ flags: UInt32,
  _ progress: UnsafePointer<lz4boot_progress>?
) {
  unsafe lz4boot_stream_start(stream, target, target_capacity, flags)
  guard let storage = unsafe StreamStorage.at(stream), let progress = unsafe progress else {
    return
  }
  unsafe storage.pointee.progress = progress.pointee
  unsafe storage.pointee.setNextCall()
}

@c @implementation
public func lz4boot_stream_push(
  _ stream: UnsafeMutablePointer<lz4boot_stream>?,
  _ chunk: UnsafeRawPointer?, _ chunk_byte_count: Int,
  _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  unsafe StreamStorage.use(stream, report) { storage in
    if unsafe storage.stream.accept(unsafeChunk: chunk, byteCount: chunk_byte_count) {
      storage.run()
    }
    return unsafe storage.stream.report(to: report)
  }
}

@c @implementation
public func lz4boot_stream_finish(
  _ stream: UnsafeMutablePointer<lz4boot_stream>?,
  _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  unsafe StreamStorage.use(stream, report) { storage in
    unsafe storage.stream.finish(report)
  }
}
