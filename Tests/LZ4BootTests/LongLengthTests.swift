import CLZ4Boot
import Testing

/// Lengths that take many bytes to say.
@Suite struct LongLengthTests {
  /// The match ends 6 bytes in front of the block's end: a decoder that leaves its fast loop by
  /// what the input has left must still notice how much this match writes.
  @Test func copiesLongMatchCloseToTheEndOfItsBlock() {
    let match = Sequence([42], offset: 1, matchByteCount: 164_610)
    #expect(lengthExtension(164_606).count == 646)
    let source = block([match], last: [1, 2, 3, 4, 5])
    let output = [UInt8](repeating: 42, count: 164_611) + [1, 2, 3, 4, 5]
    for slack in [0, 1, 5, 32, 4096] {
      let outcome = decodeBlockBothWays(source, capacity: output.count + slack)
      #expect(outcome.status == .ok)
      #expect(outcome.output == output)
    }
    for missing in [1, 5, 6, 7, 100_000] {
      let capacity = output.count - missing
      let outcome = decodeBlockBothWays(source, capacity: capacity)
      #expect(outcome.status == .target_full)
      #expect(outcome.output == [UInt8](output[..<capacity]))
      #expect(outcome.sourceOffset == (missing <= 5 ? source.count - 5 : 2))
    }
    let header = FrameHeader(blockMaximumCode: 5)
    decodeEveryWay(frame(header, [.compressed(source)]), capacity: output.count)
  }

  @Test func copiesLongLiterals() {
    let literals = randomBytes(300_000, seed: 3)
    let source = block([Sequence(literals, offset: 60_000, matchByteCount: 70_000)], last: [1])
    let outcome = decodeBlockBothWays(source, capacity: 370_001)
    #expect(outcome.status == .ok)
    #expect(outcome.output == ReferenceDecoder.decodeBlock(source, capacity: 370_001).output)
  }

  /// The length overflows 31 bits in a legal legacy block of 8 MiB.
  @Test(arguments: [8_421_512, 8_421_505, 8_400_000])
  func refusesMatchOfTwoGigabytes(extensionByteCount: Int) {
    let run = [UInt8](repeating: 255, count: extensionByteCount)
    let block: [UInt8] = [0x1F, 7, 1, 0] + run + [0, 0x10, 8]
    let raw = decodeBlockBothWays(block, capacity: 100_000)
    #expect(raw.status == .target_full)
    #expect(raw.sourceOffset == 2)
    #expect(raw.output == [UInt8](repeating: 7, count: 100_000))
    let legacy = decodeEveryWay(legacyFrame([block]), capacity: 9 << 20)
    #expect(legacy.status == .block_too_large)
    #expect(legacy.sourceOffset == 10)
    #expect(legacy.output.allSatisfy { $0 == 7 })
  }

  @Test func refusesLiteralsOfTwoGigabytes() {
    let run = [UInt8](repeating: 255, count: 8_421_505)
    let block: [UInt8] = [0xF0] + run + [0, 1, 2, 3]
    let raw = decodeBlockBothWays(block, capacity: 4096)
    #expect(raw.status == .literals_overrun)
    #expect(raw.sourceOffset == block.count - 3)
    #expect(raw.output == [])
    let legacy = decodeEveryWay(legacyFrame([block]), capacity: 4096)
    #expect(legacy.status == .literals_overrun)
    #expect(legacy.sourceOffset == 8 + block.count - 3)
  }

  /// 2^32 and a little: in 32 bits, just what would fit.
  @Test func doesNotWrapLengthsBeyond32Bits() {
    let run = [UInt8](repeating: 255, count: 16_843_008)
    // 15 + 255 × 16,843,008 + 244 = 2^32 + 3
    let literals = decodeBlockBothWays([0xF0] + run + [244, 1, 2, 3], capacity: 64)
    #expect(literals.status == .literals_overrun)
    #expect(literals.sourceOffset == run.count + 2)
    #expect(literals.output == [])
    let match = decodeBlockBothWays([0x1F, 7, 1, 0] + run + [244, 0x10, 8], capacity: 64)
    #expect(match.status == .target_full)
    #expect(match.sourceOffset == 2)
    #expect(match.output == [UInt8](repeating: 7, count: 64))
  }

  @Test func refusesLengthsThatNeverEnd() {
    let run = [UInt8](repeating: 255, count: 1 << 20)
    let raw = decodeBlockBothWays([0xF0] + run, capacity: 4096)
    #expect(raw.status == .truncated_input)
    #expect(raw.sourceOffset == run.count + 1)
    let match = decodeBlockBothWays([0x1F, 7, 1, 0] + run, capacity: 4096)
    #expect(match.status == .truncated_input)
    #expect(match.sourceOffset == run.count + 4)
  }

  /// A skippable frame may claim 4 GiB.
  @Test func reportsHugeSkippableFrameAsTruncated() {
    let source = littleEndian(UInt32(0x184D_2A53)) + littleEndian(UInt32.max) + counted(50)
    expectDecode(
      source, capacity: 8,
      is: Outcome(status: .truncated_input, format: Format.skippable, sourceOffset: 58))
  }
}
