import CLZ4Boot
import Testing

/// The first bytes of the output, whatever follows them.
@Suite struct PeekTests {
  private func expect(
    _ source: [UInt8], _ count: Int, gives status: lz4boot_status, _ output: [UInt8],
    on bench: DecodeBench, _ label: String
  ) {
    for (edge, prefill) in [(GuardedMemory.Edge.end, UInt8(0)), (.start, 0xFF)] {
      let outcome = bench.decode(source, capacity: count, by: .peek, edge: edge, prefill: prefill)
      if outcome.status != status || outcome.output != output {
        Issue.record("\(label), first \(count): \(outcome)")
      }
    }
  }

  @Test func givesEveryFirstPartOfRandomSources() {
    let bench = DecodeBench(sourceByteCountMax: 1 << 16, capacityMax: 1 << 16)
    for seed in 5000..<5200 as Range<UInt64> {
      let random = RandomSource(seed: seed)
      var generator = SplitMix64(seed: seed)
      let size = random.output.count
      for count in [0, 1, 64, size - 1, size, size + 1, generator.below(size + 1)] where count >= 0
      {
        let output = [UInt8](random.output.prefix(count))
        expect(random.bytes, count, gives: .ok, output, on: bench, "seed \(seed)")
      }
    }
  }

  /// Damage and an end of the source count only in front of the last byte that is asked for.
  @Test func damageCountsUpToTheLastByteOnly() {
    let bench = DecodeBench(sourceByteCountMax: 1 << 16, capacityMax: 1 << 16)
    for seed in 6000..<6600 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      var source = RandomSource(seed: seed, frameCountMax: 2).bytes
      if generator.below(2) == 0 {
        source.removeLast(generator.below(source.count))
      } else {
        source[generator.below(source.count)] ^= UInt8(1 << generator.below(8))
      }
      let whole = ReferenceDecoder.decode(source, capacity: 1 << 16)
      let size = whole.output.count
      for count in [0, 1, 64, size - 1, size, size + 1, generator.below(size + 1)] where count >= 0
      {
        let output = [UInt8](whole.output.prefix(count))
        let status = count <= size ? .ok : whole.status
        expect(source, count, gives: status, output, on: bench, "seed \(seed)")
      }
    }
  }

  /// A header is read from the start of an image that is not there yet.
  @Test func doesNotNeedTheRestOfTheSource() {
    let content = randomBytes(60_000, seed: 4)
    let whole = frame(FrameHeader(hasContentChecksum: true), [.stored(content)])
    let source = [UInt8](whole[..<2000])
    let available = [UInt8](content[..<(2000 - FrameHeader().bytes.count - 4)])
    let bench = DecodeBench(sourceByteCountMax: 4096, capacityMax: 4096)
    expect(source, 64, gives: .ok, [UInt8](content[..<64]), on: bench, "header")
    expect(source, available.count, gives: .ok, available, on: bench, "all of it")
    expect(source, 2000, gives: .truncated_input, available, on: bench, "more")
  }

  @Test func badArgumentsStayBad() {
    var report = lz4boot_report()
    let source: [UInt8] = [1, 2, 3]
    #expect(unsafe lz4boot_peek(nil, 3, nil, 0, &report) == .bad_argument)
    #expect(unsafe lz4boot_peek(source, 3, nil, 4, &report) == .bad_argument)
    #expect(report.target_byte_count == 0)
  }
}
