import Glibc

/// A file that appears under its name only when it is complete.
///
/// A regular file is written under a temporary name in the same folder and renamed at the end;
/// until then whatever has the name stays as it is. Devices and pipes are written directly.
struct OutputFile: ~Copyable {
  /// How messages call it.
  let name: String
  private let destination: String
  /// -1 once it is closed.
  private var descriptor: Int32
  /// Present until the file has its final name.
  private var temporaryPath: String?

  /// Opens the file for writing; `-` is stdout.
  static func create(_ path: String) throws(CommandFailure) -> OutputFile {
    if path == "-" {
      return OutputFile(name: "<stdout>", destination: path, descriptor: STDOUT_FILENO)
    }
    // Renaming would replace a symbolic link instead of the file that it names.
    let destination = resolvedPath(path) ?? path
    let mode = fileMode(destination)
    guard let mode, mode & S_IFMT != S_IFREG else {
      let (temporaryPath, descriptor) = try createTemporary(beside: destination, name: path)
      // What was private stays private. If it cannot be had, the umask's will do.
      if let mode { fchmod(descriptor, mode & 0o777) }
      return OutputFile(
        name: path, destination: destination, descriptor: descriptor, temporaryPath: temporaryPath)
    }
    let descriptor = unsafe open(destination, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .lastCall(path) }
    return OutputFile(name: path, destination: destination, descriptor: descriptor)
  }

  /// Of a command that has no --force: binary data is no use on a terminal.
  static func refuseTerminal(_ path: String) throws(CommandFailure) {
    guard path == "-", isatty(STDOUT_FILENO) == 1 else { return }
    throw .usage("the output is binary and stdout is a terminal: use -o FILE")
  }

  private init(
    name: String, destination: String, descriptor: Int32, temporaryPath: String? = nil
  ) {
    self.name = name
    self.destination = destination
    self.descriptor = descriptor
    self.temporaryPath = temporaryPath
  }

  deinit {
    if descriptor > STDERR_FILENO { close(descriptor) }
    if let temporaryPath {
      unsafe unlink(temporaryPath)
      Cleanup.disarm()
    }
  }

  func write(_ bytes: Span<UInt8>) throws(CommandFailure) {
    try writeAll(bytes, to: descriptor, name: name)
  }

  /// Gives the file its name. Without this call nothing is left behind.
  mutating func commit() throws(CommandFailure) {
    // A network file system may say only now that the disk is full.
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw .lastCall(name) }
    guard let path = temporaryPath else { return }
    guard unsafe rename(path, destination) == 0 else { throw .lastCall(name) }
    temporaryPath = nil
    Cleanup.disarm()
  }

  private static func fileMode(_ path: String) -> mode_t? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode : nil
  }

  /// Permissions are the umask's, as with any new file.
  private static func createTemporary(beside destination: String, name: String)
    throws(CommandFailure) -> (path: String, descriptor: Int32)
  {
    let folder = destination.lastIndex(of: "/").map { String(destination[...$0]) } ?? ""
    // A name may be left over from a process that was killed and had the same id.
    for attempt in 0..<100 {
      let path = "\(folder).lz4boot-\(getpid())-\(attempt).tmp"
      Cleanup.arm(removing: path)
      let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (path, descriptor) }
      Cleanup.disarm()
      guard errno == EEXIST else { break }
    }
    throw .lastCall(name)
  }
}

/// The absolute path without symbolic links; nil for what does not exist.
func resolvedPath(_ path: String) -> String? {
  guard let resolved = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}
