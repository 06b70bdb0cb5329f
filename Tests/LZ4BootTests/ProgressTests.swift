import CLZ4Boot
import Testing

/// A callback that watches a decode and may end it.
@Suite struct ProgressTests {
  /// What the callback notes and answers.
  private final class Watch {
    var calls: [Int] = []
    /// The call that says no, from 0.
    var lastCall = Int.max
  }

  private struct Run: Equatable {
    var outcome: Outcome
    var calls: [Int]
  }

  private static let interval = 64 << 10

  private func run(
    _ source: [UInt8], capacity: Int, interval: Int = Self.interval, pushByteCounts: [Int],
    lastCall: Int = .max, inPlace: Bool = false
  ) -> Run {
    let watch = Watch()
    watch.lastCall = lastCall
    let memory = GuardedMemory(byteCountMax: capacity)
    let target = unsafe memory.window(byteCount: capacity, edge: .end)
    var stream = lz4boot_stream()
    var report = lz4boot_report()
    withExtendedLifetime(watch) {
      var progress = unsafe lz4boot_progress(
        callback: { context, count in
          let watch = unsafe Unmanaged<Watch>.fromOpaque(context!).takeUnretainedValue()
          watch.calls.append(Int(count))
          return watch.calls.count > watch.lastCall ? 1 : 0
        }, context: Unmanaged.passUnretained(watch).toOpaque(), byte_interval: UInt64(interval))
      unsafe lz4boot_stream_start_with_progress(
        &stream, target.baseAddress, capacity, inPlace ? Flag.inPlace : 0, &progress)
      // It is copied.
      unsafe progress.callback = nil
      var position = 0
      var index = 0
      let bytes = inPlace ? capacity - source.count : 0
      if inPlace {
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[bytes...]).copyBytes(from: source)
      }
      while position < source.count {
        let count = min(pushByteCounts[index % pushByteCounts.count], source.count - position)
        if inPlace {
          _ = unsafe lz4boot_stream_push(
            &stream, target.baseAddress! + bytes + position, count, &report)
        } else {
          _ = unsafe source[position..<position + count].withUnsafeBytes {
            unsafe lz4boot_stream_push(&stream, $0.baseAddress, count, &report)
          }
        }
        position += count
        index += 1
      }
      _ = unsafe lz4boot_stream_finish(&stream, &report)
    }
    let output = unsafe [UInt8](target.prefix(Int(report.target_byte_count)))
    return Run(outcome: Outcome(report, output: output), calls: watch.calls)
  }

  /// Frames of all kinds, one behind the other, with more output than a few intervals.
  private func source(seed: UInt64) -> (bytes: [UInt8], output: [UInt8]) {
    var bytes: [UInt8] = []
    var output: [UInt8] = []
    var next = seed * 1000
    while output.count < 5 * Self.interval {
      let random = RandomSource(seed: next)
      bytes += random.bytes
      output += random.output
      next += 1
    }
    let long = (0..<6).map { index in
      block([Sequence(counted(40 + index), offset: 3, matchByteCount: 200_000 + index)], last: [9])
    }
    bytes += legacyFrame(long)
    for index in 0..<6 {
      let literals = counted(40 + index)
      output += literals
      for _ in 0..<200_000 + index { output.append(output[output.count - 3]) }
      output.append(9)
    }
    let noise = (0..<4).map { randomBytes(60_000, seed: seed + $0) }
    let header = FrameHeader(hasBlockChecksums: true, hasContentChecksum: true)
    bytes += frame(header, noise.map { .stored($0) }, content: noise.flatMap { $0 })
    return (bytes, output + noise.flatMap { $0 })
  }

  /// Before more than so many bytes follow; a block that was looked at may make it 3 earlier.
  private func isRight(_ calls: [Int], outputByteCount: Int, interval: Int) -> Bool {
    var expected = interval
    for call in calls {
      guard call <= expected, call >= expected - 3 else { return false }
      expected += interval
    }
    return expected >= outputByteCount - 3
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func callsComeAtEveryIntervalHoweverTheInputIsSplit(seed: UInt64) {
    let (bytes, output) = source(seed: seed)
    for interval in [Self.interval, 100_001, 1 << 20] {
      let whole = run(
        bytes, capacity: output.count, interval: interval, pushByteCounts: [bytes.count])
      #expect(whole.outcome.status == .ok)
      #expect(whole.outcome.output == output)
      #expect(isRight(whole.calls, outputByteCount: output.count, interval: interval))
      #expect(whole.calls.count > 0)
      for split in [seed == 1 ? [1] : [5], [4096], [3, 70_000, 1]] {
        let pieces = run(
          bytes, capacity: output.count, interval: interval, pushByteCounts: split)
        #expect(pieces == whole, "\(split)")
      }
    }
  }

  /// A block size that could be the appended one is told by the bytes behind it, which are then decoded
  /// on their own, and not up to an index: three bytes at most.
  @Test(arguments: [(65_532, 65_536), (65_533, 65_533), (65_535, 65_535)])
  func callComesEarlyInABlockThatWasLookedAt(first: Int, call: Int) {
    let literals = counted(first - 1 - lengthExtension(first - 258).count)
    let second = lastSequence(literals)
    let source = legacyFrame([
      block([Sequence([1], offset: 1, matchByteCount: first - 6)], last: [2, 3, 4, 5, 6]),
      second,
    ])
    #expect(second.count == first)
    let output = [UInt8](repeating: 1, count: first - 5) + [2, 3, 4, 5, 6] + literals
    for split in [[source.count], [1], [1000]] {
      let result = run(source, capacity: output.count, pushByteCounts: split)
      #expect(result.outcome.status == .ok && result.outcome.output == output)
      #expect(result.calls == [call])
      let ended = run(source, capacity: output.count, pushByteCounts: split, lastCall: 0)
      #expect(ended.outcome.status == .cancelled && ended.outcome.output.count == call)
    }
  }

  @Test func noCallComesForABlockThatWasLookedAtFarFromTheNext() {
    let (first, second) = (counted(9), counted(8, from: 20))
    let source = legacyFrame([
      block(last: first), block(last: second),
      block([Sequence([1], offset: 1, matchByteCount: 70_000)], last: []),
    ])
    let output = first + second + [UInt8](repeating: 1, count: 70_001)
    let expected = Outcome(
      status: .ok, format: Format.legacy, sourceOffset: source.count, blockIndex: 3,
      output: output)
    for split in [[source.count], [1], [5]] {
      let result = run(source, capacity: output.count, pushByteCounts: split)
      #expect(result == Run(outcome: expected, calls: [Self.interval]), "\(split)")
    }
  }

  @Test func everyCallCanEndTheDecode() {
    let (bytes, output) = source(seed: 9)
    let whole = run(bytes, capacity: output.count, pushByteCounts: [bytes.count])
    for call in whole.calls.indices {
      let ended = run(
        bytes, capacity: output.count, pushByteCounts: [bytes.count], lastCall: call)
      #expect(ended.outcome.status == .cancelled)
      #expect(ended.outcome.output == [UInt8](output.prefix(whole.calls[call])))
      #expect(ended.calls == [Int](whole.calls[...call]))
      #expect(ended.outcome.sourceOffset <= bytes.count)
      let pieces = run(bytes, capacity: output.count, pushByteCounts: [7, 1, 300], lastCall: call)
      #expect(pieces == ended)
    }
  }

  @Test func verdictsAreThoseWithoutACallback() {
    for seed in 20..<60 as Range<UInt64> {
      var (bytes, output) = source(seed: seed % 5)
      var generator = SplitMix64(seed: seed)
      bytes[generator.below(bytes.count)] ^= UInt8(1 << generator.below(8))
      let capacity = generator.below(2) == 0 ? output.count : generator.below(output.count)
      let bench = DecodeBench(sourceByteCountMax: bytes.count, capacityMax: capacity)
      let expected = bench.decode(bytes, capacity: capacity)
      let watched = run(bytes, capacity: capacity, pushByteCounts: [bytes.count])
      #expect(watched.outcome == expected, "seed \(seed)")
    }
  }

  @Test func watchesInPlaceToo() {
    let (bytes, output) = source(seed: 3)
    let margin = Int(inspect(bytes).info.in_place_margin)
    for margin in [margin, margin / 2] {
      let capacity = output.count + margin
      let result = run(bytes, capacity: capacity, pushByteCounts: [bytes.count], inPlace: true)
      let expected = InPlaceDecode(source: bytes, output: output, margin: margin).run()
      #expect(result.outcome.status == expected.status)
      #expect(result.outcome.output == [UInt8](output.prefix(expected.targetByteCount)))
    }
  }

  @Test func shorterIntervalsAre64KiB() {
    let zeros = frame(
      FrameHeader(blockMaximumCode: 7),
      [.compressed(block([Sequence([0], offset: 1, matchByteCount: 300_000)], last: []))])
    for interval in [0, 1, 65_535, 65_536] {
      let result = run(zeros, capacity: 300_001, interval: interval, pushByteCounts: [50])
      #expect(result.calls == [65_536, 131_072, 196_608, 262_144])
      #expect(result.outcome.status == .ok)
    }
    // Nothing follows behind the last byte.
    let whole = run(zeros, capacity: 300_001, interval: 300_001, pushByteCounts: [50])
    #expect(whole.calls == [])
    let last = run(zeros, capacity: 300_001, interval: 300_000, pushByteCounts: [50])
    #expect(last.calls == [300_000])
    let never = run(zeros, capacity: 300_001, interval: .max, pushByteCounts: [50])
    #expect(never.calls == [])
  }

  @Test func noCallbackIsNone() {
    let source = frame(FrameHeader(), [.stored([1, 2])])
    var target = [UInt8](repeating: 0, count: 2)
    var stream = lz4boot_stream()
    unsafe lz4boot_stream_start_with_progress(&stream, &target, 2, 0, nil)
    #expect(unsafe lz4boot_stream_push(&stream, source, source.count, nil) == .ok)
    var progress = unsafe lz4boot_progress()
    unsafe lz4boot_stream_start_with_progress(&stream, &target, 2, 0, &progress)
    #expect(unsafe lz4boot_stream_push(&stream, source, source.count, nil) == .ok)
    unsafe lz4boot_stream_start_with_progress(nil, &target, 2, 0, &progress)
  }
}
