/// The values of an inspection, as a table and as JSON.
struct InfoListing {
  private enum Value {
    case text(String)
    case number(UInt64)
    case flag(Bool)
    case unknown
  }

  /// In the order of the table; keys are those of lz4boot_info and never change.
  private let rows: [(key: String, title: String, value: Value)]

  init(source: InputFile, info: SourceInfo) {
    let fields = info.fields
    rows = [
      ("file", "file", .text(source.name)),
      ("source_byte_count", "compressed bytes", .number(UInt64(source.byteCount))),
      ("content_size", "content bytes", info.contentByteCount.map { .number($0) } ?? .unknown),
      ("content_size_bound", "content bytes at most", .number(fields.content_size_bound)),
      ("format", "format", .text(info.formatName)),
      ("frame_count", "frames", .number(fields.frame_count)),
      ("skippable_count", "skippable frames", .number(fields.skippable_count)),
      ("block_count", "blocks", .number(fields.block_count)),
      ("block_maximum", "bytes per block at most", .number(UInt64(fields.block_maximum))),
      ("independent_blocks", "independent blocks", .flag(fields.independent_blocks != 0)),
      ("block_checksums", "block checksums", .flag(fields.block_checksums != 0)),
      ("content_checksum", "content checksum", .flag(fields.content_checksum != 0)),
      ("has_content_size", "content size in header", .flag(fields.has_content_size != 0)),
      ("legacy_end", "end of legacy frame", .text(info.legacyEndName)),
      ("in_place_margin", "in-place margin", .number(fields.in_place_margin)),
    ]
  }

  var table: String {
    let width = rows.map(\.title.count).max() ?? 0
    return rows.map { row in
      let value =
        switch row.value {
        case .text(let text): text.onOneLine
        case .number(let number): String(number)
        case .flag(let flag): flag ? "yes" : "no"
        case .unknown: "unknown"
        }
      let padding = String(repeating: " ", count: width - row.title.count)
      return "\(row.title)\(padding)  \(value)"
    }.joined(separator: "\n")
  }

  var json: String {
    let members = rows.map { row in
      let value =
        switch row.value {
        case .text(let text): Self.quoted(text)
        case .number(let number): String(number)
        case .flag(let flag): String(flag)
        case .unknown: "null"
        }
      return "  \"\(row.key)\": \(value)"
    }
    return "{\n" + members.joined(separator: ",\n") + "\n}"
  }

  /// RFC 8259, "Strings".
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
