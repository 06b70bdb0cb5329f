import CLibLZ4
import Foundation
import Testing

@Suite struct CompressCommandTests {
  let folder = try! Folder()
  let content = Samples.text(byteCount: 5_000_000)

  private func compress(_ input: Data, _ options: String...) throws -> Outcome {
    try folder.write(input, as: "in")
    return try Command.run(["compress", folder.path("in"), "-o", folder.path("out")] + options)
  }

  private struct Listing: Decodable, Equatable {
    var content_size: Int?
    var frame_count = 1
    var block_count: Int
    var block_maximum: Int
    var independent_blocks = true
    var block_checksums = true
    var content_checksum = true
    var has_content_size = true
  }

  private func listing() throws -> Listing {
    let outcome = try Command.run("inspect", "--json", folder.path("out"))
    return try JSONDecoder().decode(Listing.self, from: outcome.stdout)
  }

  @Test(arguments: ["1", "2", "3", "9", "12"])
  func whatIsDecodedIsWhatWasCompressed(_ level: String) throws {
    let outcome = try compress(content, "--level", level)
    #expect(outcome.exitCode == 0 && outcome.stderr.isEmpty)
    let frame = try folder.read("out")
    #expect(Samples.decodedFrame(frame, byteCount: content.count) == content)
    #expect(try Command.run("decode", "-", stdin: frame).stdout == content)
    #expect(
      try listing()
        == Listing(content_size: content.count, block_count: 20, block_maximum: 256 << 10))
    #expect(try folder.names == ["in", "out"])
  }

  @Test func whatDoesNotCompressIsStored() throws {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<100_000).reduce(into: Data()) { all, _ in
      all += littleEndian(generator.next() as UInt64)
    }
    #expect(try compress(noise).exitCode == 0)
    let frame = try folder.read("out")
    #expect(frame.count > noise.count)
    #expect(Samples.decodedFrame(frame, byteCount: noise.count) == noise)
  }

  @Test func nothingIsAFrameToo() throws {
    let outcome = try compress(Data())
    #expect(outcome.exitCode == 0)
    let summary = String(decoding: outcome.stdout, as: UTF8.self)
    #expect(summary.contains("blocks   none\n"))
    let frame = try folder.read("out")
    #expect(summary.contains("frame    \(frame.count) bytes (LZ4 level 12); "))
    #expect(Samples.decodedFrame(frame, byteCount: 0) == Data())
    #expect(try Command.run("decode", "-", stdin: frame).stdout.isEmpty)
    #expect(try Command.run("verify", folder.path("out")).exitCode == 0)
    // liblz4 cannot write a content size of 0.
    let found = try listing()
    #expect(found.block_count == 0 && found.content_checksum && !found.has_content_size)
  }

  struct Choice: CustomTestStringConvertible, Sendable {
    let contentByteCount: Int
    let blockByteCount: Int
    let busyPercent: Int
    var testDescription: String { "\(contentByteCount) bytes" }
  }

  /// Zeros, in a file without any block of a disk, so that it is fast.
  @Test(arguments: [
    Choice(contentByteCount: 1, blockByteCount: 64 << 10, busyPercent: 25),
    Choice(contentByteCount: 64 << 10, blockByteCount: 64 << 10, busyPercent: 25),
    // Alone in its round the last block takes hardly any time.
    Choice(contentByteCount: 256 << 10 | 1, blockByteCount: 64 << 10, busyPercent: 99),
    Choice(contentByteCount: 320 << 10, blockByteCount: 64 << 10, busyPercent: 62),
    Choice(contentByteCount: 1 << 20, blockByteCount: 64 << 10, busyPercent: 100),
    Choice(contentByteCount: 4 << 20 - 1, blockByteCount: 64 << 10, busyPercent: 99),
    Choice(contentByteCount: 4 << 20, blockByteCount: 256 << 10, busyPercent: 100),
    Choice(contentByteCount: 27_303_872, blockByteCount: 256 << 10, busyPercent: 99),
    Choice(contentByteCount: 64 << 20 - 1, blockByteCount: 256 << 10, busyPercent: 99),
    Choice(contentByteCount: 64 << 20, blockByteCount: 1 << 20, busyPercent: 100),
    Choice(contentByteCount: 256 << 20, blockByteCount: 4 << 20, busyPercent: 100),
  ])
  func theBlockSizeFitsTheContent(_ choice: Choice) throws {
    try folder.write(Data(), as: "in")
    #expect(unsafe truncate(folder.path("in"), choice.contentByteCount) == 0)
    let outcome = try Command.run(
      "compress", "--level", "1", folder.path("in"), "-o", folder.path("out"))
    #expect(outcome.exitCode == 0)
    let found = try listing()
    let blockCount = (choice.contentByteCount - 1) / choice.blockByteCount + 1
    #expect(
      found
        == Listing(
          content_size: choice.contentByteCount, block_count: blockCount,
          block_maximum: choice.blockByteCount))
    let summary = String(decoding: outcome.stdout, as: UTF8.self)
    #expect(
      summary.contains("can keep 4 cores about \(choice.busyPercent) % busy\n"), "\(summary)")
  }

  @Test(arguments: [("64K", "64 KiB"), ("256K", "256 KiB"), ("1M", "1 MiB"), ("4M", "4 MiB")])
  func theBlockSizeThatIsAskedFor(_ option: String, _ name: String) throws {
    let outcome = try compress(content, "--block-size", option, "--level", "1")
    let found = try listing()
    #expect(found.independent_blocks)
    #expect(
      String(decoding: outcome.stdout, as: UTF8.self)
        .contains("blocks   \(found.block_count) independent, of \(name) at most: "))
    #expect(Samples.decodedFrame(try folder.read("out"), byteCount: content.count) == content)
  }

  @Test(arguments: ["1", "9"])
  func theSummaryIsTrue(_ level: String) throws {
    let outcome = try compress(content, "--block-size", "64K", "--level", level)
    let frame = try folder.read("out")
    let linked = Samples.frame(
      content, .init(blockSize: LZ4F_max4MB, isLinked: true, level: Int32(level)!))
    // At level 1 this text is smaller in small blocks: it happens, and is said.
    let difference = frame.count - linked.count
    #expect((difference < 0) == (level == "1"))
    let (amount, word) = (abs(difference), difference < 0 ? "less" : "more")
    func percent(_ part: Int, _ whole: Int) -> String {
      String(format: "%.1f %%", 100 * Double(part) / Double(whole))
    }
    #expect(
      String(decoding: outcome.stdout, as: UTF8.self) == """
        content  5000000 bytes
        blocks   77 independent, of 64 KiB at most: can keep 4 cores about 98 % busy
        frame    \(frame.count) bytes, \(percent(frame.count, 5_000_000)) of the content \
        (LZ4 level \(level)); \(amount) bytes (\(percent(amount, linked.count))) \(word) than in \
        linked blocks of 4 MiB: \(folder.path("out"))

        """)
  }

  @Test func readsStdinAndWritesStdout() throws {
    let outcome = try Command.run("compress", "-", "-o", "-", "--level", "1", stdin: content)
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.hasPrefix("content  5000000 bytes\n"))
    #expect(Samples.decodedFrame(outcome.stdout, byteCount: content.count) == content)
  }

  @Test func theOutputMayBeTheInput() throws {
    try folder.write(content, as: "in")
    let path = folder.path("in")
    #expect(try Command.run("compress", path, "-o", path, "--level", "1").exitCode == 0)
    #expect(Samples.decodedFrame(try folder.read("in"), byteCount: content.count) == content)
  }

  @Test func refusesToWriteToATerminal() throws {
    let terminal = try Terminal()
    try folder.write(content, as: "in")
    let outcome = try Command.run("compress", folder.path("in"), "-o", "-", on: terminal)
    #expect(outcome.exitCode == 64)
    #expect(outcome.errorLines.count == 1 && outcome.stderr.contains("terminal"))
    #expect(terminal.output().isEmpty)
  }

  @Test func filesThatFailAreNamed() throws {
    try folder.write(content, as: "in")
    let (input, missing, nowhere) = (
      folder.path("in"), folder.path("missing"), folder.path("nowhere/out")
    )
    for (arguments, message) in [
      ([missing, "-o", folder.path("out")], "\(missing): No such file or directory"),
      ([folder.url.path, "-o", folder.path("out")], "\(folder.url.path): Is a directory"),
      ([input, "-o", nowhere], "\(nowhere): No such file or directory"),
      ([input, "-o", folder.url.path], "\(folder.url.path): Is a directory"),
      ([input, "-o", "/dev/full"], "/dev/full: No space left on device"),
    ] {
      let outcome = try Command.run(["compress", "--level", "1"] + arguments)
      #expect(outcome.exitCode == 74)
      #expect(outcome.stdout.isEmpty && outcome.stderr == "lz4boot: \(message)\n")
      #expect(try folder.names == ["in"])
    }
  }

  @Test func aWriteErrorLeavesNothingBehind() throws {
    try folder.write(content, as: "in")
    try folder.write(Data("mine".utf8), as: "existing")
    for name in ["new", "existing"] {
      // 100 blocks of 512 bytes: the output is larger.
      let outcome = try Command.run(
        after: "ulimit -f 100", "compress", "--level", "1", folder.path("in"), "-o",
        folder.path(name))
      #expect(outcome.exitCode == 74)
      #expect(outcome.stderr == "lz4boot: \(folder.path(name)): File too large\n")
    }
    #expect(try folder.names == ["existing", "in"])
    #expect(try folder.read("existing") == Data("mine".utf8))
  }
}
