import Foundation
import Testing

/// Data that is refused: exit code 1, exactly one line, nothing left behind.
@Suite struct RefusalTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let cause: String
    let source: Data
    let block: Int
    let byte: Int
    /// What else the line must hold.
    var detail: String?

    var testDescription: String { cause }
  }

  static let cases: [Case] = {
    let content = Samples.text(byteCount: 200_000)
    let frame = Samples.frame(content)
    // [magic:4][FLG][BD][contentSize:8][HC]
    let headerByteCount = 15
    let firstBlock = Int(frame.integer(at: headerByteCount, as: UInt32.self))
    let blockChecksum = headerByteCount + 4 + firstBlock
    let end = frame.count
    return [
      Case(cause: "truncated_input", source: Data(), block: 0, byte: 0),
      Case(cause: "truncated_input", source: frame.prefix(100), block: 0, byte: 100),
      Case(
        cause: "unknown_format", source: Data([0x1f, 0x8b, 8, 0, 0]), block: 0, byte: 0,
        detail: "gzip"),
      Case(cause: "trailing_data", source: frame + Data("x!".utf8), block: 4, byte: end),
      Case(
        cause: "header_checksum_mismatch",
        source: frame.replacing(at: 14, with: Data([frame[14] ^ 1])), block: 0, byte: 14,
        detail: "expected 0x"),
      Case(
        cause: "block_checksum_mismatch",
        source: frame.replacing(at: blockChecksum, with: Data([0, 0, 0, 0])), block: 0,
        byte: blockChecksum, detail: "expected 0x00000000, actual 0x"),
      Case(
        cause: "content_checksum_mismatch",
        source: frame.replacing(at: end - 4, with: Data([0, 0, 0, 0])), block: 4, byte: end - 4,
        detail: "expected 0x00000000, actual 0x"),
      Case(
        cause: "offset_zero", source: Samples.uncheckedFrame(blocks: [[0x10, 65, 0, 0, 0]]),
        block: 0, byte: 13),
      Case(
        cause: "offset_out_of_range",
        source: Samples.uncheckedFrame(blocks: [[0x10, 65], [0x10, 65, 2, 0, 0]]), block: 1,
        byte: 19),
      Case(
        cause: "literals_overrun", source: Samples.uncheckedFrame(blocks: [[0x50, 65]]), block: 0,
        byte: 12),
    ]
  }()

  @Test(arguments: cases)
  func sayWhereAndWhyOnOneLine(_ refused: Case) throws {
    let folder = try Folder()
    try folder.write(refused.source, as: "in.lz4")
    try folder.write(Data("mine".utf8), as: "existing")
    let file = folder.path("in.lz4")
    let start =
      "lz4boot: \(file): block \(refused.block), byte \(refused.byte): \(refused.cause): "
    for arguments in [
      ["verify", file], ["decode", file], ["decode", "-o", folder.path("new"), file],
      ["decode", "-o", folder.path("existing"), file], ["decode", "-o", "-", file],
    ] {
      let outcome = try Command.run(arguments)
      #expect(outcome.exitCode == 1)
      #expect(outcome.stdout.isEmpty)
      #expect(outcome.errorLines.count == 1 && outcome.stderr.hasSuffix("\n"))
      #expect(outcome.stderr.hasPrefix(start), "\(outcome.stderr)")
      #expect(refused.detail.map { outcome.stderr.contains($0) } ?? true, "\(outcome.stderr)")
    }
    #expect(try folder.names == ["existing", "in.lz4"])
    #expect(try folder.read("existing") == Data("mine".utf8))
  }

  @Test func contentSizeIsSaidEvenWhereThereIsMoreThanItPromises() throws {
    // One byte less in the header, and the header's checksum to match is not known: so two frames
    // that differ only in what they promise are crossed.
    let content = Samples.text(byteCount: 100_000)
    let unchecked = Samples.FrameOptions(hasBlockChecksums: false, hasContentChecksum: false)
    let frame = Samples.frame(content, unchecked)
    let shorter = Samples.frame(content.prefix(70_000), unchecked)
    let outcome = try Command.run("verify", "-", stdin: shorter.prefix(15) + frame.dropFirst(15))
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.stderr
        == "lz4boot: <stdin>: block 2, byte 6: content_size_mismatch: the frame does not hold "
        + "what its header says: expected 70000 bytes, actual 100000\n")
  }

  @Test func aFileNameCannotBreakTheLine() throws {
    let folder = try Folder()
    try folder.write(Data("no".utf8), as: "a\nb")
    let outcome = try Command.run("verify", folder.path("a\nb"))
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.stderr.contains("a?b: block 0"))
  }

  @Test func inspectRefusesWhatItsHeadersShow() throws {
    let outcome = try Command.run("inspect", "--json", "-", stdin: Data("no frame".utf8))
    #expect(outcome.exitCode == 1)
    #expect(outcome.stdout.isEmpty)
    #expect(outcome.stderr.hasPrefix("lz4boot: <stdin>: block 0, byte 0: unknown_format: "))
  }
}
