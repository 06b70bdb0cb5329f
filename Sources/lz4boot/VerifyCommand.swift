import ArgumentParser
import CLZ4Boot

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Decode a file without writing anything and say what was verified.",
    discussion: """
      Every checksum and size in the file is verified. The line on stdout says which there are; \
      without any checksum a damaged file may decode without an error.
      """
  )

  @Argument(help: "The compressed file; - is stdin.")
  var file: String

  func run() throws {
    let source = try InputFile(file)
    let decoding = try Decoding(source)
    let fields = decoding.info.fields
    var parts = ["\(source.byteCount) bytes decode to \(decoding.output.byteCount)"]
    parts.append(
      "\(counted(fields.frame_count, "frame")), \(counted(fields.block_count, "block"))")
    parts.append(try coverage(of: source, decoding.info))
    if fields.legacy_end != 0 { parts.append(legacyEnd(decoding.info)) }
    try printLine("\(source.name.onOneLine): ok: " + parts.joined(separator: "; "))
  }

  private func coverage(of source: InputFile, _ info: SourceInfo) throws(CommandFailure) -> String {
    let fields = info.fields
    guard fields.frame_count <= 1 else {
      // The headers tell of the first frame only; the decoder finds one that no checksum covers.
      do {
        _ = try Decoding(source, flags: UInt32(lz4boot_flag_require_checksums.rawValue))
        return "checksums verified in every frame"
      } catch .refused {
        return "note: there are frames that no checksum covers"
      }
    }
    var verified: [String] = []
    if fields.block_checksums != 0 { verified.append("block checksums") }
    if fields.content_checksum != 0 { verified.append("content checksum") }
    if fields.has_content_size != 0 { verified.append("content size") }
    let list = verified.isEmpty ? "" : "verified: " + verified.joined(separator: ", ")
    if info.hasChecksum { return list }
    return (list.isEmpty ? "" : list + "; ") + "note: no checksum covers this data"
  }

  private func legacyEnd(_ info: SourceInfo) -> String {
    switch info.legacyEndName {
    case "input": "the legacy frame ends with the input"
    case "magic": "the legacy frame ends before another frame"
    case "zeros": "the legacy frame ends before zero padding"
    default: "the legacy frame ends with its size, which is right"
    }
  }

  private func counted(_ count: UInt64, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
