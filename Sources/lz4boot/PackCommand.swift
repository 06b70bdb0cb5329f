import ArgumentParser
import BootFormats
import Glibc

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Make a self-extracting arm64 kernel Image.",
    discussion: """
      IMAGE is a raw arm64 Image, or LZ4 data (frame or legacy) that holds one. The output is an \
      arm64 Image itself: whatever starts a raw kernel starts it, and it decodes and enters the \
      kernel. The payload is one LZ4 frame with block checksums, content checksum and content \
      size. What was packed is decoded again and compared before the output appears under its \
      name.

      A kernel with an EFI stub that is cut off is refused. Take arch/arm64/boot/Image, not \
      Image.gz or vmlinux. Level 9 is three times as fast as 12 and hardly larger.
      """
  )

  @Argument(help: "The kernel; - is stdin.")
  var image: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the packed Image here; - is stdout.", valueName: "out"))
  var output: String

  @Option(help: ArgumentHelp("Compression level, 1 to 12.", valueName: "n"))
  var level = 12

  @Flag(help: "Let the packed Image print the time that each of its steps takes.")
  var timing = false

  @Option(
    help: ArgumentHelp(
      "Use this stub instead of lz4boot.stub beside the command or in its share/lz4boot folder.",
      valueName: "file"))
  var stub: String?

  func validate() throws {
    guard (1...12).contains(level) else { throw ValidationError("--level takes 1 to 12") }
  }

  func run() throws {
    if output == "-", isatty(STDOUT_FILENO) == 1 {
      throw CommandFailure.usage("the output is binary and stdout is a terminal: use -o FILE")
    }
    let kernel = try KernelSource(InputFile(image))
    let template = try StubTemplate.load(stub)
    // Before the long part, so that a wrong name is told at once.
    var file = try OutputFile.create(output)
    let packing = try ImagePacking(
      kernel: kernel, stub: template, level: level,
      flags: timing ? PackedImage.flagTiming : 0)
    try packing.file.withSpan { (bytes) throws(CommandFailure) in try file.write(bytes) }
    try file.commit()
    let summary = summary(kernel, packing)
    if output == "-" { writeError(summary + "\n") } else { try printLine(summary) }
  }

  private func summary(_ kernel: KernelSource, _ packing: ImagePacking) -> String {
    let layout = packing.layout
    let blockByteCount: UInt64 = 4 << 20
    let blockCount = (layout.targetByteCount + blockByteCount - 1) / blockByteCount
    let permille = layout.payloadByteCount * 1000 / layout.targetByteCount
    return """
      kernel   \(layout.targetByteCount) bytes (\(kernel.origin))
      payload  \(layout.payloadByteCount) bytes, \(permille / 10).\(permille % 10) % of the kernel \
      (LZ4 level \(level), \(blockCount) block\(blockCount == 1 ? "" : "s"))
      stub     \(layout.stubByteCount) bytes
      packed   \(layout.fileByteCount) bytes, \(layout.byteCount) in memory: \(output.onOneLine)
      """
  }
}
