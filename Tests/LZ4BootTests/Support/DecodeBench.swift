import CLZ4Boot
import Testing

/// How a source is cut into pushes.
enum Split {
  /// These sizes, over and over.
  case cycle([Int])
  /// Sizes from 0 to 40, now and then a large one.
  case random(seed: UInt64)
}

/// Guarded memory for source, target and stream, used again for every decode.
@safe
final class DecodeBench {
  private let source: GuardedMemory
  private let target: GuardedMemory
  private let streamMemory = GuardedMemory(byteCountMax: MemoryLayout<lz4boot_stream>.size)
  private let stream: UnsafeMutablePointer<lz4boot_stream>

  init(sourceByteCountMax: Int, capacityMax: Int) {
    source = GuardedMemory(byteCountMax: sourceByteCountMax)
    target = GuardedMemory(byteCountMax: capacityMax)
    let byteCount = MemoryLayout<lz4boot_stream>.size
    let window = unsafe streamMemory.window(byteCount: byteCount, edge: .end)
    unsafe stream = window.baseAddress!.bindMemory(to: lz4boot_stream.self, capacity: 1)
    streamMemory.fill(with: 0xCC)
  }

  /// Which entry point decodes a whole source.
  enum Call { case source(flags: UInt32), block, peek }

  /// One call. Whatever lies beside the capacity must keep its prefill.
  func decode(
    _ bytes: [UInt8], capacity: Int, by call: Call = .source(flags: 0),
    edge: GuardedMemory.Edge = .end, prefill: UInt8 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Outcome {
    target.fill(with: prefill)
    let source = unsafe source.place(bytes[...], edge: edge)
    let window = unsafe target.window(byteCount: capacity, edge: edge)
    var report = lz4boot_report()
    let status =
      switch call {
      case .source(let flags):
        unsafe lz4boot_decode(
          source.baseAddress, source.count, window.baseAddress, capacity, flags, &report)
      case .block:
        unsafe lz4boot_decode_block(
          source.baseAddress, source.count, window.baseAddress, capacity, &report)
      case .peek:
        unsafe lz4boot_peek(
          source.baseAddress, source.count, window.baseAddress, capacity, &report)
      }
    let outcome = outcome(
      status, report, capacity: capacity, edge: edge, prefill: prefill, at: sourceLocation)
    let (logged, flags): (VectorLog.Call, UInt32) =
      switch call {
      case .source(let flags): (.source, flags)
      case .block: (.block, 0)
      case .peek: (.peek, 0)
      }
    unsafe outcome.output.withUnsafeBytes {
      unsafe VectorLog.add(
        logged, bytes, capacity: capacity, flags: flags, report, output: $0)
    }
    return outcome
  }

  /// Start, pushes, finish. Errors must stick, and finish must fit what the last push said.
  func decode(
    _ bytes: [UInt8], capacity: Int, flags: UInt32, split: Split, edge: GuardedMemory.Edge = .end,
    prefill: UInt8, sourceLocation: SourceLocation = #_sourceLocation
  ) -> Outcome {
    target.fill(with: prefill)
    let window = unsafe target.window(byteCount: capacity, edge: edge)
    unsafe lz4boot_stream_start(stream, window.baseAddress, capacity, flags)
    var sizes = SplitSizes(split)
    var position = 0
    var last = lz4boot_status.need_input
    var report = lz4boot_report()
    report.status = last.rawValue
    while position < bytes.count, last == .need_input || last == .ok {
      let count = min(sizes.next(), bytes.count - position)
      let chunk = unsafe source.place(bytes[position..<position + count], edge: edge)
      last = unsafe lz4boot_stream_push(stream, chunk.baseAddress, chunk.count, &report)
      position += count
    }
    let pushed = outcome(
      last, report, capacity: capacity, edge: edge, prefill: prefill, at: sourceLocation)
    let status = unsafe lz4boot_stream_finish(stream, &report)
    let finished = outcome(
      status, report, capacity: capacity, edge: edge, prefill: prefill, at: sourceLocation)
    check(finished, after: pushed, last: last, at: sourceLocation)
    return finished
  }

  /// What the last push said determines what finish says; both may be called again.
  private func check(
    _ finished: Outcome, after pushed: Outcome, last: lz4boot_status, at location: SourceLocation
  ) {
    var expected = pushed
    if last == .need_input {
      expected = finished
      expected.status = .truncated_input
    }
    if finished != expected {
      Issue.record("finish: \(finished); the last push: \(pushed)", sourceLocation: location)
    }
    var report = lz4boot_report()
    if last != .need_input, last != .ok {
      let again = unsafe lz4boot_stream_push(stream, nil, 0, &report)
      if again != last || Outcome(report, output: pushed.output) != pushed {
        Issue.record("an error that does not stick: \(report)", sourceLocation: location)
      }
    }
    let repeated = unsafe lz4boot_stream_finish(stream, &report)
    if repeated != finished.status || Outcome(report, output: finished.output) != finished {
      Issue.record("a finish that does not repeat: \(report)", sourceLocation: location)
    }
  }

  private func outcome(
    _ status: lz4boot_status, _ report: lz4boot_report, capacity: Int, edge: GuardedMemory.Edge,
    prefill: UInt8, at location: SourceLocation
  ) -> Outcome {
    if status.rawValue != report.status {
      Issue.record("returned \(status), reported \(report.status)", sourceLocation: location)
    }
    if !target.isFilled(with: prefill, besideWindowOf: capacity, edge: edge) {
      Issue.record("wrote outside the capacity of \(capacity)", sourceLocation: location)
    }
    guard report.target_byte_count <= capacity else {
      Issue.record("more output than capacity: \(report)", sourceLocation: location)
      return Outcome(report, output: [])
    }
    let window = unsafe target.window(byteCount: capacity, edge: edge)
    return Outcome(report, output: unsafe [UInt8](window.prefix(Int(report.target_byte_count))))
  }
}

/// Sizes of pushes.
private struct SplitSizes {
  private let split: Split
  private var count = 0
  private var generator: SplitMix64

  init(_ split: Split) {
    self.split = split
    if case .random(let seed) = split {
      generator = SplitMix64(seed: seed)
    } else {
      generator = SplitMix64(seed: 0)
    }
  }

  mutating func next() -> Int {
    count += 1
    switch split {
    case .cycle(let sizes):
      return sizes[(count - 1) % sizes.count]
    case .random:
      return generator.below(8) == 0 ? generator.below(70_000) : generator.below(41)
    }
  }
}
