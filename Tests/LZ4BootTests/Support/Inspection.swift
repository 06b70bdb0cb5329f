import CLZ4Boot

/// What `lz4boot_inspect` says.
struct Inspection {
  var outcome: Outcome
  var info: lz4boot_info
}

/// Inspects a source between guard pages.
func inspect(_ source: [UInt8]) -> Inspection {
  let memory = GuardedMemory(byteCountMax: source.count)
  let bytes = unsafe memory.place(source[...], edge: .end)
  var report = lz4boot_report()
  var info = lz4boot_info()
  let status = unsafe lz4boot_inspect(bytes.baseAddress, bytes.count, &info, &report)
  unsafe withUnsafeBytes(of: info) {
    unsafe VectorLog.add(.inspect, source, capacity: 0, report, output: $0)
  }
  var outcome = Outcome(report, output: [])
  if outcome.status != status { outcome.status = .bad_argument }
  return Inspection(outcome: outcome, info: info)
}

extension lz4boot_info: @retroactive Equatable {
  /// All fields, which have no padding between them.
  public static func == (one: lz4boot_info, other: lz4boot_info) -> Bool {
    unsafe withUnsafeBytes(of: one) { one in
      unsafe withUnsafeBytes(of: other) { unsafe one.elementsEqual($0) }
    }
  }
}
