import CLZ4Boot
import Testing

/// Every status that an LZ4 frame can provoke, with its whole report.
/// The plain header has 7 bytes: the first size word is at 7, the first block at 11.
@Suite struct FrameErrorTests {
  private func inFrame(
    _ status: lz4boot_status, at offset: Int, block: Int = 0, expected: UInt64 = 0,
    actual: UInt64 = 0, _ output: [UInt8] = []
  ) -> Outcome {
    Outcome(
      status: status, format: Format.frame, sourceOffset: offset, blockIndex: block,
      expected: expected, actual: actual, output: output)
  }

  @Test func rejectsEmptyInputAsTruncated() {
    expectDecode([], capacity: 8, is: Outcome(status: .truncated_input))
  }

  @Test func rejectsUnknownMagic() {
    for magic in [0x0403_0201, 0x194D_2204, 0, 0x184D_2A60, 0x184C_2103] as [UInt32] {
      let source = littleEndian(magic) + [9, 9]
      expectDecode(source, capacity: 8, is: Outcome(status: .unknown_format))
    }
  }

  @Test func rejectsReservedBitOfFLG() {
    let source = FrameHeader.bytes(descriptor: [0x62, 0x40]) + endMark
    expectDecode(source, capacity: 8, is: inFrame(.reserved_bit_set, at: 4))
  }

  /// The byte at fault is enough, whatever is missing behind it.
  @Test func judgesFLGAndBDWithoutTheRest() {
    let magic = FrameHeader.magic
    expectDecode(magic + [0x62], capacity: 8, is: inFrame(.reserved_bit_set, at: 4))
    expectDecode(magic + [0xA0], capacity: 8, is: inFrame(.unsupported_version, at: 4))
    expectDecode(magic + [0x60, 0x41], capacity: 8, is: inFrame(.reserved_bit_set, at: 5))
    expectDecode(magic + [0x60, 0x30], capacity: 8, is: inFrame(.block_size_invalid, at: 5))
  }

  @Test(arguments: [0x41, 0x42, 0x44, 0x48, 0xC0] as [UInt8])
  func rejectsReservedBitsOfBD(bd: UInt8) {
    let source = FrameHeader.bytes(descriptor: [0x60, bd]) + endMark
    expectDecode(source, capacity: 8, is: inFrame(.reserved_bit_set, at: 5))
  }

  @Test(arguments: [0x20, 0xA0, 0xE0] as [UInt8])
  func rejectsOtherVersions(flg: UInt8) {
    let source = FrameHeader.bytes(descriptor: [flg, 0x40]) + endMark
    expectDecode(source, capacity: 8, is: inFrame(.unsupported_version, at: 4))
  }

  @Test(arguments: [0, 1, 2, 3] as [UInt8])
  func rejectsSmallBlockMaximumCodes(code: UInt8) {
    let source = FrameHeader.bytes(descriptor: [0x60, code << 4]) + endMark
    expectDecode(source, capacity: 8, is: inFrame(.block_size_invalid, at: 5))
  }

  @Test func rejectsWrongHeaderChecksum() {
    var source = frame(FrameHeader(), [])
    let right = source[6]
    source[6] ^= 0x40
    expectDecode(
      source, capacity: 8,
      is: inFrame(
        .header_checksum_mismatch, at: 6, expected: UInt64(source[6]), actual: UInt64(right)))
  }

  @Test func headerChecksumCoversContentSize() {
    var source = frame(FrameHeader(contentSize: 0), [])
    let right = source[14]
    source[9] = 1
    let actual = naiveXXH32([UInt8](source[4..<14])) >> 8 & 0xFF
    expectDecode(
      source, capacity: 8,
      is: inFrame(
        .header_checksum_mismatch, at: 14, expected: UInt64(right), actual: UInt64(actual)))
  }

  @Test func rejectsDictionary() {
    let plain = frame(FrameHeader(dictionaryID: 0x1234), [])
    expectDecode(plain, capacity: 8, is: inFrame(.dictionary_required, at: 6))
    let sized = frame(FrameHeader(contentSize: 0, dictionaryID: 0), [])
    expectDecode(sized, capacity: 8, is: inFrame(.dictionary_required, at: 14))
  }

  /// A damaged header need not mean what it says of a dictionary.
  @Test func tellsWrongHeaderChecksumBeforeDictionary() {
    var source = frame(FrameHeader(dictionaryID: 0x1234), [])
    let right = source[10]
    source[10] ^= 1
    expectDecode(
      source, capacity: 8,
      is: inFrame(
        .header_checksum_mismatch, at: 10, expected: UInt64(right ^ 1), actual: UInt64(right)))
  }

  @Test func rejectsBlockStoredInTooManyBytes() {
    for sizeWord in [0x0001_0001, 0x8001_0001, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32] {
      let source =
        FrameHeader().bytes + frameBlock(.stored([1])) + littleEndian(sizeWord) + counted(64)
      expectDecode(source, capacity: 8, is: inFrame(.block_too_large, at: 12, block: 1, [1]))
    }
  }

  @Test func rejectsLiteralsBeyondTheBlockMaximum() {
    let full = [UInt8](repeating: 3, count: 65_536)
    let bytes = block([Sequence([3], offset: 1, matchByteCount: 65_535)], last: [1, 2])
    let source = frame(FrameHeader(), [.compressed(bytes)])
    let offset = 11 + bytes.count - 2
    expectDecode(source, capacity: 70_000, is: inFrame(.block_too_large, at: offset, full))
  }

