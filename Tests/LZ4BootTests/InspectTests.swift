import CLZ4Boot
import Testing

/// What the headers say, told without decoding.
@Suite struct InspectTests {
  @Test func describesALZ4Frame() {
    let header = FrameHeader(
      blockMaximumCode: 6, isIndependent: false, hasBlockChecksums: true,
      hasContentChecksum: true, contentSize: 5)
    let source = frame(
      header, [.stored([1, 2, 3]), .compressed(block(last: [4, 5]))], content: counted(5))
    let inspection = inspect(source)
    let info = inspection.info
    #expect(
      inspection.outcome
        == Outcome(
          status: .ok, format: Format.frame, sourceOffset: source.count, blockIndex: 2))
    #expect(info.format == 1)
    #expect(info.block_maximum == 1 << 20)
    #expect(info.independent_blocks == 0)
    #expect(info.block_checksums == 1)
    #expect(info.content_checksum == 1)
    #expect(info.has_content_size == 1)
    #expect(info.legacy_end == 0)
    #expect(info.reserved == 0)
    #expect(info.frame_count == 1)
    #expect(info.skippable_count == 0)
    #expect(info.block_count == 2)
    #expect(info.content_size == 5)
    #expect(info.content_size_bound >= 5)
  }

  @Test(arguments: [(4, 65_536), (5, 262_144), (6, 1 << 20), (7, 4 << 20)] as [(UInt8, UInt32)])
  func tellsBlockMaximum(code: UInt8, byteCount: UInt32) {
    let info = inspect(frame(FrameHeader(blockMaximumCode: code), [])).info
    #expect(info.block_maximum == byteCount)
    #expect(info.independent_blocks == 1)
    #expect(info.content_checksum == 0)
    #expect(info.block_checksums == 0)
    #expect(info.has_content_size == 0)
    #expect(info.content_size == .max)
  }

  @Test func describesALegacyFrame() {
    let source = legacyFrame([block(last: [1, 2, 3, 4]), block(last: [5])]) + [5, 0, 0, 0]
    let info = inspect(source).info
    #expect(info.format == 2)
    #expect(info.block_maximum == 8 << 20)
    #expect(info.independent_blocks == 1)
    #expect(info.legacy_end == lz4boot_legacy_end_size.rawValue)
    #expect(info.frame_count == 1)
    #expect(info.block_count == 2)
    #expect(info.content_size_bound >= 5)
  }

  /// What lz4boot_decode takes for the size, because a magic follows, may not be taken for a block.
  @Test func tellsSizeInFrontOfEveryMagic() {
    let base = legacyFrame([block(last: counted(40))]) + littleEndian(UInt32(40))
    for next in [frame(FrameHeader(), []), legacyFrame([]), skippableFrame([1, 2]), endMark] {
      let decoded = decodeEveryWay(base + next, capacity: 40)
      #expect(decoded.status == .ok)
      let inspection = inspect(base + next)
      #expect(inspection.outcome.status == .ok)
      #expect(inspection.info.content_size_bound >= 40)
    }
  }

  /// Nothing says that a block so small does not follow, but for the end. With zeros behind it, they
  /// may be that block.
  @Test(arguments: [1, 2, 3])
  func tellsASizeBelowFourOnlyAtTheEnd(produced: Int) {
    let frame = legacyFrame([block(last: counted(produced))])
    let source = frame + littleEndian(UInt32(produced))
    var info = lz4boot_info()
    info.format = 2
    info.block_maximum = 8 << 20
    info.independent_blocks = 1
    info.legacy_end = lz4boot_legacy_end_size.rawValue
    info.frame_count = 1
    info.block_count = 1
    info.content_size = UInt64(produced)
    info.content_size_bound = UInt64(255 * (produced + 1))
    // All of the source but the block, of which a byte can be ahead of its output.
    info.in_place_margin = UInt64(source.count - produced)
    #expect(inspect(source).info == info)
    info.legacy_end = lz4boot_legacy_end_zeros.rawValue
    info.content_size = .max
    info.in_place_margin += 1
    #expect(inspect(source + [0]).info == info)
  }

  /// Every real kernel's size is too large for a block; zeros behind it end no second frame.
  @Test func countsAFrameOnceWhenZerosFollowALargeSize() {
    let block = [UInt8](repeating: 0xAA, count: 40_000)
    let size = UInt32(9 << 20)
    let frame = legacyFrame([block, block]) + littleEndian(size)
    let info = inspect(frame + [0, 0, 0]).info
    #expect(info.frame_count == 1)
    #expect(info.legacy_end == lz4boot_legacy_end_size.rawValue)
    #expect(info.content_size == UInt64(size))
    #expect(info.content_size_bound == inspect(frame).info.content_size_bound)
  }

  /// `01 00 00 00 00` at the end is an empty block, unless the frame produced one byte.
  @Test func boundCoversFramesThatEndWithAnEmptyBlock() {
    let source = legacyFrame([block(last: counted(40)), [0]])
    #expect(decodeEveryWay(source, capacity: 40).output == counted(40))
    let info = inspect(source).info
    #expect(info.content_size_bound >= 40)
    #expect(info.content_size == .max || info.content_size == 40)
    #expect(info.legacy_end == lz4boot_legacy_end_zeros.rawValue)
  }

  @Test func describesSkippableFramesOnly() {
    let info = inspect(skippableFrame([1]) + skippableFrame([])).info
    #expect(info.format == 3)
    #expect(info.skippable_count == 2)
    #expect(info.frame_count == 0)
    #expect(info.content_size_bound == 0)
  }

  @Test func tellsTheFirstFramesValuesAndSumsSizes() {
    let first = frame(FrameHeader(contentSize: 2), [.stored([1, 2])])
    let second = frame(
      FrameHeader(blockMaximumCode: 7, isIndependent: false, contentSize: 1), [.stored([3])])
    let info = inspect(skippableFrame([9]) + first + second).info
    #expect(info.format == 1)
    #expect(info.block_maximum == 65_536)
    #expect(info.independent_blocks == 1)
    #expect(info.content_size == 3)
    #expect(info.frame_count == 2)
    #expect(info.skippable_count == 1)
    #expect(info.block_count == 2)
    let unknown = inspect(first + frame(FrameHeader(), [])).info
    #expect(unknown.content_size == .max)
    #expect(unknown.has_content_size == 1)
  }

  @Test func tellsTheFirstFramesValuesAcrossFormats() {
    let header = FrameHeader(blockMaximumCode: 5, isIndependent: false, hasContentChecksum: true)
    let first = frame(header, [])
    let second = legacyFrame([block(last: [1])])
    // One block of 2 bytes, which stand for 510 at most and for 1 at least.
    var info = lz4boot_info()
    info.format = 1
    info.block_maximum = 256 << 10
    info.content_checksum = 1
    info.legacy_end = lz4boot_legacy_end_input.rawValue
    info.frame_count = 2
    info.block_count = 1
    info.content_size = .max
    info.content_size_bound = 510
    info.in_place_margin = UInt64(first.count + second.count - 1)
    #expect(inspect(first + second).info == info)
    info.format = 2
    info.block_maximum = 8 << 20
    info.independent_blocks = 1
    info.content_checksum = 0
    info.legacy_end = lz4boot_legacy_end_magic.rawValue
    #expect(inspect(second + first).info == info)
  }

  @Test func coversWhatLiesInFrontOfAnError() {
    let good = frame(FrameHeader(), [.stored([1, 2])])
    let inspection = inspect(good + [9, 9, 9, 9])
    #expect(inspection.outcome.status == .trailing_data)
    #expect(inspection.outcome.sourceOffset == good.count)
    #expect(inspection.info.frame_count == 1)
    #expect(inspection.info.block_count == 1)
    #expect(inspection.info.in_place_margin == 0)
  }

  @Test func refusesHeadersAsDecodingDoes() {
    let descriptors: [[UInt8]] = [[0x62, 0x40], [0x60, 0x41], [0x20, 0x40], [0x60, 0x30]]
    for descriptor in descriptors {
      let source = FrameHeader.bytes(descriptor: descriptor) + endMark
      #expect(inspect(source).outcome == ReferenceDecoder.decode(source, capacity: 8))
    }
    var wrong = frame(FrameHeader(contentSize: 0, dictionaryID: 7), [])
    #expect(inspect(wrong).outcome == ReferenceDecoder.decode(wrong, capacity: 8))
    wrong = frame(FrameHeader(), [])
    wrong[6] ^= 1
    #expect(inspect(wrong).outcome == ReferenceDecoder.decode(wrong, capacity: 8))
    wrong = FrameHeader().bytes + [1, 0, 1, 0]
    #expect(inspect(wrong).outcome == ReferenceDecoder.decode(wrong, capacity: 8))
    #expect(inspect([]).outcome == Outcome(status: .truncated_input))
    #expect(inspect([1, 2, 3, 4]).outcome == Outcome(status: .unknown_format))
  }

  @Test func doesNotLookIntoBlocks() {
    let header = FrameHeader(hasBlockChecksums: true, hasContentChecksum: true)
    var source = frame(header, [.compressed([0x20, 1, 2, 0, 0, 0x10, 3])])
    for index in 11..<22 { source[index] ^= 0xFF }
    source[source.count - 1] ^= 1
    #expect(inspect(source).outcome.status == .ok)
  }

  @Test func boundsAndCountsHoldForRandomSources() {
    for seed in 0..<200 as Range<UInt64> {
      let random = RandomSource(seed: 7000 + seed)
      let inspection = inspect(random.bytes)
      #expect(inspection.outcome.status == .ok, "seed \(seed)")
      #expect(inspection.outcome.sourceOffset == random.bytes.count, "seed \(seed)")
      #expect(inspection.info.content_size_bound >= random.output.count, "seed \(seed)")
      let size = inspection.info.content_size
      #expect(size == .max || size == random.output.count, "seed \(seed)")
    }
  }

  @Test func refusesEveryTruncationWithoutReadingOn() {
    let random = RandomSource(seed: 41)
    for count in 0..<min(random.bytes.count, 600) {
      let prefix = [UInt8](random.bytes[..<count])
      let decoded = ReferenceDecoder.decode(prefix, capacity: 1 << 17)
      let status = inspect(prefix).outcome.status
      #expect(status == decoded.status, "\(count) bytes")
    }
  }
}
