import Glibc

/// A bar on stderr for runs that take long; nothing at all where stderr is no terminal.
struct ProgressBar: ~Copyable {
  private static let cellCount = 30
  private static let clearLine = "\r\u{1b}[K"
  /// Nanoseconds before the first drawing, and between drawings.
  private static let patience: UInt64 = 500_000_000
  private static let interval: UInt64 = 100_000_000

  private let label: String
  private let isShown = isatty(STDERR_FILENO) == 1
  private var nextDrawing = Run.start + patience
  private var isDrawn = false

  init(_ label: String) {
    self.label = label
  }

  deinit {
    if isDrawn { writeError(Self.clearLine) }
  }

  /// Draws what is done, in units of whatever `total` is in.
  mutating func update(done: Int, total: Int) {
    guard isShown else { return }
    let now = Run.now
    guard now >= nextDrawing else { return }
    nextDrawing = now + Self.interval
    isDrawn = true
    let share = total == 0 ? 1 : Double(done) / Double(total)
    let filled = Int(share * Double(Self.cellCount))
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: "-", count: Self.cellCount - filled)
    writeError("\(Self.clearLine)\(label) [\(bar)] \(Int(share * 100)) %")
  }
}

/// The clock of this run.
enum Run {
  /// When it was first asked for, which is at the start of main.
  static let start = now

  /// Nanoseconds of a clock that only goes forward.
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
