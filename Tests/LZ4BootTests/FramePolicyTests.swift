import CLZ4Boot
import Testing

/// What frames may hold and how they follow each other.
@Suite struct FramePolicyTests {
  private func expectAccepted(
    _ source: [UInt8], _ output: [UInt8], format: Int = Format.frame, blockCount: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for slack in [0, 1, 100] {
      expectDecode(
        source, capacity: output.count + slack,
        is: Outcome(
          status: .ok, format: format, sourceOffset: source.count, blockIndex: blockCount,
          output: output), sourceLocation: sourceLocation)
    }
  }

  @Test func acceptsEmptyFrames() {
    expectAccepted(frame(FrameHeader(), []), [], blockCount: 0)
    expectAccepted(frame(FrameHeader(contentSize: 0), []), [], blockCount: 0)
    let all = FrameHeader(
      isIndependent: false, hasBlockChecksums: true, hasContentChecksum: true, contentSize: 0)
    expectAccepted(frame(all, []), [], blockCount: 0)
  }

  @Test func contentSizeZeroMeansZero() {
    let source = frame(FrameHeader(contentSize: 0), [.stored([1])])
    #expect(decodeEveryWay(source, capacity: 8).status == .content_size_mismatch)
  }

  @Test func acceptsEmptyStoredBlocks() {
    let header = FrameHeader(hasContentChecksum: true)
    let source = frame(header, [.stored([]), .stored([1]), .stored([])], content: [1])
    expectAccepted(source, [1], blockCount: 3)
    let checked = FrameHeader(hasBlockChecksums: true)
    expectAccepted(frame(checked, [.stored([]), .stored([])]), [], blockCount: 2)
  }

  @Test func acceptsOneByteEmptyBlock() {
    expectAccepted(frame(FrameHeader(), [.compressed([0])]), [], blockCount: 1)
    let linked = FrameHeader(isIndependent: false)
    let source = frame(linked, [.compressed([0]), .stored([1]), .compressed([0])])
    expectAccepted(source, [1], blockCount: 3)
    expectAccepted(legacyFrame([[0], [0]]), [], format: Format.legacy, blockCount: 2)
  }

  @Test func acceptsCompressedBlockLargerThanItsContent() {
    let bytes = lastSequence(counted(65_000))
    #expect(bytes.count > 65_000)
    expectAccepted(frame(FrameHeader(), [.compressed(bytes)]), counted(65_000), blockCount: 1)
  }

  @Test func holdsStoredSizeToTheBlockMaximum() {
    let content = randomBytes(65_536, seed: 1)
    expectAccepted(frame(FrameHeader(), [.stored(content)]), content, blockCount: 1)
    let tooLong = lastSequence(content)
    let outcome = decodeEveryWay(frame(FrameHeader(), [.compressed(tooLong)]), capacity: 70_000)
    #expect(outcome.status == .block_too_large)
    #expect(outcome.sourceOffset == 7)
  }

  @Test(arguments: [4, 5, 6, 7] as [UInt8])
  func everyBlockMaximumIsReachable(code: UInt8) {
    let count = 1 << (8 + 2 * Int(code))
    let bytes = block([Sequence([9], offset: 1, matchByteCount: count - 6)], last: counted(5))
    let header = FrameHeader(blockMaximumCode: code)
    let full = decodeEveryWay(frame(header, [.compressed(bytes)]), capacity: count + 10)
    #expect(full.status == .ok)
    #expect(full.output.count == count)
    let over = block([Sequence([9], offset: 1, matchByteCount: count - 5)], last: counted(5))
    let outcome = decodeEveryWay(frame(header, [.compressed(over)]), capacity: count + 10)
    #expect(outcome.status == .block_too_large)
    #expect(outcome.output.count == count)
  }

