extension Seeds {
  private static let text = [UInt8](
    "A boot loader loads a boot loader that loads a kernel, and the kernel loads the rest.".utf8)
  private static let run = block(
    [Sequence([7], offset: 1, matchByteCount: 65_536 - 12)], last: counted(11))
  /// A block that decodes to as much as a block may.
  static var fullRun: FrameBlock { .compressed(run) }

  static var blocks: [[UInt8]] {
    let content = [[UInt8]](repeating: text, count: 3).flatMap { $0 }
    return [
      [0], block(last: counted(20)), LibLZ4.compressBlock(content, level: 1),
      LibLZ4.compressBlock(content + counted(300) + content, level: 12), run,
      block(
        [1, 2, 3, 4, 7, 8, 15, 16, 31, 33].map {
          Sequence(counted($0), offset: $0, matchByteCount: 3 * $0 + 4)
        }, last: counted(40)),
      block([Sequence(counted(280), offset: 270, matchByteCount: 600)], last: counted(300)),
      // The rounds of the fast loop, and what stops them.
      block(
        (1..<40).map { Sequence(counted($0 % 15), offset: 8, matchByteCount: 4 + $0) }, last: []),
      block([Sequence([1], offset: 0, matchByteCount: 20)], last: counted(60)),
      block([Sequence([1], offset: 2, matchByteCount: 20)], last: counted(60)),
      [0xF0, 255, 255, 255], [0x1F, 1, 1, 0, 255, 255],
    ]
  }

  static var sources: [[UInt8]] {
    let header = FrameHeader(hasBlockChecksums: true, hasContentChecksum: true)
    let linked = FrameHeader(blockMaximumCode: 7, isIndependent: false, contentSize: 0)
    let empty = frame(FrameHeader(), [])
    let legacy = legacyFrame([block(last: counted(20)), run])
    let size = littleEndian(UInt32(20 + 65_536))
    var list = [
      empty, frame(header, [.stored(text), .compressed(blocks[3]), .compressed([0])]),
      frame(linked, [.stored(counted(50)), .compressed(blocks[5]), .stored([])]),
      frame(FrameHeader(contentSize: 9, dictionaryID: 1), []), legacy,
      legacy + size, legacy + size + [0, 0, 0], legacy + size + empty, legacy + [0, 0, 0, 0, 0],
      legacy + [0, 0, 0, 0, 1], legacy + empty, legacyFrame([block(last: [1])]) + [1, 0, 0, 0, 0],
      legacyFrame([block(last: counted(5))]) + [5, 0, 0, 0, 4, 0x22, 0x4D],
      legacyFrame([block(last: counted(6))]) + littleEndian(UInt32(6)) + block(last: counted(5)),
      large, large + [0, 0, 0], large + empty, legacy + [0, 0],
      // As long as its size is at hand, such a block is.
      legacyFrame([block(last: [1])]) + [1, 0, 0, 0, 0, 2, 0, 0, 0, 0x10, 9],
      // A size that is a block's after all, told when one, two or more of its bytes are there.
      legacyFrame([block(last: [1, 2])]) + littleEndian(UInt32(2)) + [0x10, 9],
      legacyFrame([block(last: [1, 2, 3])]) + littleEndian(UInt32(3)) + [0, 9, 9],
      // A size that may be the suffix, and behind it an offset of 0 in the bytes that are looked at.
      legacyFrame([block(last: counted(6))]) + littleEndian(UInt32(6)) + [0, 0, 0, 0, 1, 2],
      legacyFrame([block([Sequence([7], offset: 1, matchByteCount: 65_533)], last: [])])
        + littleEndian(UInt32(65_534)) + lastSequence(counted(20)),
      frame(
        FrameHeader(),
        [.compressed(block([Sequence([1], offset: 1, matchByteCount: 4)], last: counted(11)))]),
      legacy + littleEndian(UInt32(8_421_521)), skippableFrame(text) + empty + skippableFrame([]),
      empty + [9, 9], skippableFrame([1], kind: 15), frame(header, [fullRun, fullRun, fullRun]),
      frame(
        FrameHeader(),
        [.compressed(block([Sequence([7], offset: 1, matchByteCount: 65_540)], last: []))]),
      FrameHeader.bytes(descriptor: [0x62, 0x40]), FrameHeader.bytes(descriptor: [0x20, 0x40]),
      FrameHeader.bytes(descriptor: [0x60, 0x41]), FrameHeader.bytes(descriptor: [0x60, 0x30]),
      FrameHeader().bytes + littleEndian(UInt32(65_537)),
      // Data that is taken in pieces.
      frame(header, [.stored(randomBytes(33_000, seed: 1))]),
      frame(header, [.compressed(block(last: randomBytes(33_000, seed: 2)))]),
    ]
    list += (1..<9).map { RandomSource(seed: $0, frameCountMax: 2).bytes }
    for flags in 0..<8 {
      let choice = FrameChoice(
        blockSizeCode: 4, isIndependent: flags & 1 != 0, hasBlockChecksums: flags & 2 != 0,
        hasContentChecksum: flags & 4 != 0, hasContentSize: true)
      list.append(LibLZ4.compressFrame([text, text + text, [1]], choice))
    }
    return list
  }

