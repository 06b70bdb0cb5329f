import CLZ4Boot

@c @implementation
public func lz4boot_decode(
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ target: UnsafeMutableRawPointer?, _ target_capacity: Int,
  _ flags: UInt32, _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  guard
    var cursor = unsafe Arguments.source(source, source_byte_count),
    let options = Arguments.options(flags),
    let target = unsafe Arguments.target(target, target_capacity, isInPlace: options.isInPlace)
  else { return unsafe report.fillBadArgument() }
  var stream = Stream(target: target, options: options)
  stream.push(&cursor)
  stream.finish()
  return unsafe stream.report(to: report, otherwise: .ok)
}
