/// Decodes sequences while there is plenty of source and of room, and stops in front of whatever it
/// is not sure of: the ends, an invalid offset, lengths that are extended too far. It never judges.
///
/// The loop is rotated: a round copies the match of one sequence and the literals of the next,
/// whose token stands right behind the match's offset. So every load of a round can be issued
/// before its first store; compilers do not move loads over stores, and an in-order core does not
/// either. Most sequences are short on both sides and take a hot round, which does what `HotRound`
/// says; the others, one in five on the Cortex-A53, take a long one.
@safe
struct FastLoop {
  /// In front of a match offset.
  @safe
  struct Place {
    var source: UnsafePointer<UInt8>
    var target: UnsafeMutablePointer<UInt8>
    /// The match length in the token of the sequence whose match is next.
    var matchNibble: Int
  }

  private var reader: HotRound.Reader
  private var target: UnsafeMutablePointer<UInt8>
  private var matchNibble: Int
  /// The offsets that a hot round may have.
  private var offsets: HotRound.Offsets
  private let windowStart: UnsafeMutablePointer<UInt8>
  private let sourceEnd: UnsafePointer<UInt8>
  private let targetEnd: UnsafeMutablePointer<UInt8>
  /// Addresses up to which there is room for hot rounds.
  private let hotSourceEnd: Int
  private let hotTargetEnd: Int

  /// Whether there is enough for a round.
  @inline(__always)
  static func isWorthIt(_ source: SourceCursor, _ target: Target, end: Int) -> Bool {
    !isAlignmentStrict && source.byteCount >= longSourceByteCount
      && end &- target.count >= longTargetByteCount
  }

  /// The largest lengths with one extension byte.
  private static let longLiteralCountMax = BlockFormat.extendedLength + 254
  private static let longMatchLengthMax = BlockFormat.matchLengthMin + longLiteralCountMax
  /// What a round without extended literals may read: [match offset:u16le][match length:u8]
  /// [token:u8], and 14 literals and what `Reader` loads at first, 5 bytes at most.
  private static let longSourceByteCount = 4 + 14 + 5
  /// What it may write with a match of up to 32 bytes: 16 bytes for literals behind the match, which
  /// is more than the match itself, rounded up by its steps of 8.
  private static let longTargetByteCount = 32 + 16
  /// What long literals may take behind themselves: 16, and then steps, are moved at once. One byte
  /// more than that, so that the place behind the last step is an address.
  private static let literalSlack = 16 + HotRound.literalStep - HotRound.shortLiteralCountMax
  /// What other rounds may write behind their output: matches are rounded up by 31.
  private static let targetSlack = max(literalSlack, 31)
  /// The hot rounds of a group but the last, and a long one or another hot one.
  private static let hotSourceByteCount =
    (HotRound.groupRoundCount - 1) * HotRound.sourceByteCountMax + longSourceByteCount
  private static let hotTargetByteCount =
    (HotRound.groupRoundCount - 1) * (HotRound.matchByteCountMax + HotRound.literalCountMax)
    + longTargetByteCount

  private init(
    at place: Place, sourceEnd: UnsafePointer<UInt8>, targetEnd: UnsafeMutablePointer<UInt8>,
    windowStart: UnsafeMutablePointer<UInt8>
  ) {
    unsafe target = place.target
    matchNibble = place.matchNibble
    unsafe self.sourceEnd = sourceEnd
    unsafe self.targetEnd = targetEnd
    unsafe self.windowStart = windowStart
    hotSourceEnd = Int(bitPattern: sourceEnd) &- Self.hotSourceByteCount
    hotTargetEnd = Int(bitPattern: targetEnd) &- Self.hotTargetByteCount
    offsets = unsafe HotRound.Offsets(
      windowStart: windowStart, outputByteCount: target - windowStart)
    reader = unsafe HotRound.Reader(at: place.source, matchNibble: matchNibble)
  }

  /// Goes on from `place`, where there is enough for a round (`isWorthIt`), and returns where it
  /// stopped. Never inlined: it needs every register.
  @inline(never)
  static func run(
    from place: Place, sourceEnd: UnsafePointer<UInt8>, targetEnd: UnsafeMutablePointer<UInt8>,
    windowStart: UnsafeMutablePointer<UInt8>
  ) -> Place {
    var loop = unsafe FastLoop(
      at: place, sourceEnd: sourceEnd, targetEnd: targetEnd, windowStart: windowStart)
    loop.run()
    return unsafe Place(
      source: loop.reader.source, target: loop.target, matchNibble: loop.matchNibble)
  }

