import Foundation

/// What a run of the command did.
struct Outcome {
  let exitCode: Int32
  let wasKilled: Bool
  let stdout: Data
  let stderr: String

  /// The lines on stderr, each without its end.
  var errorLines: [Substring] { stderr.split(separator: "\n") }
}

/// The executable under test and ways to run it.
enum Command {
  /// The products lie beside the test bundle.
  static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("lz4boot")

  /// Runs the command to its end. Its stdout goes to `stdout` if given, else into the outcome.
  static func run(
    _ arguments: String..., stdin: Data = Data(), stdout: String? = nil
  ) throws -> Outcome {
    try run(executable: executable.path, arguments, stdin: stdin, stdout: handle(stdout))
  }

  static func run(_ arguments: [String], stdout: String? = nil) throws -> Outcome {
    try run(executable: executable.path, arguments, stdin: Data(), stdout: handle(stdout))
  }

  /// Runs the command with its stdout on a terminal.
  static func run(_ arguments: String..., on terminal: Terminal) throws -> Outcome {
    try run(executable: executable.path, arguments, stdin: Data(), stdout: terminal.handle)
  }

  private static func handle(_ path: String?) throws -> FileHandle? {
    try path.map { try FileHandle(forWritingTo: URL(fileURLWithPath: $0)) }
  }

  /// Runs another copy of the command.
  static func run(copy: URL, _ arguments: [String]) throws -> Outcome {
    try run(executable: copy.path, arguments, stdin: Data(), stdout: nil)
  }

  /// Runs the command from a shell that has executed `setup`, such as "umask 027".
  static func run(after setup: String, _ arguments: String...) throws -> Outcome {
    try run(
      executable: "/bin/sh",
      ["-c", "\(setup); exec \"$0\" \"$@\"", executable.path] + arguments, stdin: Data(),
      stdout: nil)
  }

  private static func run(
    executable: String, _ arguments: [String], stdin: Data, stdout: FileHandle?
  ) throws -> Outcome {
    // Files instead of pipes: nobody has to read while the command runs.
    let folder = try Folder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: folder.write(stdin, as: "stdin"))
    process.standardOutput =
      try stdout ?? FileHandle(forWritingTo: folder.write(Data(), as: "stdout"))
    process.standardError = try FileHandle(forWritingTo: folder.write(Data(), as: "stderr"))
    try process.run()
    process.waitUntilExit()
    return Outcome(
      exitCode: process.terminationStatus,
      wasKilled: process.terminationReason == .uncaughtSignal,
      stdout: stdout == nil ? try folder.read("stdout") : Data(),
      stderr: String(decoding: try folder.read("stderr"), as: UTF8.self))
  }
}

/// A folder of its own for one test, removed with its last reference.
final class Folder {
  let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("lz4boot-test-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  @discardableResult
  func write(_ data: Data, as name: String) throws -> URL {
    let file = url.appendingPathComponent(name)
    try data.write(to: file)
    return file
  }

  func read(_ name: String) throws -> Data {
    try Data(contentsOf: url.appendingPathComponent(name))
  }

  /// Every name in the folder, hidden ones too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }
}
