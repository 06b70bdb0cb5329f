import Foundation
import Testing

@Suite struct DecodeCommandTests {
  let folder = try! Folder()
  let content = Samples.text(byteCount: 300_000)

  @Test func decodesAFrameToTheNamedFile() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    let outcome = try Command.run("decode", "-o", folder.path("out"), folder.path("in.lz4"))
    #expect(outcome.exitCode == 0)
    #expect(outcome.stderr.isEmpty && outcome.stdout.isEmpty)
    #expect(try folder.read("out") == content)
    #expect(try folder.names == ["in.lz4", "out"])
  }

  @Test func decodesEveryKindOfSource() throws {
    let linked = Samples.frame(content, .init(isLinked: true, hasContentSize: false))
    let skippable =
      littleEndian(0x184d_2a50 as UInt32) + littleEndian(3 as UInt32) + Data([1, 2, 3])
    let source = linked + skippable + Samples.frame(Data()) + Samples.legacyFrame(content)
    let outcome = try Command.run("decode", "-", stdin: source)
    #expect(outcome.exitCode == 0)
    #expect(outcome.stdout == content + content)
  }

  @Test func dropsTheSuffixWithoutAnOutputName() throws {
    try folder.write(Samples.frame(content), as: "kernel.lz4")
    #expect(try Command.run("decode", folder.path("kernel.lz4")).exitCode == 0)
    #expect(try folder.read("kernel") == content)
  }

  @Test func asksForAnOutputNameWhereThereIsNoSuffix() throws {
    for name in ["kernel", ".lz4"] {
      try folder.write(Samples.frame(content), as: name)
      let outcome = try Command.run("decode", folder.path(name))
      #expect(outcome.exitCode == 64)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.stderr.contains("-o"))
    }
  }

  @Test func overwritesADerivedNameOnlyWithForce() throws {
    try folder.write(Samples.frame(content), as: "kernel.lz4")
    try folder.write(Data("mine".utf8), as: "kernel")
    let refusal = try Command.run("decode", folder.path("kernel.lz4"))
    #expect(refusal.exitCode == 74)
    #expect(refusal.stderr.contains("File exists"))
    #expect(try folder.read("kernel") == Data("mine".utf8))
    #expect(try Command.run("decode", "--force", folder.path("kernel.lz4")).exitCode == 0)
    #expect(try folder.read("kernel") == content)
  }

  @Test func replacesANamedOutput() throws {
    try folder.write(Samples.frame(content), as: "in.lz4")
    try folder.write(Data("old".utf8), as: "out")
    #expect(
      try Command.run("decode", folder.path("in.lz4"), "-o", folder.path("out")).exitCode == 0)
    #expect(try folder.read("out") == content)
  }

  @Test func readsStdinAndWritesStdout() throws {
    let frame = Samples.frame(content)
    try folder.write(frame, as: "in.lz4")
    #expect(try Command.run("decode", "-", stdin: frame).stdout == content)
    #expect(try Command.run("decode", "-o", "-", folder.path("in.lz4")).stdout == content)
    #expect(try Command.run("decode", "-o", folder.path("out"), "-", stdin: frame).exitCode == 0)
    #expect(try folder.read("out") == content)
  }

  @Test func writesNothingToStdoutOfDataThatIsRefused() throws {
    // The content checksum is the last thing in the file: everything before it decodes.
    var frame = Samples.frame(content)
    frame[frame.count - 1] ^= 1
    let outcome = try Command.run("decode", "-", stdin: frame)
    #expect(outcome.exitCode == 1)
    #expect(outcome.stdout.isEmpty)
    #expect(outcome.stderr.hasPrefix("lz4boot: <stdin>: block "))
  }

  @Test func decodesAnEmptyFrameToAnEmptyFile() throws {
    try folder.write(Samples.frame(Data()), as: "in.lz4")
    #expect(try Command.run("decode", folder.path("in.lz4")).exitCode == 0)
    #expect(try folder.read("in").isEmpty)
  }

  @Test func refusesToWriteToATerminal() throws {
    let terminal = try Terminal()
    try folder.write(Samples.frame(content), as: "in.lz4")
    let outcome = try Command.run("decode", "-o", "-", folder.path("in.lz4"), on: terminal)
    #expect(outcome.exitCode == 64)
    #expect(outcome.stderr.contains("terminal"))
    #expect(terminal.output().isEmpty)
  }
}
