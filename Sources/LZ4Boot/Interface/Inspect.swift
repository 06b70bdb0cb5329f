import CLZ4Boot

@c @implementation
public func lz4boot_inspect(
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ info: UnsafeMutablePointer<lz4boot_info>?, _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  guard
    let info = unsafe info,
    let cursor = unsafe Arguments.source(source, source_byte_count)
  else { return unsafe report.fillBadArgument() }
  var stream = Stream()
  stream.source = cursor
  var survey = unsafe Survey(unsafeInfo: info)
  survey.walk(&stream)
  return unsafe stream.report(to: report)
}
