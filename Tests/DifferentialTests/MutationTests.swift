import CLZ4Boot
import Testing

/// Damaged blocks and frames, judged by liblz4 and by the plain decoder of these tests.
///
/// strict format ⊂ liblz4 ⊂ lenient. lz4boot takes the lenient set but for offset 0. So wrong is:
/// to refuse what keeps the strict format, to take what is not even lenient, and to decode to other
/// bytes.
@Suite struct MutationTests {
  /// One damage, of a kind that reaches tokens, lengths and offsets.
  private func mutate(_ bytes: inout [UInt8], using generator: inout SplitMix64) {
    for _ in 0...generator.below(3) where !bytes.isEmpty {
      let position = generator.below(bytes.count)
      switch generator.below(5) {
      case 0: bytes[position] ^= 1 << UInt8(generator.below(8))
      case 1: bytes[position] = [0, 1, 4, 0x0F, 0x1F, 0xF0, 0xFF][generator.below(7)]
      case 2: bytes[position] = UInt8(generator.below(256))
      case 3: bytes.removeSubrange(position..<min(bytes.count, position + 1 + generator.below(9)))
      default: bytes.insert(UInt8(generator.below(256)), at: position)
      }
    }
  }

  private func content(_ generator: inout SplitMix64) -> [UInt8] {
    let shape = Shape.allCases[generator.below(Shape.allCases.count)]
    return shape.bytes(1 + generator.below(900), seed: generator.next())
  }

  @Test(arguments: 0..<4)
  func damagedBlocks(group: Int) {
    let bench = DecodeBench(sourceByteCountMax: 8192, capacityMax: 1 << 16)
    var strictCount = 0
    for index in 0..<1500 {
      let seed = UInt64(10_000_000 + group * 10_000 + index)
      var generator = SplitMix64(seed: seed)
      let content = content(&generator)
      var block = LibLZ4.compressBlock(content, level: [1, 9, 12][generator.below(3)])
      mutate(&block, using: &generator)
      let capacity = content.count + [0, 0, 1, 40, 5000][generator.below(5)]
      let ours = decodeBlockBothWays(block, capacity: capacity, on: bench)
      let lenient = ReferenceDecoder.decodeBlock(block, capacity: capacity)
      if ours != lenient { Issue.record("seed \(seed): \(ours), expected \(lenient)") }
      guard let theirs = LibLZ4.decompressBlock(block, capacity: capacity) else {
        guard ours.status == .ok else { continue }
        #expect(!keepsEndOfBlockRules(block), "seed \(seed): liblz4 refuses a strict block")
        continue
      }
      strictCount += 1
      if ours.status == .offset_zero { continue }
      #expect(ours.status == .ok, "seed \(seed): liblz4 takes it")
      #expect(ours.output == theirs, "seed \(seed)")
    }
    #expect(strictCount > 100, "the mutations leave something to accept")
  }

  @Test(arguments: 0..<4)
  func damagedFrames(group: Int) {
    let bench = DecodeBench(sourceByteCountMax: 16_384, capacityMax: 1 << 16)
    var acceptedCount = 0
    for index in 0..<1000 {
      let seed = UInt64(20_000_000 + group * 10_000 + index)
      var generator = SplitMix64(seed: seed)
      let pieces = (0...generator.below(3)).map { _ in content(&generator) }
      var choice = FrameChoice.all[generator.below(64)]
      // Checksums refuse nearly everything: half of the frames go without.
      if generator.below(2) == 0 {
        (choice.hasBlockChecksums, choice.hasContentChecksum) = (false, false)
      }
      var source = LibLZ4.compressFrame(pieces, choice)
      mutate(&source, using: &generator)
      let capacity = pieces.reduce(0) { $0 + $1.count } + [0, 1, 3000][generator.below(3)]
      let ours = decodeEveryWay(source, capacity: capacity, on: bench)
      let lenient = ReferenceDecoder.decode(source, capacity: capacity)
      if ours != lenient { Issue.record("seed \(seed): \(ours), expected \(lenient)") }
      let theirs = LibLZ4.decompressFrame(source, capacity: capacity)
      guard case .accepted(let output, let consumed) = theirs else { continue }
      acceptedCount += 1
      compare(ours, with: output, rest: source.count - consumed, seed: seed)
    }
    #expect(acceptedCount > 50, "the mutations leave something to accept")
  }

  /// liblz4 takes one frame and stops; it takes offset 0, a dictionary id, and content size 0 for
  /// unknown.
  private func compare(_ ours: Outcome, with output: [UInt8], rest: Int, seed: UInt64) {
    switch ours.status {
    case .ok:
      if rest == 0 { #expect(ours.output == output, "seed \(seed)") }
    case .offset_zero, .dictionary_required:
      break
    case .content_size_mismatch where ours.expected == 0:
      break
    default:
      if rest == 0 { Issue.record("seed \(seed): liblz4 takes it, \(ours)") }
    }
  }
}
