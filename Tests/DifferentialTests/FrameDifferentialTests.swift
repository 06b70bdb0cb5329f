import CLZ4Boot
import Testing

/// Frames that liblz4 wrote, with every combination of header flags.
@Suite struct FrameDifferentialTests {
  @Test(arguments: FrameChoice.all)
  func everyHeaderFlag(choice: FrameChoice) {
    let pieces = [
      Shape.text.bytes(70_000, seed: 1), Shape.mixed.bytes(5000, seed: 2),
      Shape.noise.bytes(66_000, seed: 3), Shape.machineCode.bytes(300, seed: 4),
      Shape.zeros.bytes(90_000, seed: 5), [9],
    ]
    let content = pieces.flatMap { $0 }
    let source = LibLZ4.compressFrame(pieces, choice, level: choice.isIndependent ? 9 : 1)
    let outcome = decodeEveryWay(source, capacity: content.count)
    #expect(outcome.status == .ok)
    #expect(outcome.format == Format.frame)
    #expect(outcome.sourceOffset == source.count)
    let isSame = outcome.output == content
    #expect(isSame)
    var info = lz4boot_info()
    let status = unsafe lz4boot_inspect(source, source.count, &info, nil)
    #expect(status == .ok)
    #expect(info.block_maximum == 1 << (8 + 2 * choice.blockSizeCode))
    #expect(info.independent_blocks == (choice.isIndependent ? 1 : 0))
    #expect(info.block_checksums == (choice.hasBlockChecksums ? 1 : 0))
    #expect(info.content_checksum == (choice.hasContentChecksum ? 1 : 0))
    #expect(info.content_size == (choice.hasContentSize ? UInt64(content.count) : .max))
    #expect(Int(info.block_count) == outcome.blockIndex)
    #expect(info.content_size_bound >= content.count)
  }

  @Test(arguments: [1, 9, 12])
  func everyShape(level: Int) {
    for shape in Shape.allCases {
      let content = shape.bytes(100_000, seed: 77)
      let choice = FrameChoice(
        blockSizeCode: 4, isIndependent: false, hasBlockChecksums: true, hasContentChecksum: true,
        hasContentSize: true)
      let source = LibLZ4.compressFrame([content], choice, level: level)
      let outcome = decodeEveryWay(source, capacity: content.count)
      #expect(outcome.status == .ok, "\(shape)")
      let isSame = outcome.output == content
      #expect(isSame, "\(shape)")
    }
  }

  @Test func tinyFrames() {
    for count in 0...64 {
      let choice = FrameChoice.all[count % 64]
      let content = randomBytes(count, seed: UInt64(count))
      let source = LibLZ4.compressFrame([content], choice)
      let outcome = decodeEveryWay(source, capacity: count)
      #expect(outcome.status == .ok, "\(count) bytes")
      #expect(outcome.output == content)
    }
  }
}
