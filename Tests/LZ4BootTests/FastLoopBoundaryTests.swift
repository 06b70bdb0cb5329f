import CLZ4Boot
import Testing

/// Where fast and careful copying meet: lengths, offsets, tails and room around their limits.
@Suite struct FastLoopBoundaryTests {
  private static let lengths = [Int](0...35) + [Int](250...280)
  private static let offsets = [Int](1...35) + [63, 64, 65]
  private let history = counted(70)

  private func check(
    _ source: [UInt8], _ full: [UInt8], capacity: Int, on bench: DecodeBench, _ label: String
  ) {
    let outcome = decodeBlockBothWays(source, capacity: capacity, on: bench)
    var expected = Outcome(
      status: .ok, format: Format.rawBlock, sourceOffset: source.count, output: full)
    if capacity < full.count {
      expected = ReferenceDecoder.decodeBlock(source, capacity: capacity)
      #expect(expected.output.count == capacity)
    }
    if outcome != expected {
      Issue.record("\(label), capacity \(full.count) + \(capacity - full.count): \(outcome)")
    }
  }

  /// Every literal length with every match length; the rest is drawn.
  @Test(arguments: 0..<4)
  func everyLiteralAndMatchLength(group: Int) {
    let bench = DecodeBench(sourceByteCountMax: 4096, capacityMax: 4096)
    var generator = SplitMix64(seed: UInt64(group))
    for literalCount in Self.lengths where literalCount % 4 == group {
      for matchCount in Self.lengths {
        for _ in 0..<2 {
          let offset = Self.offsets[generator.below(Self.offsets.count)]
          let tail = generator.below(36)
          let source = block(
            [
              Sequence(history, offset: 70, matchByteCount: 4),
              Sequence(counted(literalCount), offset: offset, matchByteCount: matchCount + 4),
            ], last: counted(tail, from: 90))
          let full = ReferenceDecoder.decodeBlock(source, capacity: 4096).output
          let label = "\(literalCount) literals, \(matchCount + 4) at \(offset), tail \(tail)"
          for slack in [0, 1 + generator.below(40), -1 - generator.below(40)] {
            check(source, full, capacity: max(0, full.count + slack), on: bench, label)
          }
        }
      }
    }
  }

  /// Every offset with every tail, at every capacity that is a little more or less.
  @Test func everyOffsetAndTail() {
    let bench = DecodeBench(sourceByteCountMax: 4096, capacityMax: 4096)
    var generator = SplitMix64(seed: 99)
    for offset in Self.offsets {
      for tail in 0...35 {
        let matchCount = 4 + Self.lengths[generator.below(Self.lengths.count)]
        let source = block(
          [Sequence(history, offset: offset, matchByteCount: matchCount)], last: counted(tail))
        let full = ReferenceDecoder.decodeBlock(source, capacity: 4096).output
        for slack in [-33, -17, -9, -2, -1, 0, 1, 2, 7, 8, 15, 16, 17, 31, 32, 33] {
          let label = "\(matchCount) at \(offset), tail \(tail)"
          check(source, full, capacity: full.count + slack, on: bench, label)
        }
      }
    }
  }

  /// Many short sequences, cut off at every byte of input and of room.
  @Test func everyCutOfManyShortSequences() {
    let bench = DecodeBench(sourceByteCountMax: 4096, capacityMax: 4096)
    var sequences: [Sequence] = [Sequence(counted(3), offset: 1, matchByteCount: 4)]
    for index in 0..<40 {
      let literals = counted(index % 18, from: index)
      sequences.append(
        Sequence(literals, offset: 1 + index % 7, matchByteCount: 4 + index * 3 % 24))
    }
    let source = block(sequences, last: counted(17))
    let full = ReferenceDecoder.decodeBlock(source, capacity: 4096).output
    for capacity in 0...full.count + 40 {
      check(source, full, capacity: capacity, on: bench, "room")
    }
    for count in 0..<source.count {
      let cut = [UInt8](source[..<count])
      let outcome = decodeBlockBothWays(cut, capacity: full.count + 64, on: bench)
      let reference = ReferenceDecoder.decodeBlock(cut, capacity: full.count + 64)
      #expect(outcome == reference, "\(count) bytes")
    }
  }

  /// Sequences of one size each, so that whatever a round may take at most is taken every time; cut
  /// off at every byte of room and of input.
  @Test(arguments: [(8, 16), (9, 17), (13, 18), (14, 18), (15, 19), (0, 18), (13, 4), (16, 32)])
  func everyCutOfEqualSequences(literalCount: Int, matchCount: Int) {
    let bench = DecodeBench(sourceByteCountMax: 4096, capacityMax: 4096)
    let sequence = Sequence(counted(literalCount), offset: 20, matchByteCount: matchCount)
    let start = Sequence(counted(30), offset: 30, matchByteCount: 4)
    let sequences = [start] + [Sequence](repeating: sequence, count: 30)
    let source = block(sequences, last: counted(5))
    let full = ReferenceDecoder.decodeBlock(source, capacity: 4096).output
    for capacity in 0...full.count + 3 {
      let outcome = decodeBlockBothWays(source, capacity: capacity, on: bench)
      #expect(outcome.status == (capacity < full.count ? .target_full : .ok))
      #expect(outcome.output == [UInt8](full.prefix(capacity)), "capacity \(capacity)")
    }
    for count in 0..<source.count {
      let cut = [UInt8](source[..<count])
      let outcome = decodeBlockBothWays(cut, capacity: full.count + 64, on: bench)
      let reference = ReferenceDecoder.decodeBlock(cut, capacity: full.count + 64)
      #expect(outcome == reference, "\(count) bytes")
    }
  }

