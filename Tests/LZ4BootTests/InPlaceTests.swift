import CLZ4Boot
import Testing

/// Decoding over the own source: right bytes or `in_place_overrun`, never wrong bytes.
@Suite struct InPlaceTests {
  private struct Example {
    var source: [UInt8]
    var output: [UInt8]
    var margin: Int
  }

  private func example(_ source: [UInt8], _ output: [UInt8]) -> Example? {
    let inspection = inspect(source)
    // That inspecting refuses no valid source is tested elsewhere.
    guard inspection.outcome.status == .ok else { return nil }
    return Example(
      source: source, output: output, margin: Int(inspection.info.in_place_margin))
  }

  private var examples: [Example] {
    let noise = randomBytes(3000, seed: 8)
    let runs = block([Sequence([7], offset: 1, matchByteCount: 60_000)], last: counted(9))
    let runsOutput = [UInt8](repeating: 7, count: 60_001) + counted(9)
    var sources: [([UInt8], [UInt8])] = [
      (frame(FrameHeader(), [.stored(noise)]), noise),
      (frame(FrameHeader(), [.compressed(lastSequence(noise))]), noise),
      (legacyFrame([lastSequence(noise), runs]), noise + runsOutput),
      (legacyFrame([runs, lastSequence(noise)]), runsOutput + noise),
      (frame(FrameHeader(), [.compressed(runs), .stored(noise)]), runsOutput + noise),
      (frame(FrameHeader(), [.stored(noise), .compressed(runs)]), noise + runsOutput),
    ]
    // A size that may be the suffix: four bytes behind it are read before they are decoded.
    let ambiguous = block([Sequence([7], offset: 1, matchByteCount: 18)], last: counted(34))
    sources.append(
      (
        legacyFrame([lastSequence(counted(ambiguous.count)), ambiguous]),
        counted(ambiguous.count) + [UInt8](repeating: 7, count: 19) + counted(34)
      ))
    let random = (0..<60).map { RandomSource(seed: 900 + $0) }.filter { !$0.output.isEmpty }
    return (sources + random.map { ($0.bytes, $0.output) }).compactMap { example($0.0, $0.1) }
  }

  @Test func succeedsWithTheMarginThatInspectTells() throws {
    for (index, example) in examples.enumerated() {
      try #require(example.margin >= example.source.count - example.output.count)
      for more in [0, 1, 16, 5000] {
        let decode = InPlaceDecode(
          source: example.source, output: example.output, margin: example.margin + more)
        let expected = InPlaceResult(
          status: .ok, targetByteCount: example.output.count, isPrefixRight: true)
        for pushByteCount in [nil, 1, 7, 100] {
          let result = decode.run(pushByteCount: pushByteCount)
          #expect(result == expected, "example \(index), margin + \(more)")
        }
      }
    }
  }

  /// Sources of blocks with as little output as their sizes allow start where the target does: with
  /// one byte less they would lie in front of it.
  @Test func noLessMarginIsEnoughForAllSources() {
    var sources = (1...800).map { lean($0) }.map { (legacyFrame([$0.block]), $0.output) }
    sources += (0..<200).map { leanSource(seed: 40_000 + $0) }
    for (index, (source, output)) in sources.enumerated() {
      let margin = source.count - output.count
      #expect(inspect(source).info.in_place_margin == margin, "example \(index)")
      let result = InPlaceDecode(source: source, output: output, margin: margin).run()
      #expect(result.status == .ok && result.isPrefixRight, "example \(index): \(result)")
    }
  }

  /// Where a content size says that blocks are full, only the last one's lead is left.
  @Test(arguments: [false, true])
  func contentSizeTellsThatBlocksAreFull(isLegacy: Bool) {
    let blockMaximum = isLegacy ? legacyBlockByteCountMax : 65_536
    let full = block(
      [Sequence([7], offset: 1, matchByteCount: blockMaximum - 30_001)], last: counted(30_000))
    let last = block([Sequence([7], offset: 1, matchByteCount: 5000)], last: counted(1000))
    let output = [UInt8](repeating: 7, count: blockMaximum - 30_000) + counted(30_000)
    let content = output + output + [UInt8](repeating: 7, count: 5001) + counted(1000)
    let source =
      isLegacy
      ? legacyFrame([full, full, last]) + littleEndian(UInt32(content.count))
      : frame(
        FrameHeader(contentSize: UInt64(content.count)), [full, full, last].map { .compressed($0) })
    // The end mark or the size, and the last literals' token and length.
    let margin = 4 + lastSequence(counted(1000)).count - 1000
    #expect(inspect(source).info.in_place_margin == margin)
    let enough = InPlaceDecode(source: source, output: content, margin: margin).run()
    #expect(enough.status == .ok && enough.isPrefixRight)
    let less = InPlaceDecode(source: source, output: content, margin: margin - 1).run()
    #expect(less.status == .in_place_overrun && less.isPrefixRight)
  }

