import CLZ4Boot

@c @implementation
public func lz4boot_inspect(
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ info: UnsafeMutablePointer<lz4boot_info>?, _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  guard
    let info = unsafe info,
    var cursor = unsafe Arguments.source(source, source_byte_count),
    let nowhere = unsafe Arguments.target(nil, 0, isInPlace: false)
  else { return unsafe report.fillBadArgument() }
  let survey = unsafe Survey(unsafeInfo: info)
  var stream = Stream(target: nowhere, options: Stream.Options())
  stream.survey = survey
  stream.push(&cursor)
  stream.finish()
  survey.end(sourceByteCount: stream.error == nil ? stream.consumedCount : nil)
  return unsafe stream.report(to: report, otherwise: .ok)
}