  @Test func rejectsMatchBeyondTheBlockMaximum() {
    let full = [UInt8](repeating: 3, count: 65_536)
    let bytes = block([Sequence([3], offset: 1, matchByteCount: 65_536)], last: [])
    let source = frame(FrameHeader(), [.compressed(bytes)])
    expectDecode(source, capacity: 70_000, is: inFrame(.block_too_large, at: 13, full))
  }

  @Test func rejectsWrongBlockChecksum() {
    let header = FrameHeader(hasBlockChecksums: true)
    let bytes = block(last: [5, 6])
    var source = frame(header, [.stored([9]), .compressed(bytes)])
    // 7 header, 4 + 1 + 4 first block, 4 size word, 3 block.
    let right = naiveXXH32(bytes)
    source[23] ^= 1
    expectDecode(
      source, capacity: 8,
      is: inFrame(
        .block_checksum_mismatch, at: 23, block: 1, expected: UInt64(right ^ 1),
        actual: UInt64(right), [9, 5, 6]))
  }

  @Test func blockChecksumCoversStoredBytesOfStoredBlocks() {
    var source = frame(FrameHeader(hasBlockChecksums: true), [.stored([9, 8])])
    source[11] = 7
    expectDecode(
      source, capacity: 8,
      is: inFrame(
        .block_checksum_mismatch, at: 13, expected: UInt64(naiveXXH32([9, 8])),
        actual: UInt64(naiveXXH32([7, 8])), [7, 8]))
  }

  @Test func rejectsWrongContentChecksum() {
    let header = FrameHeader(hasContentChecksum: true)
    let source = frame(header, [.stored([9, 8])], content: [9, 9])
    expectDecode(
      source, capacity: 8,
      is: inFrame(
        .content_checksum_mismatch, at: 17, block: 1, expected: UInt64(naiveXXH32([9, 9])),
        actual: UInt64(naiveXXH32([9, 8])), [9, 8]))
  }

  @Test(arguments: [0, 1, 3, 1 << 40] as [UInt64])
  func rejectsWrongContentSize(size: UInt64) {
    let source = frame(FrameHeader(contentSize: size), [.stored([9, 8])])
    let outcome = decodeEveryWay(source, capacity: 8)
    #expect(outcome.status == .content_size_mismatch)
    #expect(outcome.sourceOffset == 6)
    #expect(outcome.expected == size)
    #expect(outcome.actual == 2)
    #expect([9, 8].starts(with: outcome.output))
  }

  /// The end mark settles the size; the checksum comes behind it.
  @Test func tellsWrongContentSizeBeforeWrongContentChecksum() {
    let header = FrameHeader(hasContentChecksum: true, contentSize: 3)
    let source = frame(header, [.stored([9, 8])], content: [7])
    let outcome = inFrame(
      .content_size_mismatch, at: 6, block: 1, expected: 3, actual: 2, [9, 8])
    expectDecode(source, capacity: 8, is: outcome)
    expectDecode([UInt8](source.dropLast(4)), capacity: 8, is: outcome)
  }

  @Test func rejectsBadBlocksInsideFrames() {
    let first = FrameBlock.stored([9])
    func source(_ bytes: [UInt8]) -> [UInt8] { frame(FrameHeader(), [first, .compressed(bytes)]) }
    // The second block starts at 7 + 4 + 1 + 4 = 16.
    expectDecode(
      source([0x20, 1, 2, 0, 0, 0x10, 3]), capacity: 64,
      is: inFrame(.offset_zero, at: 19, block: 1, [9, 1, 2]))
    expectDecode(
      source([0x20, 1, 2, 3, 0, 0x10, 3]), capacity: 64,
      is: inFrame(.offset_out_of_range, at: 19, block: 1, [9, 1, 2]))
    expectDecode(
      source([0x30, 1, 2]), capacity: 64, is: inFrame(.literals_overrun, at: 17, block: 1, [9]))
    expectDecode(
      source([0x10, 1, 1, 0]), capacity: 64,
      is: inFrame(.truncated_input, at: 20, block: 1, [9, 1, 1, 1, 1, 1]))
    expectDecode(
      source([0x10, 1, 1]), capacity: 64,
      is: inFrame(.truncated_input, at: 19, block: 1, [9, 1]))
  }

  @Test func reportsStoredBlockThatDoesNotFit() {
    let source = frame(FrameHeader(), [.stored([1, 2]), .stored([3, 4, 5])])
    let outcome = decodeEveryWay(source, capacity: 4)
    #expect(outcome == inFrame(.target_full, at: 17, block: 1, [1, 2, 3, 4]))
  }

  @Test func reportsTargetFullAtEveryCapacity() {
    let bytes = block([Sequence([1, 2, 3], offset: 3, matchByteCount: 9)], last: [4, 5])
    let source = frame(FrameHeader(), [.compressed(bytes)])
    let output: [UInt8] = [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5]
    for capacity in 0..<output.count {
      let offset = capacity < 3 ? 12 : capacity < 12 ? 15 : 18
      expectDecode(
        source, capacity: capacity,
        is: inFrame(.target_full, at: offset, [UInt8](output[..<capacity])))
    }
    #expect(decodeEveryWay(source, capacity: output.count).status == .ok)
  }

  @Test func rejectsTrailingData() {
    let good = frame(FrameHeader(), [.stored([1])])
    for tail in [[9, 9, 9, 9], [9], [0], [0, 0, 0, 0, 0], [4, 0x22, 0x4D, 0x19]] as [[UInt8]] {
      let outcome = decodeEveryWay(good + tail, capacity: 8)
      #expect(outcome.status == .trailing_data, "\(tail)")
      #expect(outcome.sourceOffset == good.count, "\(tail)")
      #expect(outcome.output == [1])
    }
  }
}
