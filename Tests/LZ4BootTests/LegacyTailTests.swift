import CLZ4Boot
import Testing

/// A legacy frame has no end mark: what may follow its last block, and what may not.
@Suite struct LegacyTailTests {
  /// Two blocks in 12 + 4 + 6 bytes that decode to 4 + 5 bytes.
  private static let blocks = [block(last: [1, 2, 3, 4]), block(last: [5, 6, 7, 8, 9])]
  private static let output: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  private let base = legacyFrame(LegacyTailTests.blocks)

  private func legacy(
    _ status: lz4boot_status, at offset: Int, block: Int = 2,
    _ output: [UInt8] = LegacyTailTests.output
  ) -> Outcome {
    Outcome(
      status: status, format: Format.legacy, sourceOffset: offset, blockIndex: block,
      output: output)
  }

  private func expectEnd(
    tail: [UInt8], kind: lz4boot_legacy_end, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let source = base + tail
    expectDecode(
      source, capacity: 64, is: legacy(.ok, at: source.count), sourceLocation: sourceLocation)
    let inspection = inspect(source)
    #expect(inspection.outcome.status == .ok, sourceLocation: sourceLocation)
    #expect(inspection.info.legacy_end == kind.rawValue, sourceLocation: sourceLocation)
  }

  @Test func endsAtEndOfInput() {
    #expect(base.count == 23)
    expectEnd(tail: [], kind: lz4boot_legacy_end_input)
  }

  @Test func endsAtZerosThatLast() {
    for count in [1, 2, 3, 4, 5, 7, 8, 9, 511, 4096] {
      expectEnd(tail: [UInt8](repeating: 0, count: count), kind: lz4boot_legacy_end_zeros)
    }
  }

  @Test func rejectsZerosThatDoNotLast() {
    for count in [4, 5, 7, 8, 9, 100] {
      let outcome = decodeEveryWay(base + [UInt8](repeating: 0, count: count) + [1], capacity: 64)
      #expect(outcome.status == .trailing_data, "\(count) zeros")
      #expect(outcome.output == Self.output)
    }
  }

  @Test func rejectsZerosInFrontOfAFrame() {
    let source = base + endMark + legacyFrame([])
    #expect(decodeEveryWay(source, capacity: 64).status == .trailing_data)
  }

  @Test func endsWithSizeAtEndOfInput() {
    expectEnd(tail: [9, 0, 0, 0], kind: lz4boot_legacy_end_size)
  }

  @Test func endsWithSizeInFrontOfZeros() {
    for count in [1, 2, 3, 4, 5, 100] {
      let zeros = [UInt8](repeating: 0, count: count)
      expectEnd(tail: [9, 0, 0, 0] + zeros, kind: lz4boot_legacy_end_size)
    }
  }

  @Test func endsWithSizeInFrontOfAMagic() {
    let size: [UInt8] = [9, 0, 0, 0]
    let frames = [
      (frame(FrameHeader(), [.stored([7])]), Format.frame, 1, [7] as [UInt8]),
      (legacyFrame([block(last: [8])]), Format.legacy, 1, [8]),
      (skippableFrame([1, 2]), Format.skippable, 0, []),
    ]
    for (next, format, blockCount, more) in frames {
      let source = base + size + next
      let outcome = Outcome(
        status: .ok, format: format, sourceOffset: source.count, blockIndex: blockCount,
        output: Self.output + more)
      expectDecode(source, capacity: 64, is: outcome)
    }
  }

  @Test func endsInFrontOfAMagic() {
    let source = base + legacyFrame([block(last: [8])]) + skippableFrame([])
    let outcome = decodeEveryWay(source, capacity: 64)
    #expect(outcome.status == .ok)
    #expect(outcome.output == Self.output + [8])
    #expect(inspect(source).info.frame_count == 2)
  }

  /// The size of the output so far, as the size of a block of that many bytes.
  @Test func takesAmbiguousSizeAsBlockWhenABlockFollows() {
    let third = block(last: [1, 1, 1, 1, 1, 1, 1, 1])
    #expect(third.count == 9)
    let source = base + littleEndian(UInt32(9)) + third
    let output = Self.output + [UInt8](repeating: 1, count: 8)
    expectDecode(source, capacity: 64, is: legacy(.ok, at: source.count, block: 3, output))
  }

  @Test func takesAmbiguousSizeAsBlockWithHardlyAnyRoom() {
    let source = legacyFrame([block(last: [1, 2]), block(last: [9])])
    expectDecode(source, capacity: 2, is: legacy(.target_full, at: 16, block: 1, [1, 2]))
    for capacity in 3...6 {
      expectDecode(source, capacity: capacity, is: legacy(.ok, at: 17, [1, 2, 9]))
    }
  }

  @Test func takesAmbiguousSizeAsBlockUpToItsErrors() {
    let third: [UInt8] = [0x10, 1, 0, 0, 0, 0, 0, 0, 0]
    let source = base + littleEndian(UInt32(9)) + third
    let outcome = legacy(.offset_zero, at: 29, Self.output + [1])
    expectDecode(source, capacity: 64, is: outcome)
  }