  /// A compressed block of so many bytes with the least output. It is literals only, but where the
  /// length would take one byte more.
  private func lean(_ byteCount: Int) -> (block: [UInt8], output: [UInt8]) {
    for count in max(0, byteCount - 2 - byteCount / 250)..<byteCount {
      let block = lastSequence(counted(count))
      if block.count == byteCount { return (block, counted(count)) }
    }
    let sequence = Sequence(counted(byteCount == 16 ? 1 : 15), offset: 1, matchByteCount: 4)
    let rest = lean(byteCount - sequence.bytes.count)
    let match = [UInt8](repeating: sequence.literals.last!, count: 4)
    return (sequence.bytes + rest.block, sequence.literals + match + rest.output)
  }

  private func leanSource(seed: UInt64) -> ([UInt8], [UInt8]) {
    var generator = SplitMix64(seed: seed)
    var (source, output): ([UInt8], [UInt8]) = ([], [])
    for _ in 0...generator.below(4) {
      var content: [UInt8] = []
      let blocks = (0..<generator.below(5)).map { _ in
        let isStored = generator.below(3) == 0
        let byteCount = 1 + generator.below(generator.below(4) == 0 ? 5000 : 40)
        let (block, output) =
          isStored ? (counted(byteCount), counted(byteCount)) : lean(byteCount)
        content += output
        return FrameBlock(bytes: block, isStored: isStored)
      }
      var header = FrameHeader()
      header.isIndependent = generator.below(2) == 0
      header.hasBlockChecksums = generator.below(2) == 0
      header.hasContentChecksum = generator.below(2) == 0
      if generator.below(2) == 0 { header.contentSize = UInt64(content.count) }
      if generator.below(3) == 0 { source += skippableFrame(counted(generator.below(300))) }
      if generator.below(3) > 0 || blocks.contains(where: \.isStored) {
        source += frame(header, blocks, content: content)
      } else {
        source += legacyFrame(blocks.map(\.bytes))
        if !content.isEmpty { source += littleEndian(UInt32(content.count)) }
      }
      output += content
    }
    return (source, output)
  }

  /// With too little room the decode may still get through; if so, with the right bytes.
  @Test func neverGivesWrongBytesWithLessMargin() {
    for (index, example) in examples.enumerated() {
      let isSmall = example.output.count < 200
      let floor = max(example.source.count - example.output.count, -example.output.count)
      var margins = [0, 1, 8, 12, 16, 32].map { example.margin - $0 } + [floor, 0, -1, -20, -300]
      if isSmall { margins += [Int](-example.output.count...example.margin) }
      margins = Set(margins).filter { $0 >= floor && $0 <= example.margin }.sorted()
      for margin in margins {
        let decode = InPlaceDecode(
          source: example.source, output: example.output, margin: margin)
        let whole = decode.run()
        #expect(whole.isPrefixRight, "example \(index), margin \(margin)")
        #expect(
          whole.status == .ok || whole.status == .in_place_overrun,
          "example \(index), margin \(margin): \(whole)")
        if whole.status == .ok { #expect(whole.targetByteCount == example.output.count) }
        for pushByteCount in [1, 7] {
          let pushed = decode.run(pushByteCount: pushByteCount)
          #expect(pushed == whole, "example \(index), margin \(margin), \(pushByteCount)")
        }
      }
    }
  }

