import CLZ4Boot

@c @implementation
public func lz4boot_decode_block(
  _ source: UnsafeRawPointer?, _ source_byte_count: Int,
  _ target: UnsafeMutableRawPointer?, _ target_capacity: Int,
  _ report: UnsafeMutablePointer<lz4boot_report>?
) -> lz4boot_status {
  guard
    var cursor = unsafe Arguments.source(source, source_byte_count),
    var target = unsafe Arguments.target(target, target_capacity, isInPlace: false),
    target.status(ofPlaceOf: cursor) == .ok
  else { return unsafe report.fillBadArgument() }
  var block = BlockDecoder(windowStart: 0, outputEnd: .max)
  var status = lz4boot_status.ok
  do throws(DecodeError) {
    // All of the block is at hand: more is never needed.
    _ = try block.decode(
      from: &cursor, into: &target, blockEnd: UInt64(count: source_byte_count))
  } catch {
    status = error.status
    cursor.stop(at: error.offset)
  }
  return unsafe report.fill(
    status: status, format: .rawBlock, sourceOffset: cursor.offset,
    targetByteCount: target.count)
}
