import Glibc

/// Writes to a descriptor until everything is written; `name` is how messages call it.
func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32, name: String) throws(CommandFailure) {
  var rest = bytes
  while !rest.isEmpty {
    let written = unsafe rest.withUnsafeBytes { part in
      unsafe write(descriptor, part.baseAddress, part.count)
    }
    if written < 0 {
      guard errno == EINTR else { throw .lastCall(name) }
    } else {
      rest = rest.extracting(droppingFirst: written)
    }
  }
}

/// Prints a line on stdout. Unlike print, it says when that fails.
func printLine(_ line: String) throws(CommandFailure) {
  let bytes = Array((line + "\n").utf8)
  try writeAll(bytes.span, to: STDOUT_FILENO, name: "<stdout>")
}

/// Prints what a command did: on stdout unless that is where the output went.
func printSummary(_ text: String, output: String) throws(CommandFailure) {
  if output == "-" { writeError(text + "\n") } else { try printLine(text) }
}

/// Writes text on stderr as it is. That failing cannot be reported anywhere.
func writeError(_ text: String) {
  let bytes = Array(text.utf8)
  try? writeAll(bytes.span, to: STDERR_FILENO, name: "<stderr>")
}
