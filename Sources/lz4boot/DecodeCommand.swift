import ArgumentParser
import Glibc

struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Decode LZ4 frames, legacy frames and concatenations of them.",
    discussion: """
      Checksums and sizes are verified before the first byte of output is written, to stdout as \
      well. The output file appears under its name only when it is complete: data that is \
      refused, an error or an interruption leaves no file behind and an existing one untouched.

      Without -o, FILE.lz4 becomes FILE, which is not overwritten unless --force is given, and \
      stdin goes to stdout. A file that -o names is replaced and keeps its permissions; of a \
      symbolic link, the file that it leads to. Binary data is not written to a terminal unless \
      --force is given.

      Needs memory for all of the input and all of the output.
      """
  )

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the output here; - is stdout.", valueName: "out"))
  var output: String?

  @Flag(name: .shortAndLong, help: "Overwrite, and write to a terminal.")
  var force = false

  @Argument(help: "The compressed file; - is stdin.")
  var file: String

  func run() throws {
    let target = try chooseOutput()
    if target == "-", !force, isatty(STDOUT_FILENO) == 1 {
      throw CommandFailure.usage("the output is binary and stdout is a terminal: use -o or --force")
    }
    let decoding = try Decoding(InputFile(file))
    var file = try OutputFile.create(target)
    try decoding.output.withSpan { (bytes) throws(CommandFailure) in try file.write(bytes) }
    try file.commit()
  }

  private func chooseOutput() throws(CommandFailure) -> String {
    if let output { return output }
    if file == "-" { return "-" }
    let suffix = ".lz4"
    guard file.hasSuffix(suffix), file.split(separator: "/").last.map(String.init) != suffix else {
      throw .usage("\(file.onOneLine) is not a name in front of \(suffix): use -o")
    }
    let target = String(file.dropLast(suffix.count))
    if !force, unsafe access(target, F_OK) == 0 {
      throw .system(name: target, action: "not overwritten without --force", code: EEXIST)
    }
    return target
  }
}
