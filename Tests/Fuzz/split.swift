// Sources split anywhere: lz4boot_stream against lz4boot_decode, with and without a callback.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testSplit(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let source = input.source()
  let most = lookAhead(source)
  let capacity = input.capacity(around: most.output.count)
  let flags = [0, Flag.requireChecksums, Flag.stopAfterFrame, 0][input.choice(below: 4)]
  let whole = decode(source, capacity: capacity, flags: flags)

  var generator = SplitMix64(seed: UInt64(input.choice(below: 256)))
  // Single bytes of a long source take long.
  let few = source.count < 4096 ? 1 : 97
  expectSame(push(source, capacity, flags, by: { few }), whole, "\(few) bytes a push")
  for _ in 0..<3 {
    expectSame(push(source, capacity, flags, by: { generator.below(40) }), whole, "at random")
  }
  // Every split in two, of sources that are short enough for it.
  let step = 1 + source.count * (1 + whole.output.count >> 10) / 256
  for first in stride(from: generator.below(step), through: source.count, by: step) {
    var sizes = [source.count - first, first]
    let outcome = push(source, capacity, flags, by: { sizes.popLast() ?? 1 })
    expectSame(outcome, whole, "split at \(first)")
  }

  let watched = watch(source, capacity, flags, by: { generator.below(400) })
  expectSame(watched.outcome, whole, "watched")
  if !watched.calls.isEmpty {
    let last = generator.below(watched.calls.count)
    cancel(source, capacity, flags, atCall: last, of: watched.calls, whole: whole)
  }
  return 0
}

private func cancel(
  _ source: [UInt8], _ capacity: Int, _ flags: UInt32, atCall last: Int, of calls: [Int],
  whole: Outcome
) {
  let cancelled = watch(source, capacity, flags, last: last, by: { 100 })
  expectSame(cancelled.outcome.status, .cancelled, "the callback said no")
  expectSame(cancelled.calls, [Int](calls[...last]), "calls up to the one that said no")
  expectSame(cancelled.outcome.output.count, calls[last], "output up to that call")
  expectSame(
    cancelled.outcome.output, [UInt8](whole.output.prefix(calls[last])), "output when cancelled")
}

/// Start, pushes of the sizes that `size` says, finish. Errors must stick, and finish must fit what
/// the last push said.
private func push(
  _ source: [UInt8], _ capacity: Int, _ flags: UInt32, watch: Watch? = nil, by size: () -> Int
) -> Outcome {
  let target = HeapBytes(capacity, filledWith: 0x55)
  let memory = HeapBytes(MemoryLayout<lz4boot_stream>.size, filledWith: 0xCC)
  let stream = unsafe memory.start.bindMemory(to: lz4boot_stream.self, capacity: 1)
  if let watch {
    var progress = unsafe watch.progress
    unsafe lz4boot_stream_start_with_progress(stream, target.start, capacity, flags, &progress)
    // It is copied.
    unsafe progress.callback = nil
  } else {
    unsafe lz4boot_stream_start(stream, target.start, capacity, flags)
  }
  var report = lz4boot_report()
  var last = unsafe lz4boot_stream_push(stream, nil, 0, &report)
  var position = 0
  while position < source.count, last == .need_input || last == .ok {
    let count = min(size(), source.count - position)
    // Gone behind the push: what has been pushed is not needed any more.
    let chunk = HeapBytes(source[position..<position + count])
    last = unsafe lz4boot_stream_push(stream, chunk.start, count, &report)
    check(last, report, in: target)
    position += count
  }
  var pushed = outcome(last, report, in: target)
  let finished = unsafe outcome(
    lz4boot_stream_finish(stream, &report), report, in: target)
  if last == .need_input { pushed.status = .truncated_input }
  // A source of nothing was never pushed.
  if !source.isEmpty { expectSame(finished, pushed, "finish behind \(last.name)") }
  if last != .need_input, last != .ok {
    let again = unsafe lz4boot_stream_push(stream, nil, 0, &report)
    expectSame(outcome(again, report, in: target), finished, "an error sticks")
  }
  let repeated = unsafe lz4boot_stream_finish(stream, &report)
  expectSame(outcome(repeated, report, in: target), finished, "finish again")
  return finished
}

/// Whom the callback tells.
private final class Watch {
  var calls: [Int] = []
  /// The call that says no, from 0.
  let last: Int

  init(last: Int) { self.last = last }

  var progress: lz4boot_progress {
    unsafe lz4boot_progress(
      callback: { context, count in
        let watch = unsafe Unmanaged<Watch>.fromOpaque(context!).takeUnretainedValue()
        watch.calls.append(Int(count))
        return watch.calls.count > watch.last ? 1 : 0
      }, context: Unmanaged.passUnretained(self).toOpaque(), byte_interval: 0)
  }
}

private func watch(
  _ source: [UInt8], _ capacity: Int, _ flags: UInt32, last: Int = .max, by size: () -> Int
) -> (outcome: Outcome, calls: [Int]) {
  let watch = Watch(last: last)
  let outcome = withExtendedLifetime(watch) {
    push(source, capacity, flags, watch: watch, by: size)
  }
  // At least every 64 KiB, as the header says; up to 3 bytes early.
  for (index, call) in watch.calls.enumerated() {
    let expected = (index + 1) << 16
    guard call <= expected, call >= expected - 3 else { fail("call \(index) at \(call)") }
  }
  return (outcome, watch.calls)
}