  @Test func windowSpansManySmallAndStoredBlocks() {
    let linked = FrameHeader(isIndependent: false, hasContentChecksum: true)
    var blocks: [FrameBlock] = []
    var content: [UInt8] = []
    for index in 0..<40 {
      let some = counted(1 + index % 5, from: index * 7)
      blocks.append(index % 2 == 0 ? .stored(some) : .compressed(block(last: some)))
      content += some
      // Reaches back to the first byte of the frame, over all blocks so far.
      let match = Sequence([], offset: content.count, matchByteCount: 4)
      blocks.append(.compressed(block([match], last: [])))
      for _ in 0..<4 { content.append(content[content.count - match.offset]) }
    }
    expectAccepted(frame(linked, blocks, content: content), content, blockCount: blocks.count)
  }

  @Test func windowReaches65535BytesBack() {
    let content = randomBytes(65_536, seed: 2)
    let linked = FrameHeader(isIndependent: false)
    let match = block([Sequence([], offset: 65_535, matchByteCount: 9)], last: [])
    let source = frame(linked, [.stored(content), .compressed(match)])
    expectAccepted(source, content + content[1..<10], blockCount: 2)
  }

  @Test func windowIsResetPerFrame() {
    let linked = FrameHeader(isIndependent: false)
    let first = frame(linked, [.stored([1, 2, 3, 4])])
    let match = block([Sequence([9], offset: 2, matchByteCount: 4)], last: [])
    let source = first + frame(linked, [.compressed(match)])
    let offset = first.count + 13
    expectDecode(
      source, capacity: 64,
      is: Outcome(
        status: .offset_out_of_range, format: Format.frame, sourceOffset: offset,
        output: [1, 2, 3, 4, 9]))
  }

  @Test func independentBlocksDoNotSeeEarlierOutput() {
    let match = block([Sequence([9], offset: 2, matchByteCount: 4)], last: [])
    let blocks: [FrameBlock] = [.stored([1, 2, 3, 4]), .compressed(match)]
    expectDecode(
      frame(FrameHeader(), blocks), capacity: 64,
      is: Outcome(
        status: .offset_out_of_range, format: Format.frame, sourceOffset: 21, blockIndex: 1,
        output: [1, 2, 3, 4, 9]))
    let linked = frame(FrameHeader(isIndependent: false), blocks)
    expectAccepted(linked, [1, 2, 3, 4, 9, 4, 9, 4, 9], blockCount: 2)
  }

  @Test func acceptsEverySkippableMagic() {
    for kind in 0..<16 as Range<UInt32> {
      let source = skippableFrame(counted(Int(kind)), kind: kind)
      expectAccepted(source, [], format: Format.skippable, blockCount: 0)
    }
  }

  @Test func acceptsConcatenationsOfAllKinds() {
    let lz4 = frame(FrameHeader(hasContentChecksum: true), [.stored([1, 2])], content: [1, 2])
    let legacy = legacyFrame([block(last: [3])])
    let parts = [lz4, legacy, skippableFrame([7, 7, 7])]
    let outputs: [[UInt8]] = [[1, 2], [3], []]
    let formats = [Format.frame, Format.legacy, Format.skippable]
    for first in 0..<3 {
      for second in 0..<3 {
        for third in 0..<3 {
          expectAccepted(
            parts[first] + parts[second] + parts[third],
            outputs[first] + outputs[second] + outputs[third], format: formats[third],
            blockCount: third < 2 ? 1 : 0)
        }
      }
    }
  }

  /// Flipping bit 31 of the size word escapes the block checksum; the content's is there for that.
  @Test func contentChecksumCatchesStoredBitOfSizeWord() {
    let header = FrameHeader(hasBlockChecksums: true, hasContentChecksum: true)
    var source = frame(header, [.compressed([0x20, 1, 2])], content: [1, 2])
    source[10] ^= 0x80
    let outcome = decodeEveryWay(source, capacity: 8)
    #expect(outcome.status == .content_checksum_mismatch)
    #expect(outcome.output == [0x20, 1, 2])
  }
}