  /// Damage, with room enough and too little: the bytes that are vouched for are those of a decode
  /// elsewhere.
  @Test func damagedSourcesGiveNoWrongBytes() {
    for seed in 30_000..<30_400 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      let random = RandomSource(seed: seed, frameCountMax: 2)
      var source = random.bytes
      for _ in 0...generator.below(3) {
        source[generator.below(source.count)] = UInt8(generator.below(256))
      }
      let capacity = random.output.count + generator.below(200)
      let start = generator.below(capacity + 1)
      let end = start + source.count
      let elsewhere = ReferenceDecoder.decode(source, capacity: max(capacity, end))
      let decode = InPlaceDecode(
        source: source, output: elsewhere.output, margin: end - elsewhere.output.count)
      let whole = decode.run()
      #expect(whole.isPrefixRight, "seed \(seed)")
      let isComplete =
        whole.status == elsewhere.status && whole.targetByteCount == elsewhere.output.count
      #expect(
        isComplete || whole.status == .in_place_overrun,
        "seed \(seed): \(whole), elsewhere \(elsewhere)")
      #expect(decode.run(pushByteCount: 1) == whole, "seed \(seed)")
      #expect(decode.run(pushByteCount: 13) == whole, "seed \(seed)")
    }
  }

  /// Runs that expand a lot overtake their own source when it lies at the start.
  @Test func reportsOverrunWithoutMargin() {
    let runs = block([Sequence([7], offset: 1, matchByteCount: 60_000)], last: counted(300))
    let output = [UInt8](repeating: 7, count: 60_001) + counted(300)
    let source = frame(FrameHeader(), [.compressed(runs)])
    let decode = InPlaceDecode(
      source: source, output: output, margin: source.count - output.count)
    let result = decode.run()
    #expect(result.status == .in_place_overrun)
    #expect(result.isPrefixRight)
    #expect(decode.run(pushByteCount: 1) == result)
  }

  /// Bytes that were looked at, as a size might have ended the frame, turn out to be a block's when
  /// the next chunk comes, which lies where the output goes on.
  @Test(arguments: [
    // The block has no literals, and the other bytes are the next size.
    (block([], last: [7]), [0, 0, 0], [1, 0], lz4boot_status.need_input, 19, 1),
    // Two of its five literals are at hand.
    (block([], last: counted(6)), [0x50, 0x2A, 0x4D], [0x99, 8, 9], .in_place_overrun, 20, 6),
  ])
  func looksBehindASizeAndGoesOnElsewhere(
    first: [UInt8], lookedAt: [UInt8], next: [UInt8], status: lz4boot_status, offset: Int,
    output: Int
  ) {
    let size = [UInt8(output), 0, 0, 0]
    let start = legacyFrame([first]) + size + lookedAt
    var target = [UInt8](repeating: 0xEE, count: 2000)
    target.replaceSubrange(1000..<1000 + start.count, with: start)
    target.replaceSubrange(output..<output + next.count, with: next)
    var report = lz4boot_report()
    unsafe target.withUnsafeMutableBytes { bytes in
      var stream = lz4boot_stream()
      let base = bytes.baseAddress!
      unsafe lz4boot_stream_start(&stream, base, bytes.count, Flag.inPlace)
      let looked = unsafe lz4boot_stream_push(&stream, base + 1000, start.count, &report)
      #expect(looked == .ok || looked == .need_input)
      _ = unsafe lz4boot_stream_push(&stream, base + output, next.count, &report)
    }
    #expect(report.status == status.rawValue)
    #expect(report.source_offset == offset)
    #expect(report.target_byte_count == output)
    let content = ReferenceDecoder.decodeBlock(first, capacity: 10).output
    #expect([UInt8](target[..<output]) == content)
  }

  /// The flag is a permission, not a duty.
  @Test func takesSourceElsewhereToo() {
    let source = frame(FrameHeader(), [.stored(counted(50))])
    let outcome = decodeEveryWay(source, capacity: 60, flags: Flag.inPlace)
    #expect(outcome.status == .ok)
    #expect(outcome.output == counted(50))
  }

  @Test func keepsOtherErrors() {
    let bad = frame(FrameHeader(), [.compressed([0x20, 1, 2, 0, 0, 0x10, 3])])
    let decode = InPlaceDecode(source: bad, output: [1, 2], margin: 200)
    #expect(
      decode.run()
        == InPlaceResult(status: .offset_zero, targetByteCount: 2, isPrefixRight: true))
  }

  @Test func refusesAChunkThatOutputHasOverwritten() {
    let source = frame(FrameHeader(), [.stored([1, 2, 3, 4]), .stored([5])])
    // Up to the end of the first block.
    let first = 7 + 4 + 4
    var target = [UInt8](repeating: 0, count: 64)
    unsafe target.withUnsafeMutableBytes { target in
      var stream = lz4boot_stream()
      var report = lz4boot_report()
      unsafe lz4boot_stream_start(&stream, target.baseAddress, target.count, Flag.inPlace)
      #expect(unsafe lz4boot_stream_push(&stream, source, first, &report) == .need_input)
      let rest = 3..<3 + source.count - first
      let chunk = unsafe UnsafeMutableRawBufferPointer(rebasing: target[rest])
      unsafe chunk.copyBytes(from: source[first...])
      let pushed = unsafe lz4boot_stream_push(&stream, chunk.baseAddress, chunk.count, &report)
      #expect(pushed == .in_place_overrun)
      let expected = Outcome(
        status: .in_place_overrun, format: Format.frame, sourceOffset: first, blockIndex: 1,
        output: [1, 2, 3])
      // The fourth byte is the chunk's.
      #expect(unsafe Outcome(report, output: [UInt8](target.prefix(3))) == expected)
      #expect(report.target_byte_count == 4)
    }
  }
}
