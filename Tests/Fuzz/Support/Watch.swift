import CLZ4Boot

/// Whom a progress callback tells.
final class Watch {
  private(set) var calls: [Int] = []
  /// The call that says no, from 0.
  private let last: Int
  private let interval: UInt64

  init(interval: UInt64, last: Int = .max) {
    self.interval = interval
    self.last = last
  }

  /// To be used while the watch lives.
  var progress: lz4boot_progress {
    unsafe lz4boot_progress(
      callback: { context, count in
        let watch = unsafe Unmanaged<Watch>.fromOpaque(context!).takeUnretainedValue()
        watch.calls.append(Int(count))
        return watch.calls.count > watch.last ? 1 : 0
      }, context: Unmanaged.passUnretained(self).toOpaque(), byte_interval: interval)
  }

  /// As the header says: every interval, which is 64 KiB at least, up to 3 bytes early.
  func check() {
    for (index, call) in calls.enumerated() {
      let expected = (index + 1) * max(Int(interval), 64 << 10)
      guard call <= expected, call >= expected - 3 else { fail("call \(index) at \(call)") }
    }
  }
}
