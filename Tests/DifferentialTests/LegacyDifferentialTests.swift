import CLZ4Boot
import Testing

/// Legacy frames as the kernel's build writes them: blocks of 8 MiB, compressed hard.
@Suite struct LegacyDifferentialTests {
  private func write(_ content: [UInt8], level: Int) -> [UInt8] {
    var source = legacyMagic
    for start in stride(from: 0, to: content.count, by: legacyBlockByteCountMax) {
      let end = min(content.count, start + legacyBlockByteCountMax)
      let block = LibLZ4.compressBlock([UInt8](content[start..<end]), level: level)
      source += littleEndian(UInt32(block.count)) + block
    }
    return source
  }

  @Test func moreThanOneBlock() {
    let part = Shape.machineCode.bytes(300_000, seed: 6) + Shape.text.bytes(200_000, seed: 7)
    let content = [[UInt8]](repeating: part, count: 19).flatMap { $0 }
    #expect(content.count > legacyBlockByteCountMax)
    let source = write(content, level: 9)
    let suffix = littleEndian(UInt32(content.count))
    for tail in [[], suffix, suffix + [0, 0, 0], [0, 0, 0, 0, 0]] as [[UInt8]] {
      let outcome = decodeEveryWay(source + tail, capacity: content.count)
      #expect(outcome.status == .ok)
      #expect(outcome.blockIndex == 2)
      #expect(outcome.sourceOffset == source.count + tail.count)
      let isSame = outcome.output == content
      #expect(isSame)
    }
  }

  @Test(arguments: [1, 9, 12])
  func everyShape(level: Int) {
    for shape in Shape.allCases {
      let content = shape.bytes(60_000, seed: 8)
      let outcome = decodeEveryWay(write(content, level: level), capacity: content.count)
      #expect(outcome.status == .ok, "\(shape)")
      let isSame = outcome.output == content
      #expect(isSame, "\(shape)")
    }
  }
}
