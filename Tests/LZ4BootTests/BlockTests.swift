import CLZ4Boot
import Testing

/// Raw blocks: what is taken, and what each error says.
@Suite struct BlockTests {
  private func raw(
    _ status: lz4boot_status, at offset: Int, _ output: [UInt8] = []
  ) -> Outcome {
    Outcome(status: status, format: Format.rawBlock, sourceOffset: offset, output: output)
  }

  private func expectAccepted(
    _ source: [UInt8], _ output: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    // The block index behind a raw block is not part of what is promised.
    for slack in [0, 1, 7, 64] {
      var outcome = decodeBlockBothWays(
        source, capacity: output.count + slack, sourceLocation: sourceLocation)
      outcome.blockIndex = 0
      #expect(outcome == raw(.ok, at: source.count, output), sourceLocation: sourceLocation)
    }
  }

  @Test func acceptsOneZeroByteAsEmptyBlock() { expectAccepted([0], []) }

  @Test func acceptsLiteralsOnly() {
    for count in [1, 5, 14, 15, 16, 269, 270, 271, 1000] {
      expectAccepted(lastSequence(counted(count)), counted(count))
    }
  }

  @Test func acceptsMatchRightInFrontOfLastLiterals() {
    // liblz4 may refuse this: it wants five literals and twelve bytes behind the last match.
    let source = block([Sequence([1, 2], offset: 2, matchByteCount: 4)], last: [3])
    expectAccepted(source, [1, 2, 1, 2, 1, 2, 3])
  }

  @Test func acceptsEmptyLastLiterals() {
    let source = block([Sequence([7], offset: 1, matchByteCount: 5)], last: [])
    expectAccepted(source, [UInt8](repeating: 7, count: 6))
  }

  @Test func ignoresMatchLengthOfLastToken() { expectAccepted([0x2F, 8, 9], [8, 9]) }

  @Test func acceptsLargestOffset() {
    let literals = counted(65_535)
    let source = block([Sequence(literals, offset: 65_535, matchByteCount: 6)], last: [])
    expectAccepted(source, literals + literals[..<6])
  }

  @Test func repeatsPatternsOfEveryShortOffset() {
    for offset in 1...64 {
      let literals = counted(offset)
      for count in [4, 5, 15, 18, 19, 33, 64, 273, 274, 600] {
        let source = block([Sequence(literals, offset: offset, matchByteCount: count)], last: [9])
        let output = literals + (0..<count).map { literals[$0 % offset] } + [9]
        let outcome = decodeBlockBothWays(source, capacity: output.count)
        #expect(outcome.output == output, "offset \(offset), \(count) bytes")
      }
    }
  }

  @Test func rejectsEmptySourceAsTruncated() {
    expectBlock([], capacity: 0, is: raw(.truncated_input, at: 0))
    expectBlock([], capacity: 8, is: raw(.truncated_input, at: 0))
  }

  @Test func rejectsEndInsideLiteralLength() {
    expectBlock([0xF0], capacity: 8, is: raw(.truncated_input, at: 1))
    expectBlock([0xF0, 255, 255], capacity: 8, is: raw(.truncated_input, at: 3))
  }

  @Test func rejectsEndInsideMatchOffset() {
    expectBlock([0x10, 5, 1], capacity: 8, is: raw(.truncated_input, at: 3, [5]))
  }

  @Test func rejectsEndInsideMatchLength() {
    let source: [UInt8] = [0x1F, 5, 1, 0, 255]
    expectBlock(source, capacity: 8, is: raw(.truncated_input, at: 5, [5]))
  }

  @Test func rejectsEndBehindMatch() {
    let source = Sequence([5], offset: 1, matchByteCount: 4).bytes
    let output = [UInt8](repeating: 5, count: 5)
    expectBlock(source, capacity: 8, is: raw(.truncated_input, at: 4, output))
  }

  @Test func rejectsLiteralsPastTheEnd() {
    expectBlock([0x30, 1, 2], capacity: 8, is: raw(.literals_overrun, at: 1))
    expectBlock([0x50], capacity: 8, is: raw(.literals_overrun, at: 1))
    expectBlock([0xF0, 3, 1, 2], capacity: 80, is: raw(.literals_overrun, at: 2))
  }

  @Test func rejectsLiteralsPastTheEndOfALongBlock() {
    let first = Sequence(counted(100), offset: 100, matchByteCount: 100)
    let source = first.bytes + [0xF0, 100] + counted(114)
    let output = counted(100) + counted(100)
    let offset = first.bytes.count + 2
    expectBlock(source, capacity: 1000, is: raw(.literals_overrun, at: offset, output))
  }

  @Test func rejectsOffsetZero() {
    let source: [UInt8] = [0x20, 1, 2, 0, 0, 0x10, 3]
    expectBlock(source, capacity: 64, is: raw(.offset_zero, at: 3, [1, 2]))
  }

  @Test func rejectsOffsetZeroFarFromBothEnds() {
    let start = Sequence(counted(40), offset: 40, matchByteCount: 40).bytes
    let bad = Sequence([1], offset: 0, matchByteCount: 9).bytes
    let source = start + bad + lastSequence(counted(90))
    let outcome = raw(.offset_zero, at: start.count + 2, counted(40) + counted(40) + [1])
    expectBlock(source, capacity: 400, is: outcome)
  }

  @Test func rejectsOffsetBeforeStartOfOutput() {
    let source: [UInt8] = [0x20, 1, 2, 3, 0, 0x10, 3]
    expectBlock(source, capacity: 64, is: raw(.offset_out_of_range, at: 3, [1, 2]))
  }

  @Test func rejectsOffsetBeforeStartFarFromBothEnds() {
    let start = Sequence(counted(40), offset: 40, matchByteCount: 40).bytes
    let bad = Sequence([1], offset: 82, matchByteCount: 9).bytes
    let source = start + bad + lastSequence(counted(90))
    let output = counted(40) + counted(40) + [1]
    expectBlock(source, capacity: 400, is: raw(.offset_out_of_range, at: start.count + 2, output))
  }

  @Test func rejectsMatchAsFirstSequence() {
    expectBlock(
      [0x00, 1, 0, 0x10, 3], capacity: 64, is: raw(.offset_out_of_range, at: 1))
  }

  @Test func reportsLiteralsThatDoNotFit() {
    let source = lastSequence(counted(20))
    expectBlock(source, capacity: 19, is: raw(.target_full, at: 2, counted(19)))
    expectBlock(source, capacity: 0, is: raw(.target_full, at: 2))
  }

  @Test func reportsMatchThatDoesNotFit() {
    let source = block([Sequence([1, 2], offset: 2, matchByteCount: 8)], last: [3])
    expectBlock(source, capacity: 7, is: raw(.target_full, at: 3, [1, 2, 1, 2, 1, 2, 1]))
    expectBlock(source, capacity: 2, is: raw(.target_full, at: 3, [1, 2]))
  }

  @Test func takesEmptyBlockIntoNoTarget() {
    var report = lz4boot_report()
    let zero: [UInt8] = [0]
    let status = unsafe lz4boot_decode_block(zero, 1, nil, 0, &report)
    #expect(status == .ok)
    #expect(report.target_byte_count == 0)
    #expect(report.source_offset == 1)
  }
}
