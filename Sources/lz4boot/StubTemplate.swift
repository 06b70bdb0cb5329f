import Glibc

/// The self-extractor as the linker made it, from a file.
enum StubTemplate {
  /// Reads the stub at `path`, else beside this command, else in the share folder beside its own.
  ///
  /// - Parameter signed: whether it has to be the one that verifies signatures.
  static func load(_ path: String?, signed: Bool) throws(CommandFailure) -> InputFile {
    if let path { return try InputFile(path) }
    let fileName = signed ? "lz4boot-signed.stub" : "lz4boot.stub"
    let folder = executableFolder
    for candidate in ["\(folder)/\(fileName)", "\(folder)/../share/lz4boot/\(fileName)"] {
      guard unsafe access(candidate, F_OK) == 0 else { continue }
      return try InputFile(candidate)
    }
    throw .system(
      name: "\(folder)/\(fileName)", action: "the stub is missing, name it with --stub",
      code: ENOENT)
  }

  /// Where the executable itself lies, links resolved.
  private static var executableFolder: String {
    let path = resolvedPath("/proc/self/exe") ?? CommandLine.arguments[0]
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
