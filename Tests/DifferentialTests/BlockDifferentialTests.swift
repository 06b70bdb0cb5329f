import CLZ4Boot
import Testing

/// Raw blocks that liblz4 wrote.
@Suite struct BlockDifferentialTests {
  private static let levels = [1, 9, 12]

  private func expectRoundTrip(
    _ content: [UInt8], _ label: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bench = DecodeBench(
      sourceByteCountMax: content.count + 8192, capacityMax: content.count + 64)
    for level in Self.levels {
      let block = LibLZ4.compressBlock(content, level: level)
      for slack in [0, 1, 33] {
        let outcome = decodeBlockBothWays(block, capacity: content.count + slack, on: bench)
        #expect(outcome.status == .ok, "\(label), level \(level)", sourceLocation: sourceLocation)
        let isSame = outcome.output == content
        #expect(isSame, "\(label), level \(level)", sourceLocation: sourceLocation)
      }
      guard !content.isEmpty else { continue }
      let short = decodeBlockBothWays(block, capacity: content.count - 1, on: bench)
      #expect(short.status == .target_full, "\(label)", sourceLocation: sourceLocation)
      let isPrefix = short.output.elementsEqual(content.dropLast())
      #expect(isPrefix, "\(label)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: Shape.allCases)
  func everyShape(shape: Shape) {
    for count in [100, 4096, 65_535, 65_536, 65_537, 150_000] {
      expectRoundTrip(shape.bytes(count, seed: UInt64(count)), "\(shape), \(count) bytes")
    }
  }

  @Test func runsOfEveryOffset() {
    for period in 1...64 {
      expectRoundTrip(periodic(1500 + period, period: period), "period \(period)")
    }
  }

  @Test func tinyContents() {
    for count in 0...64 {
      expectRoundTrip([UInt8](repeating: 7, count: count), "\(count) equal bytes")
      expectRoundTrip(randomBytes(count, seed: UInt64(count)), "\(count) random bytes")
      expectRoundTrip(Shape.text.bytes(count, seed: 3), "\(count) bytes of text")
    }
  }
}
