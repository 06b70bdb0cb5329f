import Glibc

/// Removes the temporary file when a signal ends the command.
enum Cleanup {
  /// The file to remove, as a C string that is never freed: a signal may come at any time.
  nonisolated(unsafe) private static var pendingPath: UnsafeMutablePointer<CChar>?

  /// From here to `disarm`, SIGINT, SIGTERM, SIGHUP and SIGQUIT remove this file before they end
  /// the command.
  static func arm(removing path: String) {
    unsafe pendingPath = strdup(path)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] where !isIgnored(number) {
      signal(number) { caught in
        // Only async-signal-safe calls here.
        if let path = unsafe Cleanup.pendingPath { unsafe unlink(path) }
        signal(caught, SIG_DFL)
        raise(caught)
      }
    }
  }

  static func disarm() {
    unsafe pendingPath = nil
  }

  /// What the parent has ignored stays ignored, as nohup wants it.
  private static func isIgnored(_ number: Int32) -> Bool {
    var current = sigaction()
    unsafe sigaction(number, nil, &current)
    let handler = unsafe current.__sigaction_handler.sa_handler
    // SIG_IGN is no function but the address 1.
    return unsafe unsafeBitCast(handler, to: Int.self) == 1
  }
}