  /// Lengths around those that are copied in one go, in steps, or not by the fast loop, with little
  /// and much left behind them on either side.
  @Test(arguments: [0, 13, 14, 15, 16, 17, 32, 33, 63, 64, 80, 81, 268, 269, 270, 271])
  func everyRoomBehindLongLengths(literalCount: Int) {
    let bench = DecodeBench(sourceByteCountMax: 4096, capacityMax: 4096)
    var generator = SplitMix64(seed: UInt64(literalCount))
    let start = Sequence(history, offset: 70, matchByteCount: 4)
    let behind = [Sequence](
      repeating: Sequence(counted(11), offset: 23, matchByteCount: 14), count: 8)
    for matchCount in [4, 18, 19, 32, 33, 34, 48, 49, 272, 273, 274, 275, 528, 529] {
      for offset in [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 70] {
        let sequences = [
          start, Sequence(counted(literalCount), offset: offset, matchByteCount: matchCount),
        ]
        let source = block(sequences + behind, last: counted(5))
        let sourceEnd = block(sequences, last: []).count - 1
        let full = ReferenceDecoder.decodeBlock(source, capacity: 4096).output
        let end = 74 + literalCount + matchCount
        let label = "\(literalCount) literals, \(matchCount) at \(offset)"
        for _ in 0..<6 {
          check(source, full, capacity: end + generator.below(110), on: bench, label)
          let cut = [UInt8](source[..<(sourceEnd - 20 + generator.below(100))])
          let outcome = decodeBlockBothWays(cut, capacity: full.count + 64, on: bench)
          let reference = ReferenceDecoder.decodeBlock(cut, capacity: full.count + 64)
          #expect(outcome == reference, "\(label), cut off at \(cut.count)")
        }
      }
    }
  }

  /// Offsets that reach the first byte of output, and one that reaches the byte in front of it.
  @Test func everyReachOfTheFirstByte() {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    let noise = randomBytes(65_535, seed: 13)
    for history in [Int](4...100) + [Int](65_380...65_450) {
      var sequences: [Sequence] = []
      var produced = 0
      var literals = [UInt8](noise[..<history])
      while sequences.count < 8 {
        produced += literals.count
        sequences.append(Sequence(literals, offset: min(produced, 65_535), matchByteCount: 9))
        produced += 9
        literals = counted(sequences.count % 5)
      }
      for bad in 0...sequences.count {
        var damaged = sequences
        if bad < sequences.count { damaged[bad].offset += 1 }
        let source = block(damaged, last: counted(60))
        let outcome = decodeBlockBothWays(source, capacity: 70_000, on: bench)
        let reference = ReferenceDecoder.decodeBlock(source, capacity: 70_000)
        #expect(outcome == reference, "\(history), bad offset in sequence \(bad)")
        #expect(outcome.status == (bad < sequences.count ? .offset_out_of_range : .ok))
      }
    }
  }

  /// The last outputs for which an offset can be out of range at all.
  @Test func everyBadOffsetInFrontOfAFullWindow() {
    let bench = DecodeBench(sourceByteCountMax: 1 << 17, capacityMax: 1 << 17)
    let noise = randomBytes(65_535, seed: 12)
    for history in 65_470..<65_516 {
      let produced = history + 18
      for offset in [produced + 1, 65_535] {
        let good = Sequence([1, 2], offset: 50, matchByteCount: 8)
        let sequences =
          [
            Sequence([UInt8](noise[..<history]), offset: 100, matchByteCount: 18),
            Sequence([], offset: offset, matchByteCount: 10),
          ] + [Sequence](repeating: good, count: 30)
        let source = block(sequences, last: counted(60))
        let outcome = decodeBlockBothWays(source, capacity: 70_000, on: bench)
        #expect(outcome.status == .offset_out_of_range, "\(history) + 18, \(offset)")
        #expect(outcome.output.count == produced, "\(history) + 18, \(offset)")
      }
    }
  }

  /// Offsets beyond the output, and 0, in a block that is long enough for any fast loop.
  @Test func everyBadOffsetInTheMiddle() {
    let bench = DecodeBench(sourceByteCountMax: 4096, capacityMax: 4096)
    for literalCount in 0...40 {
      for excess in [1, 2, 15, 16, 17, 1000, 60_000] {
        let produced = 74 + literalCount
        let source = block(
          [
            Sequence(history, offset: 70, matchByteCount: 4),
            Sequence(counted(literalCount), offset: produced + excess, matchByteCount: 30),
          ], last: counted(200))
        let outcome = decodeBlockBothWays(source, capacity: 2000, on: bench)
        #expect(outcome == ReferenceDecoder.decodeBlock(source, capacity: 2000))
        #expect(outcome.status == .offset_out_of_range)
        #expect(outcome.output.count == produced)
      }
    }
  }
}
