import ArgumentParser

struct CompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Make an LZ4 frame that several cores can decode at the same time.",
    discussion: """
      The output is one LZ4 frame of independent blocks with block checksums, content checksum \
      and, unless there is no content, its size. It is decoded again and compared before it \
      appears under its name; a file that -o names is replaced.

      By default there are enough blocks to keep four cores busy: see --block-size. What is \
      printed says how busy, if every byte takes as long as any other and checksums take no time; \
      and what it costs, against linked blocks of 4 MiB. Those are made as well to know it, on a \
      second thread. Level 9 is three times as fast as 12 and hardly larger.

      Needs memory for the input twice and for the output twice.
      """
  )

  @Argument(help: "What is to be compressed; - is stdin.")
  var file: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the frame here; - is stdout.", valueName: "out"))
  var output: String

  @OptionGroup var compression: CompressionOptions

  func run() throws {
    try OutputFile.refuseTerminal(output)
    let source = try InputFile(file)
    // Before the long part, so that a wrong name is told at once.
    var file = try OutputFile.create(output)
    let form = compression.form(contentByteCount: source.byteCount)
    let memory = try MappedMemory(capacity: form.byteCountMax, for: source.name)
    let frame = try CompressedFrame(
      form, of: source.memory, appendedTo: memory, name: source.name)
    try memory.withSpan { (bytes) throws(CommandFailure) in try file.write(bytes) }
    try file.commit()
    try printSummary(
      """
      content  \(source.byteCount) bytes
      blocks   \(form.blocks.summary)
      frame    \(frame.summary(of: "content")): \(output.onOneLine)
      """, output: output)
  }
}
