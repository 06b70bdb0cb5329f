import CLZ4Boot
import Testing

/// A team of one. More cores, and what they do to each other, are tested by `make test-threads` and
/// `make test-target`.
@Suite struct TeamTests {
  private func decode(_ source: [UInt8], capacity: Int, flags: UInt32 = 0) -> Outcome {
    let sourceMemory = GuardedMemory(byteCountMax: source.count)
    let targetMemory = GuardedMemory(byteCountMax: capacity)
    let bytes = unsafe sourceMemory.place(source[...], edge: .end)
    let target = unsafe targetMemory.window(byteCount: capacity, edge: .end)
    var team = lz4boot_team()
    var report = lz4boot_report()
    let started = unsafe lz4boot_team_start(
      &team, bytes.baseAddress, bytes.count, target.baseAddress, capacity, flags, &report)
    let status = unsafe lz4boot_team_finish(&team, &report)
    #expect(started == .ok || started == status)
    #expect(status.rawValue == report.status)
    let output = unsafe [UInt8](target.prefix(Int(report.target_byte_count)))
    let outcome = Outcome(report, output: output)
    // It may be repeated, and work is over.
    unsafe lz4boot_team_work(&team)
    #expect(unsafe lz4boot_team_finish(&team, &report) == status)
    #expect(Outcome(report, output: output) == outcome)
    return outcome
  }

  @Test func givesWhatOneCallGives() {
    for seed in 7000..<7600 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      let random = RandomSource(seed: seed)
      var bytes = random.bytes
      if generator.below(2) == 0 { bytes[generator.below(bytes.count)] ^= 0x10 }
      if generator.below(8) == 0 { bytes.removeLast(generator.below(bytes.count)) }
      let capacity = random.output.count + generator.below(3)
      let flags = UInt32(generator.below(2) * Int(Flag.stopAfterFrame))
      let bench = DecodeBench(sourceByteCountMax: bytes.count, capacityMax: capacity)
      let expected = bench.decode(bytes, capacity: capacity, by: .source(flags: flags))
      #expect(decode(bytes, capacity: capacity, flags: flags) == expected, "seed \(seed)")
    }
  }

  /// Block maxima of all sizes, the last block full, short, empty and missing.
  @Test(arguments: [4, 5, 6, 7] as [UInt8])
  func decodesFullBlocks(code: UInt8) {
    let maximum = 1 << (8 + 2 * Int(code))
    for tail in [nil, 0, 1, maximum - 1, maximum] {
      var content: [UInt8] = []
      var blocks: [FrameBlock] = []
      for (index, size) in ([maximum, maximum, tail].compactMap { $0 }).enumerated() {
        let byte = UInt8(index + 1)
        content += [UInt8](repeating: byte, count: size)
        blocks.append(
          size < 10
            ? .stored([UInt8](repeating: byte, count: size))
            : .compressed(
              block(
                [Sequence([byte], offset: 1, matchByteCount: size - 6)],
                last: [byte, byte, byte, byte, byte])))
      }
      let header = FrameHeader(
        blockMaximumCode: code, hasBlockChecksums: true, hasContentChecksum: true,
        contentSize: UInt64(content.count))
      let source = frame(header, blocks, content: content)
      let outcome = decode(source, capacity: content.count)
      #expect(outcome.status == .ok && outcome.output == content)
      #expect(outcome.sourceOffset == source.count)
    }
  }

  @Test func startTellsWhatTheHeadersTell() {
    var team = lz4boot_team()
    var report = lz4boot_report()
    let sourceMemory = GuardedMemory(byteCountMax: 64)
    let targetMemory = GuardedMemory(byteCountMax: 8)
    let target = unsafe targetMemory.window(byteCount: 8, edge: .end)
    func start(_ source: [UInt8], flags: UInt32 = 0) -> lz4boot_status {
      let bytes = unsafe sourceMemory.place(source[...], edge: .end)
      return unsafe lz4boot_team_start(
        &team, bytes.baseAddress, bytes.count, target.baseAddress, 8, flags, &report)
    }
    #expect(start([1, 2, 3, 4]) == .unknown_format)
    #expect(start(frame(FrameHeader(dictionaryID: 1), [])) == .dictionary_required)
    #expect(start(legacyFrame([]), flags: Flag.requireChecksums) == .content_checksum_mismatch)
    #expect(start([], flags: 1 << 20) == .bad_argument)
    // The end is not told by a header.
    #expect(start([]) == .ok)
    #expect(report.status == 0)
    #expect(unsafe lz4boot_team_finish(&team, &report) == .truncated_input)
    let good = frame(FrameHeader(), [.stored([1, 2])])
    #expect(start(good) == .ok)
    #expect(report.format == Format.frame && report.target_byte_count == 0)
    #expect(unsafe lz4boot_team_finish(&team, nil) == .ok)
    #expect(unsafe target[..<2].elementsEqual([1, 2]))
  }

  @Test func refusesBadArguments() {
    var team = lz4boot_team()
    var report = lz4boot_report()
    #expect(unsafe lz4boot_team_start(nil, nil, 0, nil, 0, 0, &report) == .bad_argument)
    #expect(report.status == lz4boot_status.bad_argument.rawValue)
    #expect(unsafe lz4boot_team_start(&team, nil, 4, nil, 0, 0, &report) == .bad_argument)
    #expect(unsafe lz4boot_team_finish(&team, &report) == .bad_argument)
    // Never started.
    team = lz4boot_team()
    unsafe lz4boot_team_work(&team)
    #expect(unsafe lz4boot_team_finish(&team, &report) == .bad_argument)
    lz4boot_team_work(nil)
    #expect(lz4boot_team_finish(nil, nil) == .bad_argument)
  }
}
