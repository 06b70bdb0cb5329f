import CLZ4Boot
import Testing

/// The decoder against the plain one of these tests, report and all, on random sources.
@Suite struct ReferenceTests {
  private func expectSame(_ source: [UInt8], capacity: Int, seed: UInt64, on bench: DecodeBench) {
    let outcome = decodeEveryWay(source, capacity: capacity, on: bench)
    let reference = ReferenceDecoder.decode(source, capacity: capacity)
    if outcome != reference {
      Issue.record("seed \(seed), capacity \(capacity): \(outcome), expected \(reference)")
    }
  }

  @Test(arguments: 0..<4)
  func decodesRandomSources(group: Int) {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    for index in 0..<100 {
      let seed = UInt64(group * 100 + index)
      let random = RandomSource(seed: seed)
      let count = random.output.count
      let outcome = decodeEveryWay(random.bytes, capacity: count, on: bench)
      #expect(outcome.status == .ok, "seed \(seed)")
      #expect(outcome.output == random.output, "seed \(seed)")
      for capacity in Set([count + 1, count + 70, count - 1, count * 2 / 3, 0]) where capacity >= 0
      {
        expectSame(random.bytes, capacity: capacity, seed: seed, on: bench)
      }
    }
  }

  @Test(arguments: 0..<4)
  func decodesMutatedSources(group: Int) {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    for index in 0..<600 {
      let seed = UInt64(100_000 + group * 1000 + index)
      var generator = SplitMix64(seed: seed)
      let random = RandomSource(seed: seed, frameCountMax: 2)
      var bytes = random.bytes
      for _ in 0...generator.below(3) where !bytes.isEmpty {
        let position = generator.below(bytes.count)
        switch generator.below(4) {
        case 0: bytes[position] ^= 1 << UInt8(generator.below(8))
        case 1: bytes[position] = [0, 1, 0x0F, 0x10, 0xF0, 0xFF][generator.below(6)]
        case 2: bytes.removeSubrange(position..<min(bytes.count, position + 1 + generator.below(4)))
        default: bytes.insert(UInt8(generator.below(256)), at: position)
        }
      }
      if generator.below(4) == 0 { bytes = [UInt8](bytes.prefix(generator.below(bytes.count + 1))) }
      expectSame(bytes, capacity: random.output.count + 50, seed: seed, on: bench)
    }
  }

  @Test func truncatesAtEveryByte() {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    for seed in 500_000..<500_006 as Range<UInt64> {
      let random = RandomSource(seed: seed)
      for count in 0..<min(random.bytes.count, 400) {
        expectSame(
          [UInt8](random.bytes[..<count]), capacity: random.output.count, seed: seed, on: bench)
      }
    }
  }

  /// Two pushes, cut at every byte.
  @Test func splitsAtEveryByte() {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    for seed in 600_000..<600_006 as Range<UInt64> {
      let random = RandomSource(seed: seed)
      let whole = bench.decode(random.bytes, capacity: random.output.count + 9)
      for cut in 1..<max(2, random.bytes.count) {
        let outcome = bench.decode(
          random.bytes, capacity: random.output.count + 9, flags: 0,
          split: .cycle([cut, random.bytes.count]), prefill: 0x77)
        #expect(outcome == whole, "seed \(seed), cut at \(cut)")
      }
    }
  }
}
