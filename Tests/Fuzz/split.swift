// Sources split anywhere: lz4boot_stream against lz4boot_decode, with and without a callback.
import CLZ4Boot

@testable import FuzzSupport

@c(LLVMFuzzerTestOneInput)
public func testSplit(_ start: UnsafePointer<UInt8>?, _ byteCount: Int) -> CInt {
  var input = unsafe FuzzInput(unsafeStart: start, byteCount: byteCount)
  let source = input.source()
  let capacity = input.capacity(for: source)
  let flags = input.flags()
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

  let interval = UInt64(input.choice(below: 4)) * 40_000
  let watched = watch(
    source, capacity, flags, Watch(interval: interval), by: { generator.below(400) })
  expectSame(watched.outcome, whole, "watched")
  // As many calls as intervals, but for one at the very end.
  guard abs(watched.calls.count - whole.output.count / max(Int(interval), 64 << 10)) <= 1 else {
    fail("\(watched.calls.count) calls for \(whole.output.count) bytes")
  }
  guard !watched.calls.isEmpty else { return 0 }
  let last = generator.below(watched.calls.count)
  let cancelled = watch(
    source, capacity, flags, Watch(interval: interval, last: last), by: { 100 })
  let count = watched.calls[last]
  expectSame(cancelled.outcome.status, .cancelled, "the callback said no")
  expectSame(cancelled.calls, [Int](watched.calls[...last]), "calls up to the one that said no")
  expectSame(cancelled.outcome.output, [UInt8](whole.output.prefix(count)), "up to that call")
  return 0
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

private func watch(
  _ source: [UInt8], _ capacity: Int, _ flags: UInt32, _ watch: Watch, by size: () -> Int
) -> (outcome: Outcome, calls: [Int]) {
  let outcome = withExtendedLifetime(watch) {
    push(source, capacity, flags, watch: watch, by: size)
  }
  watch.check()
  return (outcome, watch.calls)
}
