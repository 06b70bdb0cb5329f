import CLZ4Boot

/// What a status means, for people, with what the report adds to it.
func explanation(of status: lz4boot_status, report: lz4boot_report) -> String {
  switch status {
  case .ok: "nothing is wrong"
  case .need_input: "more input is needed"
  case .truncated_input:
    report.source_offset == 0
      ? "there is no data" : "the data ends in the middle of a header, a block or a checksum"
  case .unknown_format: "this is no LZ4 or legacy frame"
  case .reserved_bit_set: "the frame header has a bit set that has no meaning"
  case .unsupported_version: "the frame is of another version than 1"
  case .block_size_invalid: "the frame header names no valid block size"
  case .header_checksum_mismatch: "the frame header is damaged" + checksums(report)
  case .dictionary_required: "the frame cannot be decoded without its dictionary"
  case .block_too_large:
    "the block is larger than its frame allows"
      + (report.format == 2 ? ", or the size behind the last block is wrong" : "")
  case .block_checksum_mismatch: "the block is damaged" + checksums(report)
  case .content_checksum_mismatch: "the decoded data is wrong" + checksums(report)
  case .content_size_mismatch:
    "the frame does not hold what its header says: "
      + "expected \(report.expected) bytes, actual \(report.actual)"
  case .offset_zero: "a match has offset 0, which the format forbids"
  case .offset_out_of_range: "a match reaches back to before the start of the output"
  case .literals_overrun: "literals run past the end of their block"
  case .target_full: "there is more output than the headers announce"
  case .trailing_data: "something that is no frame follows the last frame"
  case .in_place_overrun: "the output overtakes the input"
  case .cancelled: "it was stopped"
  case .bad_argument: "the decoder was called wrongly; this is a bug in lz4boot"
  }
}

private func checksums(_ report: lz4boot_report) -> String {
  ": expected \(hexadecimal(report.expected)), actual \(hexadecimal(report.actual))"
}

private func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return "0x" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
}
