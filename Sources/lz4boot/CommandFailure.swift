import Glibc

/// Why a run ends early: one line on stderr and an exit code.
enum CommandFailure: Error {
  /// The data is not acceptable.
  case refused(name: String, reason: String)
  /// A file, a device or memory could not be had.
  case system(name: String, action: String?, code: Int32)
  /// The command line asks for something that makes no sense.
  case usage(String)

  /// The failure of the system call that was just made.
  static func lastCall(_ name: String, action: String? = nil) -> CommandFailure {
    .system(name: name, action: action, code: errno)
  }

  /// sysexits(3): EX_USAGE and EX_IOERR; 1 for data, as cmp and grep say it.
  var exitCode: Int32 {
    switch self {
    case .refused: 1
    case .usage: 64
    case .system: 74
    }
  }

  var message: String {
    switch self {
    case .refused(let name, let reason):
      return "\(name.onOneLine): \(reason)"
    case .system(let name, let action, let code):
      // SAFETY: strerror returns a C string; no other thread runs when a failure is told.
      let cause = unsafe String(cString: strerror(code))
      return "\(name.onOneLine): " + (action.map { "\($0): " } ?? "") + cause
    case .usage(let text):
      return text
    }
  }
}

extension String {
  /// The text with control characters replaced, so that a file name cannot break a line.
  var onOneLine: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 ? "?" : $0 }))
  }
}