  /// A block that starts with a skippable frame's magic is a valid block, but the magic wins.
  @Test func takesAmbiguousSizeAsSuffixWhenAMagicFollows() {
    let source = base + littleEndian(UInt32(9)) + skippableFrame([0x10], kind: 0)
    let outcome = decodeEveryWay(source, capacity: 64)
    #expect(outcome.status == .ok)
    #expect(outcome.format == Format.skippable)
    #expect(outcome.output == Self.output)
  }

  @Test func takesWrongSuffixAsBlockSize() {
    expectDecode(base + [8, 0, 0, 0], capacity: 64, is: legacy(.truncated_input, at: 27))
    expectDecode(base + [10, 0, 0, 0], capacity: 64, is: legacy(.truncated_input, at: 27))
  }

  @Test func rejectsWrongSuffixThatCannotBeABlockSize() {
    for word in [8_421_521, 0x8000_0000, 0xFFFF_FFFF] as [UInt32] {
      let source = base + littleEndian(word)
      expectDecode(source, capacity: 64, is: legacy(.block_too_large, at: 23))
    }
  }

  @Test func takesTheLargestBlockSize() {
    let source = base + littleEndian(UInt32(legacyStoredByteCountMax))
    expectDecode(source, capacity: 64, is: legacy(.truncated_input, at: source.count))
  }

  @Test func rejectsPartOfASizeAsTruncated() {
    for tail in [[9], [9, 0], [9, 0, 0], [0, 0, 1], [1, 0, 0]] as [[UInt8]] {
      let offset = base.count + tail.count
      expectDecode(base + tail, capacity: 64, is: legacy(.truncated_input, at: offset))
    }
  }

  @Test func sizeCountsOnlyItsOwnFrame() {
    let source = legacyFrame([block(last: [1, 2])]) + base + [9, 0, 0, 0]
    let outcome = decodeEveryWay(source, capacity: 64)
    #expect(outcome.status == .ok)
    #expect(outcome.output == [1, 2] + Self.output)
    let wrong = legacyFrame([block(last: [1, 2])]) + base + [11, 0, 0, 0]
    #expect(decodeEveryWay(wrong, capacity: 64).status == .truncated_input)
  }

  /// A block may be that small too, so the same rule holds.
  @Test(arguments: [1, 2, 3])
  func takesSizeBelowFourAsSuffix(produced: Int) {
    let base = legacyFrame([block(last: counted(produced))]) + littleEndian(UInt32(produced))
    for tail in [[], [0], [0, 0], [0, 0, 0], endMark, endMark + endMark + [0]] {
      let source = base + tail
      let outcome = legacy(.ok, at: source.count, block: 1, counted(produced))
      expectDecode(source, capacity: 64, is: outcome)
    }
    let next = frame(FrameHeader(), [.stored([7])])
    let outcome = decodeEveryWay(base + next, capacity: 64)
    #expect(outcome.status == .ok)
    #expect(outcome.output == counted(produced) + [7])
  }

  /// More than a block can be stored in: nothing but a size.
  @Test func takesSizeTooLargeForABlockAsSuffixWhateverFollows() {
    let half = block([Sequence([6], offset: 1, matchByteCount: 5_000_000)], last: [1])
    let source = legacyFrame([half, half]) + littleEndian(UInt32(10_000_004))
    let output = 10_000_004
    #expect(decodeEveryWay(source, capacity: output).status == .ok)
    #expect(decodeEveryWay(source + [0, 0], capacity: output).status == .ok)
    let trailing = decodeEveryWay(source + [1, 2, 3, 4], capacity: output)
    #expect(trailing.status == .trailing_data)
    #expect(trailing.sourceOffset == source.count)
    let wrong = legacyFrame([half, half]) + littleEndian(UInt32(10_000_003))
    #expect(decodeEveryWay(wrong, capacity: output).status == .block_too_large)
  }

  @Test func acceptsFrameWithoutBlocks() {
    expectDecode(legacyMagic, capacity: 0, is: legacy(.ok, at: 4, block: 0, []))
    expectDecode(legacyMagic + endMark, capacity: 0, is: legacy(.ok, at: 8, block: 0, []))
  }

  @Test func legacyBlocksDoNotSeeEarlierOutput() {
    let source = legacyFrame([block(last: [1, 2, 3, 4]), [0x00, 4, 0, 0x10, 9]])
    let outcome = legacy(.offset_out_of_range, at: 18, block: 1, [1, 2, 3, 4])
    expectDecode(source, capacity: 64, is: outcome)
  }

  @Test func rejectsLegacyBlockOfMoreThanEightMebibytes() {
    let full = block(
      [Sequence([6], offset: 1, matchByteCount: legacyBlockByteCountMax - 1)], last: [])
    #expect(decodeEveryWay(legacyFrame([full]), capacity: 9 << 20).status == .ok)
    let over = block(
      [Sequence([6], offset: 1, matchByteCount: legacyBlockByteCountMax - 1)], last: [1])
    let outcome = decodeEveryWay(legacyFrame([over]), capacity: 9 << 20)
    #expect(outcome.status == .block_too_large)
    #expect(outcome.sourceOffset == 8 + over.count - 1)
    #expect(outcome.output.count == legacyBlockByteCountMax)
  }

  @Test func rejectsTruncatedMagicBehindABlock() {
    for count in 1...3 {
      let source = base + FrameHeader.magic[..<count]
      expectDecode(source, capacity: 64, is: legacy(.truncated_input, at: source.count))
    }
  }
}
