import CLZ4Boot
import Testing

/// Blocks of hundreds of sequences, up to and beyond the 64 KiB from which on every offset is in
/// range: what a fast loop does when it runs for long, and where it leaves.
@Suite struct LongBlockTests {
  /// - Parameter history: bytes in front, as literals.
  private func randomBlock(
    history: Int, byteCountMax: Int, using generator: inout SplitMix64
  ) -> [UInt8] {
    var block: [UInt8] = []
    var literals = generator.bytes(max(history, 1))
    var produced = 0
    // Each block has its own taste: how often lengths are long and offsets short.
    let (rareness, nearness) = (2 + generator.below(40), 1 + generator.below(6))
    while produced < byteCountMax {
      produced += literals.count
      let reach = min(produced, 65_535)
      let near = generator.below(nearness) == 0
      let offset = 1 + generator.below(near ? min(reach, 24) : reach)
      let isLong = generator.below(rareness) == 0
      let matchCount = 4 + generator.below(isLong ? 320 : 18)
      block += Sequence(literals, offset: offset, matchByteCount: matchCount).bytes
      produced += matchCount
      literals = generator.bytes(generator.below(generator.below(rareness) == 0 ? 300 : 15))
    }
    return block + lastSequence(literals)
  }

  private func check(_ block: [UInt8], capacity: Int, on bench: DecodeBench, seed: UInt64) {
    let outcome = decodeBlockBothWays(block, capacity: capacity, on: bench)
    let reference = ReferenceDecoder.decodeBlock(block, capacity: capacity)
    guard outcome != reference else { return }
    Issue.record("seed \(seed), capacity \(capacity): \(outcome), expected \(reference)")
  }

  private func history(_ generator: inout SplitMix64) -> Int {
    [20, 20, 3000, 65_400, 65_520, 65_600, 66_000][generator.below(7)]
  }

  @Test(arguments: 0..<4)
  func validBlocks(group: Int) {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    for index in 0..<12 {
      let seed = UInt64(40_000 + group * 1000 + index)
      var generator = SplitMix64(seed: seed)
      let history = history(&generator)
      let block = randomBlock(
        history: history, byteCountMax: history + 100 + generator.below(6000), using: &generator)
      let count = ReferenceDecoder.decodeBlock(block, capacity: 1 << 17).output.count
      for slack in [0, 1, 20, 100, -1, -10, -70] {
        check(block, capacity: count + slack, on: bench, seed: seed)
      }
      // The same in a linked frame, where pushes interrupt it anywhere.
      var header = FrameHeader(blockMaximumCode: 5)
      header.isIndependent = false
      let source = frame(header, [.compressed(block), .compressed(block)])
      let outcome = decodeEveryWay(source, capacity: 2 * count + 7)
      #expect(outcome.status == .ok, "seed \(seed)")
      #expect(outcome.output.count == 2 * count, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<4)
  func damagedBlocks(group: Int) {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    for index in 0..<60 {
      let seed = UInt64(50_000 + group * 1000 + index)
      var generator = SplitMix64(seed: seed)
      let history = history(&generator)
      var block = randomBlock(
        history: history, byteCountMax: history + 100 + generator.below(3000), using: &generator)
      for _ in 0...generator.below(3) {
        let start = min(history, block.count - 1)
        let position = start + generator.below(block.count - start)
        switch generator.below(3) {
        case 0: block[position] = [0, 1, 7, 8, 15, 16, 0xF0, 0xFF][generator.below(8)]
        case 1: block[position] = UInt8(generator.below(256))
        default: block.remove(at: position)
        }
      }
      check(block, capacity: history + 3000 + generator.below(3000), on: bench, seed: seed)
    }
  }
}
