import CLZ4Boot
import Testing

/// What the flags change.
@Suite struct FlagTests {
  private let plain = frame(FrameHeader(), [.stored([1, 2])])
  private let legacy = legacyFrame([block(last: [3, 4, 5, 6, 7])])

  private func expectStop(
    _ first: [UInt8], then rest: [UInt8], _ output: [UInt8], format: Int, blockCount: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectDecode(
      first + rest, capacity: 16, flags: Flag.stopAfterFrame,
      is: Outcome(
        status: .ok, format: format, sourceOffset: first.count, blockIndex: blockCount,
        output: output), sourceLocation: sourceLocation)
  }

  @Test func stopsBehindAnLZ4Frame() {
    for rest in [[], [9], [9, 9, 9, 9, 9], endMark, plain, legacy] {
      expectStop(plain, then: rest, [1, 2], format: Format.frame, blockCount: 1)
    }
  }

  @Test func stopsBehindASkippableFrame() {
    for rest in [[], [9], plain, skippableFrame([1])] {
      expectStop(skippableFrame([8, 8]), then: rest, [], format: Format.skippable, blockCount: 0)
    }
  }

  @Test func stopsBehindALegacyFrame() {
    expectStop(legacy, then: [], [3, 4, 5, 6, 7], format: Format.legacy, blockCount: 1)
    for rest in [plain, legacy, skippableFrame([])] {
      expectStop(legacy, then: rest, [3, 4, 5, 6, 7], format: Format.legacy, blockCount: 1)
    }
  }

  @Test func stopsBehindTheSizeOfALegacyFrame() {
    let sized = legacy + [5, 0, 0, 0]
    for rest in [[], plain, legacy, skippableFrame([])] {
      expectStop(sized, then: rest, [3, 4, 5, 6, 7], format: Format.legacy, blockCount: 1)
    }
  }

  /// Padding is the caller's, and so is whatever comes behind it.
  @Test func stopsInFrontOfZerosBehindALegacyFrame() {
    for count in [1, 2, 3, 4, 5, 8, 9, 100] {
      let zeros = [UInt8](repeating: 0, count: count)
      expectStop(legacy, then: zeros, [3, 4, 5, 6, 7], format: Format.legacy, blockCount: 1)
    }
    let rest = endMark + [9, 9]
    expectStop(legacy, then: rest, [3, 4, 5, 6, 7], format: Format.legacy, blockCount: 1)
    let sized = legacy + [5, 0, 0, 0]
    expectStop(sized, then: endMark, [3, 4, 5, 6, 7], format: Format.legacy, blockCount: 1)
    expectStop(sized, then: [0], [3, 4, 5, 6, 7], format: Format.legacy, blockCount: 1)
  }

  /// Without the suffix's help, what follows a legacy frame has to be its next block.
  @Test func legacyFrameDoesNotStopInFrontOfOtherData() {
    let outcome = decodeEveryWay(
      legacy + [9, 9, 9, 9], capacity: 16, flags: Flag.stopAfterFrame)
    #expect(outcome.status == .block_too_large)
    #expect(outcome.sourceOffset == legacy.count)
  }

  @Test func stoppingStillRefusesABadFirstFrame() {
    let bad = frame(FrameHeader(contentSize: 3), [.stored([1, 2])])
    let outcome = decodeEveryWay(bad + plain, capacity: 16, flags: Flag.stopAfterFrame)
    #expect(outcome.status == .content_size_mismatch)
    let truncated = decodeEveryWay(
      [UInt8](plain.dropLast()), capacity: 16, flags: Flag.stopAfterFrame)
    #expect(truncated.status == .truncated_input)
  }

  @Test func requireChecksumsRefusesFramesWithout() {
    let refused = Outcome(
      status: .content_checksum_mismatch, format: Format.frame, sourceOffset: 4)
    expectDecode(plain, capacity: 16, flags: Flag.requireChecksums, is: refused)
    let sized = frame(FrameHeader(contentSize: 2), [.stored([1, 2])])
    expectDecode(sized, capacity: 16, flags: Flag.requireChecksums, is: refused)
  }

  @Test func requireChecksumsRefusesLegacyFrames() {
    expectDecode(
      legacy, capacity: 16, flags: Flag.requireChecksums,
      is: Outcome(status: .content_checksum_mismatch, format: Format.legacy))
  }

  @Test func requireChecksumsTakesEitherKind() {
    let headers = [
      FrameHeader(hasBlockChecksums: true), FrameHeader(hasContentChecksum: true),
      FrameHeader(hasBlockChecksums: true, hasContentChecksum: true),
    ]
    for header in headers {
      let source = frame(header, [.stored([1, 2])], content: [1, 2])
      let outcome = decodeEveryWay(
        skippableFrame([1]) + source, capacity: 16, flags: Flag.requireChecksums)
      #expect(outcome.status == .ok)
      #expect(outcome.output == [1, 2])
    }
  }

  @Test func requireChecksumsHoldsForEveryFrame() {
    let checked = frame(FrameHeader(hasContentChecksum: true), [.stored([6])], content: [6])
    for (next, offset) in [(plain, 4), (legacy, 0)] {
      let outcome = decodeEveryWay(
        checked + next, capacity: 16, flags: Flag.requireChecksums)
      #expect(outcome.status == .content_checksum_mismatch)
      #expect(outcome.sourceOffset == checked.count + offset)
      #expect(outcome.output == [6])
    }
    let both = Flag.requireChecksums | Flag.stopAfterFrame
    #expect(decodeEveryWay(checked + plain, capacity: 16, flags: both).status == .ok)
  }

  @Test(arguments: [8, 16, 0x8000_0000, 0xFFFF_FFFF] as [UInt32])
  func refusesUnknownFlags(flags: UInt32) {
    let outcome = decodeEveryWay(plain, capacity: 16, flags: flags)
    #expect(outcome.status == .bad_argument)
    #expect(outcome.output == [])
  }
}
