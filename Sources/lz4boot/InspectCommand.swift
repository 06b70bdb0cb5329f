import ArgumentParser

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what the headers of a file say, without decoding it.",
    discussion: """
      Headers and block sizes are checked, the contents of blocks and their checksums are not: \
      verify does that. What belongs to one frame is told of the first LZ4 or legacy frame.
      """
  )

  @Flag(help: "Print a JSON object. A size that is not known is null.")
  var json = false

  @Argument(help: "The compressed file; - is stdin.")
  var file: String

  func run() throws {
    let source = try InputFile(file)
    let info = SourceInfo(source.memory)
    guard info.status == .ok else {
      throw CommandFailure.refused(source, status: info.status, report: info.report)
    }
    let listing = InfoListing(source: source, info: info)
    try printLine(json ? listing.json : listing.table)
  }
}
