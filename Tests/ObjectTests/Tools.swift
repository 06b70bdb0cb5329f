import Foundation
import Testing

/// What a tool printed, both streams together.
struct ToolOutput {
  var status: Int32
  var text: String

  var lines: [Substring] { text.split(separator: "\n") }
}

/// The repository, the toolchain, and how to run what is in them.
enum Tools {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Where swiftc lies and the LLVM tools with it.
  static let toolchain: String = {
    if let given = ProcessInfo.processInfo.environment["TOOLCHAIN"] { return given }
    guard let compiler = find("swiftc") else { return "/usr/bin/" }
    let resolved = URL(filePath: compiler).resolvingSymlinksInPath()
    return resolved.deletingLastPathComponent().path + "/"
  }()

  /// The first program of that name on the PATH.
  static func find(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  static func run(_ program: String, _ arguments: [String]) throws -> ToolOutput {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    // To the end first: a full pipe would keep the tool waiting.
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return ToolOutput(
      status: process.terminationStatus, text: String(decoding: output, as: UTF8.self))
  }

  /// One of the toolchain's tools; it must succeed.
  static func llvm(_ name: String, _ arguments: String...) throws -> ToolOutput {
    try llvm(name, arguments)
  }

  static func llvm(_ name: String, _ arguments: [String]) throws -> ToolOutput {
    let output = try run(toolchain + name, arguments)
    try #require(output.status == 0, "\(name) \(arguments): \(output.text)")
    return output
  }
}

/// An archive under build/.
enum Archive: String, CaseIterable {
  case aarch64
  case strict = "aarch64-strict"
  case host

  static let forBootCode: [Archive] = [.aarch64, .strict]

  var path: String { "\(Tools.root)/build/\(rawValue)/liblz4boot.a" }

  /// The path, if the archive is there.
  func built() throws -> String {
    try #require(
      FileManager.default.fileExists(atPath: path),
      "\(path) is missing: run `make lib lib-host` first")
    return path
  }
}

enum Header {
  static let directory = "\(Tools.root)/Sources/CLZ4Boot/include"

  /// The functions that the header declares.
  static func functions() throws -> Set<String> {
    let text = try String(contentsOfFile: "\(directory)/lz4boot.h", encoding: .utf8)
    let code = text.replacing(#/(?s)/\*.*?\*//#, with: "")
    return Set(code.matches(of: #/\b(lz4boot_[a-z0-9_]+)\s?\(/#).map { String($0.1) })
  }
}

/// A folder that goes away with the value.
final class ScratchFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "lz4boot-object-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    return "\(path)/\(name)"
  }
}