  @inline(__always)
  private mutating func run() {
    while true {
      // Here and in front of every round, what `Reader` loads, 5 bytes at most from its place, lies
      // in front of `sourceEnd`: `isWorthIt` says so at first, and each round leaves them.
      // The hot rounds of a group share one test for room.
      let room = self.room
      if hotRound(0, room: room) {
        if HotRound.groupRoundCount == 1 { continue }
        if hotRound(1) {
          if hotRound(2) {
            if hotRound(3) {
              reader.catchUp(4)
              continue
            }
            reader.catchUp(3)
          } else {
            reader.catchUp(2)
          }
        } else {
          reader.catchUp(1)
        }
      } else if !room.isThere {
        guard
          unsafe sourceEnd - reader.source >= Self.longSourceByteCount,
          unsafe targetEnd - target >= Self.longTargetByteCount
        else { return }
      }
      guard longRound() else { return }
    }
  }

  @inline(__always)
  private var room: HotRound.Room {
    unsafe HotRound.Room(
      source: Int(bitPattern: reader.source), sourceEnd: hotSourceEnd,
      target: Int(bitPattern: target), targetEnd: hotTargetEnd)
  }

  /// A round as `HotRound` describes it, the `index`th of a group. False, and nothing done, for any
  /// other.
  @inline(__always)
  private mutating func hotRound(_ index: Int, room: HotRound.Room = .tested) -> Bool {
    let literalCount = reader.literalCount
    let matchLength = reader.matchLength(matchNibble)
    let offset = reader.offset
    let match = unsafe UnsafePointer(target - Int(offset))
    guard
      unsafe HotRound.fits(
        matchLength: matchLength, literalCount: literalCount, room: room, offset: offset,
        match: match, in: offsets)
    else { return false }
    // SAFETY: source and target have room for this round and a long one behind it, so that the
    // source has the next header, too; and the match lies inside the window.
    let nextMatchNibble = reader.nextMatchNibble
    let literals = reader.take(index)
    unsafe HotRound.copyMatch(from: match, to: target, byteCount: matchLength)
    unsafe target += matchLength
    unsafe HotRound.store(literals, at: target)
    unsafe target += literalCount
    matchNibble = nextMatchNibble
    return true
  }

  /// Any match and any literals whose lengths have at most one extension byte, with every test.
  /// False, and nothing done, for others.
  @inline(__always)
  private mutating func longRound() -> Bool {
    let offset = Int(reader.offset)
    let fields = reader.fields(matchNibble)
    let length = fields.matchLength
    let nextToken = fields.nextToken
    var next = unsafe fields.literals
    // One comparison for both: offset 0 leads to the target, which is no output yet.
    let match = unsafe UnsafePointer(target - offset)
    let reach = unsafe UInt(bitPattern: match - UnsafePointer(windowStart))
    let outputByteCount = unsafe target - windowStart
    guard reach < UInt(bitPattern: outputByteCount) else { return false }
    if _slowPath(offsets.areOutdated(by: outputByteCount)) {
      offsets = unsafe HotRound.Offsets(
        windowStart: windowStart, outputByteCount: outputByteCount)
    }
    var literalCount = nextToken >> 4
    if _slowPath(literalCount == BlockFormat.extendedLength) {
      // SAFETY: the source has 14 literals here.
      literalCount &+= unsafe Int(next.pointee)
      unsafe next += 1
      guard
        literalCount <= Self.longLiteralCountMax,
        length <= Self.longMatchLengthMax,
        unsafe sourceEnd - next >= literalCount &+ Self.literalSlack,
        unsafe targetEnd - target >= length &+ literalCount &+ Self.targetSlack
      else { return false }
    } else if length > 32 {
      guard
        length <= Self.longMatchLengthMax,
        unsafe targetEnd - target >= length &+ literalCount &+ Self.targetSlack
      else { return false }
    }
    // SAFETY: by `longSourceByteCount`, or by `literalSlack` behind extended literals, the source
    // has 16 bytes here and 5 behind the literals for `Reader`. By `longTargetByteCount` or
    // `targetSlack` the target has room for copies rounded up. The match lies inside the window.
    let literalsLow = unsafe load64(next)
    let literalsHigh = unsafe load64(next + 8)
    reader = unsafe HotRound.Reader(at: next + literalCount, matchNibble: nextToken & 15)
    let behindMatch = unsafe target + length
    let behindOutput = unsafe behindMatch + literalCount
    unsafe copyMatchRoundedUp(from: match, to: target, offset: offset, end: behindMatch)
    unsafe store64(literalsLow, at: behindMatch)
    unsafe store64(literalsHigh, at: behindMatch + 8)
    unsafe target = behindMatch + 16
    if literalCount > HotRound.shortLiteralCountMax {
      repeat {
        unsafe copy32(from: next + 16, to: target)
        if HotRound.literalStep > 32 { unsafe copy32(from: next + 48, to: target + 32) }
        unsafe next += HotRound.literalStep
        unsafe target += HotRound.literalStep
      } while unsafe target < behindOutput
    }
    unsafe target = behindOutput
    matchNibble = nextToken & 15
    return true
  }
}

extension HotRound {
  /// What a long round starts with.
  @safe
  struct Fields {
    var matchLength: Int
    /// Of the sequence whose literals come with this match.
    var nextToken: Int
    /// Behind that token.
    var literals: UnsafePointer<UInt8>
  }
}
