import CLZ4Boot

/// What a decode came to: the report and the bytes that it vouches for.
struct Outcome: Equatable, CustomStringConvertible {
  var status: lz4boot_status
  var format = 0
  var sourceOffset = 0
  var blockIndex = 0
  var expected: UInt64 = 0
  var actual: UInt64 = 0
  var output: [UInt8] = []

  var description: String {
    var text = "\(status.name) format \(format) offset \(sourceOffset) output \(output.count)"
    text += " block \(blockIndex) expected \(expected) actual \(actual)"
    return output.count <= 24 ? text + " \(output)" : text
  }
}

extension Outcome {
  init(_ report: lz4boot_report, output: [UInt8]) {
    status = lz4boot_status(rawValue: report.status) ?? .bad_argument
    format = Int(report.format)
    sourceOffset = Int(report.source_offset)
    blockIndex = Int(report.block_index)
    expected = report.expected
    actual = report.actual
    self.output = output
  }
}

extension lz4boot_status {
  var name: String {
    guard let name = unsafe lz4boot_status_name(self) else { return "\(rawValue)" }
    return unsafe String(cString: name)
  }
}

/// The report's names for the containers.
enum Format {
  static let none = 0
  static let frame = 1
  static let legacy = 2
  static let skippable = 3
  static let rawBlock = 4
}

/// The flags as the calls take them.
enum Flag {
  static let stopAfterFrame = lz4boot_flag_stop_after_frame.rawValue
  static let inPlace = lz4boot_flag_in_place.rawValue
  static let requireChecksums = lz4boot_flag_require_checksums.rawValue
}
