import Foundation
import Testing

@Suite struct ProgressBarTests {
  /// Runs `verify -` with its stderr on a terminal; its input pauses half-way for that long.
  private func errorOutput(pause: TimeInterval, source: Data) throws -> (text: String, code: Int32)
  {
    let terminal = try Terminal()
    let stdin = Pipe()
    let process = Process()
    process.executableURL = Command.executable
    process.arguments = ["verify", "-"]
    process.standardInput = stdin
    process.standardOutput = FileHandle.nullDevice
    process.standardError = terminal.handle
    try process.run()
    stdin.fileHandleForWriting.write(source.prefix(source.count / 2))
    Thread.sleep(forTimeInterval: pause)
    stdin.fileHandleForWriting.write(source.dropFirst(source.count / 2))
    try stdin.fileHandleForWriting.close()
    process.waitUntilExit()
    return (terminal.output(), process.terminationStatus)
  }

  @Test func appearsOnATerminalInARunThatTakesLongAndIsErased() throws {
    let source = Samples.frame(Samples.text(byteCount: 3_000_000))
    let (text, code) = try errorOutput(pause: 0.8, source: source)
    #expect(code == 0)
    #expect(text.contains("decoding [#"))
    #expect(text.hasSuffix("\r\u{1b}[K"))
  }

  @Test func isErasedBeforeARefusal() throws {
    var source = Samples.frame(Samples.text(byteCount: 3_000_000))
    source[source.count - 1] ^= 1
    let (text, code) = try errorOutput(pause: 0.8, source: source)
    #expect(code == 1)
    #expect(text.contains("decoding [#"))
    #expect(text.contains("\r\u{1b}[Klz4boot: <stdin>: block "))
  }

  @Test func staysAwayWhereStderrIsNoTerminal() throws {
    let source = Samples.frame(Samples.text(byteCount: 3_000_000))
    let stdin = Pipe()
    let stderr = Pipe()
    let process = Process()
    process.executableURL = Command.executable
    process.arguments = ["verify", "-"]
    process.standardInput = stdin
    process.standardOutput = FileHandle.nullDevice
    process.standardError = stderr
    try process.run()
    Thread.sleep(forTimeInterval: 0.8)
    stdin.fileHandleForWriting.write(source)
    try stdin.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(stderr.fileHandleForReading.readDataToEndOfFile().isEmpty)
  }
}
