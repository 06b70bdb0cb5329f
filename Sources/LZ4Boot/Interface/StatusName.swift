import CLZ4Boot

/// The names of the statuses from 16 up, in order, one string: a table of pointers would need
/// relocations.
private let errorNames: StaticString = """
  truncated_input\0unknown_format\0reserved_bit_set\0unsupported_version\0\
  block_size_invalid\0header_checksum_mismatch\0dictionary_required\0block_too_large\0\
  block_checksum_mismatch\0content_checksum_mismatch\0content_size_mismatch\0offset_zero\0\
  offset_out_of_range\0literals_overrun\0target_full\0trailing_data\0in_place_overrun\0\
  bad_argument\0cancelled\0unknown_status\0
  """
private let successNames: StaticString = "ok\0need_input\0unknown_status\0"

@c @implementation
public func lz4boot_status_name(_ status: lz4boot_status) -> UnsafePointer<CChar>? {
  let firstError = lz4boot_status.truncated_input.rawValue
  let value = status.rawValue
  let isError = value >= firstError
  let names = unsafe (isError ? errorNames : successNames).utf8Start
  let unknown =
    isError ? lz4boot_status.cancelled.rawValue + 1 : lz4boot_status.need_input.rawValue + 1
  var left = min(value, unknown) &- (isError ? firstError : 0)
  var name = unsafe names
  while left > 0 {
    if unsafe name.pointee == 0 { left &-= 1 }
    unsafe name += 1
  }
  return unsafe UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)
}
