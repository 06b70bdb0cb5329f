import CLZ4Boot

@c @implementation
public func lz4boot_inspect(
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ info: UnsafeMutablePointer<lz4boot_info>?, _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  guard
    let info = unsafe info,
    var cursor = unsafe Arguments.source(source, source_byte_count),
    var stream = unsafe Arguments.stream(nil, 0, flags: 0)
  else { return unsafe report.fillBadArgument() }
  let survey = unsafe Survey(unsafeInfo: info)
  stream.survey = survey
  stream.push(&cursor)
  stream.finish()
  survey.end(sourceByteCount: stream.error?.offset ?? stream.consumedCount)
  return unsafe stream.report(to: report, otherwise: .ok)
}
