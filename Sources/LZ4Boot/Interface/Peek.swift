import CLZ4Boot

@c @implementation
public func lz4boot_peek(
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ target: UnsafeMutableRawPointer?, _ target_byte_count: Int,
  _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  var stream = Stream()
  let goesOn = unsafe stream.start(
    unsafeTarget: target, capacity: target_byte_count, flags: 0, chunk: source,
    byteCount: source_byte_count)
  if goesOn { stream.runWhole() }
  stream.endAtFullTarget()
  return unsafe stream.finish(report)
}
