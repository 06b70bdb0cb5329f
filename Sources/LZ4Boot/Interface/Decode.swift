import CLZ4Boot

@c @implementation
public func lz4boot_decode(
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ target: UnsafeMutableRawPointer?, _ target_capacity: Int,
  _ flags: UInt32, _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  var stream = Stream()
  let goesOn = unsafe stream.start(
    unsafeTarget: target, capacity: target_capacity, flags: flags, chunk: source,
    byteCount: source_byte_count)
  if goesOn { stream.runWhole() }
  return unsafe stream.finish(report)
}

extension Stream {
  /// In a function of its own, so that the arguments are off the stack when decoding starts.
  @inline(never)
  mutating func start(
    unsafeTarget target: UnsafeMutableRawPointer?, capacity: Int, flags: UInt32,
    chunk: UnsafeRawPointer?, byteCount: Int
  ) -> Bool {
    unsafe start(unsafeTarget: target, capacity: capacity, flags: flags)
    return unsafe accept(unsafeChunk: chunk, byteCount: byteCount)
  }
}