  /// Two blocks whose output is more than a block's may be stored in, and its size.
  private static var large: [UInt8] {
    let block = block([Sequence([7], offset: 1, matchByteCount: 4_300_000)], last: [1])
    return legacyFrame([block, block]) + littleEndian(UInt32(8_600_004))
  }

  /// A block that starts like a skippable frame, behind a word that may be the size of what is in
  /// front of it. Without decoding it is taken for that, of which less output comes.
  static var sizeThatIsABlocks: [UInt8] {
    let first = block([Sequence([7], offset: 1, matchByteCount: 40_000)], last: [1])
    let literals: [UInt8] = [0x2A, 0x4D, 0x18, 0, 0]
    var second = block([Sequence(literals, offset: 1, matchByteCount: 98_200)], last: counted(4))
    second[0] |= 0x50
    return legacyFrame([first, second]) + [UInt8](repeating: 0, count: 65_536 + 8 - second.count)
  }

  /// What repairs would put right, or would not leave as short.
  static var damaged: [[UInt8]] {
    let size = FrameHeader(contentSize: .max - 1)
    let whole = sources[1]
    return [
      frame(size, []) + frame(size, []), [UInt8](whole.dropLast()), [UInt8](whole.dropLast(3)),
      [UInt8](whole.prefix(60)), [UInt8](whole.prefix(9)),
      FrameHeader(contentSize: 3).bytes + endMark,
      whole.map { $0 == 7 ? 6 : $0 },
      // Cut off, and so is the last sequence of its last block.
      FrameHeader().bytes + littleEndian(UInt32(2)) + [0x00, 0x01],
    ]
  }

  static var teamSources: [[UInt8]] {
    let header = FrameHeader(hasContentChecksum: true)
    let checked = FrameHeader(hasBlockChecksums: true, hasContentChecksum: true)
    let short = FrameBlock.compressed(blocks[3])
    let slow = FrameBlock.compressed(
      block(
        [Sequence(randomBytes(2000, seed: 3), offset: 9, matchByteCount: 65_536 - 2003)],
        last: [1, 2, 3]))
    let various = [
      frame(header, [FrameBlock](repeating: fullRun, count: 20) + [slow, fullRun, short]),
      frame(checked, [fullRun, short, fullRun, fullRun]), frame(checked, [slow, slow, slow, slow]),
      frame(checked, [FrameBlock](repeating: fullRun, count: 12)),
      frame(FrameHeader(isIndependent: false), [fullRun, fullRun, short]),
      frame(FrameHeader(), [fullRun, .compressed([0x10]), fullRun]),
      [UInt8](frame(checked, [fullRun, fullRun, fullRun]).dropLast(200)), large,
    ]
    // Each with every choice.
    return various.flatMap { [[UInt8]](repeating: $0, count: 7) }
  }

  static var contents: [[UInt8]] {
    let noise = randomBytes(700, seed: 4)
    let all = [[], [1], text, noise, noise + text + noise, [UInt8](repeating: 0, count: 300)]
    // Each with every choice.
    return all.flatMap { [[UInt8]](repeating: $0, count: 7) }
  }

  /// Every call with some of its variants.
  static var calls: [[UInt8]] {
    // In place: some output, and then a source on which that lies.
    let overwritten = [0xA0, 0xF1, 0xF1, 0x51] + [UInt8](repeating: 0x0F, count: 20)
    return [overwritten + frame(FrameHeader(), [.stored(text)])]
      + (0..<16).map { variant in
        let source = RandomSource(seed: UInt64(variant), frameCountMax: 1).bytes
        let push = [UInt8](repeating: 0xF1, count: 6)
        return [
          [UInt8(variant << 4 | 4), UInt8(variant << 4 | 7), 0x90], push,
          (0..<12).map { UInt8(variant << 4 | $0) }, [0x24, 0xF5, 0x37],
        ].flatMap { $0 } + source.prefix(300)
      }
  }
}
