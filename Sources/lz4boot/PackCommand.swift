import ArgumentParser
import BootFormats

struct PackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Make a self-extracting arm64 kernel Image.",
    discussion: """
      IMAGE is a raw arm64 Image, an AArch64 ELF file, LZ4 data (frame or legacy) that holds one \
      of them, an EFI zboot image with LZ4, or an Android boot image with a kernel that is one of \
      these. What it is its bytes say, not its name. The output is an arm64 Image itself: whatever starts a raw kernel starts it, and it decodes and enters the \
      kernel. The payload is one LZ4 frame as compress makes it, in blocks that several cores can \
      decode at the same time. What was packed is decoded again and compared before the output \
      appears under its name.

      Of Android boot images ramdisk, command line and device tree are not used. A kernel with an \
      EFI stub that is cut off is refused. Take arch/arm64/boot/Image, not Image.gz or vmlinux. Level 9 is three times as fast as 12 and hardly larger.
      """
  )

  @Argument(help: "The kernel; - is stdin.")
  var image: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the packed Image here; - is stdout.", valueName: "out"))
  var output: String

  @OptionGroup var compression: CompressionOptions

  @Flag(help: "Let the packed Image print the time that each of its steps takes.")
  var timing = false

  @Option(
    help: ArgumentHelp(
      "Use this stub instead of lz4boot.stub beside the command or in its share/lz4boot folder.",
      valueName: "file"))
  var stub: String?

  func run() throws {
    try OutputFile.refuseTerminal(output)
    let kernel = try KernelSource(InputFile(image))
    let template = try StubTemplate.load(stub)
    // Before the long part, so that a wrong name is told at once.
    var file = try OutputFile.create(output)
    let packing = try ImagePacking(
      kernel: kernel, stub: template, compression: compression,
      flags: timing ? PackedImage.flagTiming : 0)
    try packing.file.withSpan { (bytes) throws(CommandFailure) in try file.write(bytes) }
    try file.commit()
    let (layout, payload) = (packing.layout, packing.payload)
    let unused = kernel.unused.map { "unused   \($0)\n" }.joined()
    try printSummary(
      """
      kernel   \(layout.targetByteCount) bytes (\(kernel.origin))
      \(unused)blocks   \(payload.form.blocks.summary)
      payload  \(payload.summary(of: "kernel"))
      stub     \(layout.stubByteCount) bytes
      packed   \(layout.fileByteCount) bytes, \(layout.byteCount) in memory: \(output.onOneLine)
      """, output: output)
  }
}
