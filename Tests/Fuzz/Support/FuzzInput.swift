import Glibc

/// What a target makes of the fuzzer's bytes: `[choices:8][payload]`. Choices stand in front, where
/// mutations of the payload leave them alone.
struct FuzzInput {
  private static let choiceCount = 8
  private var choices: ArraySlice<UInt8>
  var payload: [UInt8]

  init(unsafeStart start: UnsafePointer<UInt8>?, byteCount: Int) {
    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: byteCount))
    choices = bytes.prefix(Self.choiceCount)
    payload = [UInt8](bytes.dropFirst(Self.choiceCount))
  }

  /// A number from 0 to `end` - 1; `end` is 256 at most. 0 where the input has no more choices.
  mutating func choice(below end: Int) -> Int { Int(choices.popFirst() ?? 0) % end }

  /// A capacity at, around or far from the number of bytes that there are to be stored.
  mutating func capacity(around byteCount: Int) -> Int {
    switch choice(below: 8) {
    case 0, 1: byteCount
    case 2: max(0, byteCount - 1)
    case 3: byteCount + 1
    case 4: byteCount + choice(below: 256)
    case 5: max(0, byteCount - choice(below: 256))
    case 6: byteCount / (2 + choice(below: 8))
    default: choice(below: 256)
    }
  }

  /// The same for a source.
  mutating func capacity(for source: [UInt8]) -> Int {
    capacity(around: lookAhead(source).output.count)
  }

  /// Flags of a source that is not in place.
  mutating func flags() -> UInt32 {
    [0, Flag.requireChecksums, Flag.stopAfterFrame, 0][choice(below: 4)]
  }

  /// The payload as a source whose checksums and content sizes are right in most runs: else nearly
  /// every mutation would end at the first of them.
  mutating func source(capacity: Int = outputByteCountMax) -> [UInt8] {
    choice(below: 8) == 7 ? payload : repaired(payload, capacity: capacity)
  }
}

/// Ends the run: the engine keeps the input.
func fail(_ message: String) -> Never {
  let line = [UInt8]("difference: \(message)\n".utf8)
  unsafe write(STDERR_FILENO, line, line.count)
  abort()
}

/// Two ways to the same result.
func expectSame<Value: Equatable>(
  _ value: Value, _ expected: Value, _ way: @autoclosure () -> String
) {
  guard value != expected else { return }
  fail("\(way()): \(value); expected \(expected)")
}
