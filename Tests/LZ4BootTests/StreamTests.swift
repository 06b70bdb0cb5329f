import CLZ4Boot
import Testing

/// What a push says about the input so far, at every byte.
@Suite struct StreamTests {
  private let sources: [[UInt8]] = [
    frame(FrameHeader(), [.stored([1, 2, 3])]),
    frame(
      FrameHeader(
        isIndependent: false, hasBlockChecksums: true, hasContentChecksum: true, contentSize: 9),
      [.compressed(block([Sequence([1, 2], offset: 2, matchByteCount: 6)], last: [3]))],
      content: [1, 2, 1, 2, 1, 2, 1, 2, 3]),
    frame(FrameHeader(), []) + skippableFrame([1, 2, 3]) + legacyFrame([block(last: [4])]),
    legacyFrame([block(last: [1, 2, 3, 4]), [0]]) + [4, 0, 0, 0] + frame(FrameHeader(), []),
    legacyFrame([block(last: [1, 2, 3, 4])]) + [4, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    legacyFrame([block(last: counted(300))]) + endMark,
  ]

  /// A push says ok exactly where a source that ends there decodes, and need_input where not.
  @Test func everyPrefixGetsTheVerdictOfASourceThatEndsThere() {
    for source in sources {
      var stream = lz4boot_stream()
      var target = [UInt8](repeating: 0, count: 512)
      unsafe target.withUnsafeMutableBytes { target in
        unsafe lz4boot_stream_start(&stream, target.baseAddress, target.count, 0)
        for count in 1...source.count {
          var report = lz4boot_report()
          var byte = source[count - 1]
          let pushed = unsafe lz4boot_stream_push(&stream, &byte, 1, &report)
          let prefix = [UInt8](source[..<count])
          let whole = decodeEveryWay(prefix, capacity: 512)
          #expect(whole == ReferenceDecoder.decode(prefix, capacity: 512))
          let expected: lz4boot_status = whole.status == .ok ? .ok : .need_input
          #expect(pushed == expected, "behind \(count) bytes of \(source)")
          #expect(report.source_offset == count)
          #expect(Int(report.target_byte_count) == whole.output.count)
          #expect(unsafe target.prefix(whole.output.count).elementsEqual(whole.output))
        }
      }
    }
  }

  @Test func finishRepeatsAndTellsTruncation() {
    let source = sources[0]
    var stream = lz4boot_stream()
    var target = [UInt8](repeating: 0, count: 8)
    unsafe target.withUnsafeMutableBytes { target in
      unsafe lz4boot_stream_start(&stream, target.baseAddress, target.count, 0)
      let half = source.count / 2
      #expect(unsafe lz4boot_stream_push(&stream, source, half, nil) == .need_input)
      for _ in 0..<3 {
        var report = lz4boot_report()
        #expect(unsafe lz4boot_stream_finish(&stream, &report) == .truncated_input)
        #expect(report.source_offset == half)
      }
    }
  }

  @Test func errorsAreRepeatedByEveryLaterCall() {
    let bad = FrameHeader().bytes + [1, 0, 1, 0] + counted(20)
    var stream = lz4boot_stream()
    var target = [UInt8](repeating: 0, count: 8)
    unsafe target.withUnsafeMutableBytes { target in
      unsafe lz4boot_stream_start(&stream, target.baseAddress, target.count, 0)
      for _ in 0..<3 {
        var report = lz4boot_report()
        #expect(unsafe lz4boot_stream_push(&stream, bad, bad.count, &report) == .block_too_large)
        #expect(report.source_offset == 7)
      }
      #expect(unsafe lz4boot_stream_finish(&stream, nil) == .block_too_large)
      // A new start forgets it.
      unsafe lz4boot_stream_start(&stream, target.baseAddress, target.count, 0)
      let good = sources[0]
      #expect(unsafe lz4boot_stream_push(&stream, good, good.count, nil) == .ok)
    }
  }

  @Test func finishWithoutInputIsTruncated() {
    var stream = lz4boot_stream()
    var target = [UInt8](repeating: 0, count: 8)
    unsafe target.withUnsafeMutableBytes { target in
      unsafe lz4boot_stream_start(&stream, target.baseAddress, target.count, 0)
      var report = lz4boot_report()
      #expect(unsafe lz4boot_stream_finish(&stream, &report) == .truncated_input)
      #expect(report.source_offset == 0)
      #expect(report.format == 0)
    }
  }

  @Test func ignoresBytesBehindTheOnlyFrameAskedFor() {
    let source = sources[0]
    var stream = lz4boot_stream()
    var target = [UInt8](repeating: 0, count: 8)
    unsafe target.withUnsafeMutableBytes { target in
      unsafe lz4boot_stream_start(&stream, target.baseAddress, 8, Flag.stopAfterFrame)
      for chunk in [source, [9, 9, 9, 9], source] {
        var report = lz4boot_report()
        #expect(unsafe lz4boot_stream_push(&stream, chunk, chunk.count, &report) == .ok)
        #expect(report.source_offset == source.count)
        #expect(report.target_byte_count == 3)
      }
    }
  }

  /// Two streams at work at the same time do not know of each other.
  @Test func streamsAreIndependent() {
    let sources = [sources[1], sources[5]]
    let memory = GuardedMemory(byteCountMax: 1024)
    let bytes = unsafe memory.window(byteCount: 1024, edge: .end)
    var streams = [lz4boot_stream(), lz4boot_stream()]
    for index in 0..<2 {
      let target = unsafe bytes.baseAddress! + 512 * index
      unsafe lz4boot_stream_start(&streams[index], target, 512, 0)
    }
    for position in 0..<max(sources[0].count, sources[1].count) {
      for index in 0..<2 where position < sources[index].count {
        var byte = sources[index][position]
        _ = unsafe lz4boot_stream_push(&streams[index], &byte, 1, nil)
      }
    }
    for index in 0..<2 {
      #expect(unsafe lz4boot_stream_finish(&streams[index], nil) == .ok)
      let output = ReferenceDecoder.decode(sources[index], capacity: 512).output
      #expect(unsafe bytes[(512 * index)...].prefix(output.count).elementsEqual(output))
    }
  }
}
