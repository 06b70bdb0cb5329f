import Foundation
import Testing

@Suite(.serialized) struct SignalTests {
  /// Large, so that writing the output takes a while.
  static let source = Samples.frame(Data(count: 256 << 20))

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func aSignalLeavesNothingBehind(_ number: Int32) throws {
    let folder = try Folder()
    try folder.write(Self.source, as: "in.lz4")
    // The signal has to arrive while the output is written. Where it came too late, once more.
    var wasInTime = false
    for _ in 0..<10 where !wasInTime { wasInTime = try end("decode", folder, with: number) }
    #expect(wasInTime)
    #expect(try folder.names == ["in.lz4", "out"])
    #expect(try folder.read("out") == Data("mine".utf8))
  }

  /// The temporary file is there while two threads compress.
  @Test func aSignalWhileCompressingLeavesNothingBehind() throws {
    let folder = try Folder()
    try folder.write(Samples.text(byteCount: 20_000_000), as: "in.lz4")
    #expect(try end("compress", folder, with: SIGTERM))
    #expect(try folder.names == ["in.lz4", "out"])
    #expect(try folder.read("out") == Data("mine".utf8))
  }

  /// Sends the signal when the temporary file is there; false if that was too late.
  private func end(_ subcommand: String, _ folder: Folder, with number: Int32) throws -> Bool {
    try folder.write(Data("mine".utf8), as: "out")
    let process = Process()
    process.executableURL = Command.executable
    process.arguments = [subcommand, "-o", folder.path("out"), folder.path("in.lz4")]
    try withUnblockedSignals { try process.run() }
    while process.isRunning, try folder.names.count == 2 { usleep(500) }
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    guard process.terminationReason == .uncaughtSignal else { return false }
    #expect(process.terminationStatus == number)
    return true
  }

  /// The command inherits the signal mask, and the threads of tests block signals.
  private func withUnblockedSignals(_ body: () throws -> Void) rethrows {
    var (all, before) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_UNBLOCK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }
}
