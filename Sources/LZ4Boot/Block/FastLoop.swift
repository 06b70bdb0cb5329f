/// Whether offsets can be out of range. Types rather than flags, so that the loop is compiled once
/// for each.
private protocol WindowState {
  static var isFilling: Bool { get }
}

private enum FillingWindow: WindowState {
  static var isFilling: Bool { true }
}

private enum FullWindow: WindowState {
  static var isFilling: Bool { false }
}

/// Decodes sequences while there is plenty of source and of room, and stops in front of whatever it
/// is not sure of: the ends, an invalid offset. It never judges.
///
/// The loop is rotated: a round copies the match of one sequence and the literals of the next,
/// whose token stands right behind the match's offset. So every load of a round can be issued
/// before its first store; compilers do not move loads over stores, and an in-order core does not
/// either. One test sends everything uncommon, one sequence in five, to the long form of a round.
@safe
struct FastLoop {
  /// Stands at a match offset, or at a token after `run` returned `atToken`.
  private(set) var source: UnsafePointer<UInt8>
  private(set) var target: UnsafeMutablePointer<UInt8>
  /// The match length in the token of the sequence whose match is next.
  private(set) var matchNibble: Int
  /// [match offset:u16le][next token:u8][first literal:u8], at `source`.
  private var header: UInt32 = 0
  /// Where the next header is if this round is a hot one. Known as soon as the header is, so that
  /// the next load need not wait for it.
  private var behindLiterals: UnsafePointer<UInt8>
  private let windowStart: UnsafeMutablePointer<UInt8>
  private let sourceEnd: UnsafePointer<UInt8>
  private let targetEnd: UnsafeMutablePointer<UInt8>

  enum Stop {
    case atOffset, atToken
  }

  /// Where alignment is enforced, wide copies are copies byte by byte and memory is Device memory:
  /// nothing is fast, and code and stack are saved.
  #if LZ4BOOT_STRICT_ALIGNMENT
    static let isWorthIt = false
  #else
    static let isWorthIt = true
  #endif

  /// No offset reaches further back: behind that much output none can be out of range.
  private static let windowByteCount = 65_536

  /// The budget counts fours of hot rounds, or single long ones that take no more than that. A hot
  /// round takes at most 3 + 13 bytes of the source and makes at most 16 + 13 bytes of output (see
  /// `HotRound`), a long one 4 + 14 and 32 + 14: within 64 and 128.
  private static let budgetSourceShift = 6
  private static let budgetTargetShift = 7
  /// What a round may read behind the bytes that it takes: literals rounded up to 32, or the next
  /// header.
  private static let sourceSlack = 32
  /// What a round may write behind its output: copies rounded up to 32.
  private static let targetSlack = 32

  init(
    source: UnsafePointer<UInt8>, sourceEnd: UnsafePointer<UInt8>,
    target: UnsafeMutablePointer<UInt8>, targetEnd: UnsafeMutablePointer<UInt8>,
    windowStart: UnsafeMutablePointer<UInt8>, matchNibble: Int
  ) {
    unsafe self.source = source
    unsafe self.behindLiterals = source
    unsafe self.sourceEnd = sourceEnd
    unsafe self.target = target
    unsafe self.targetEnd = targetEnd
    unsafe self.windowStart = windowStart
    self.matchNibble = matchNibble
  }

  @inline(__always)
  mutating func run() -> Stop {
    let filled = unsafe target - windowStart
    if filled < Self.windowByteCount {
      // It stops where less than the slack and one unit of the budget is left: behind a full
      // window.
      let untilFull =
        Self.windowByteCount &- filled &+ Self.targetSlack &+ 1 << Self.budgetTargetShift
      let room = unsafe targetEnd - target
      let stop = unsafe run(targetEnd: target + min(room, untilFull), window: FillingWindow.self)
      guard unsafe stop == .atOffset && target - windowStart >= Self.windowByteCount else {
        return stop
      }
    }
    return unsafe run(targetEnd: targetEnd, window: FullWindow.self)
  }

  @inline(__always)
  private mutating func loadHeader() {
    unsafe header = load32(source)
    unsafe behindLiterals = source + (3 &+ Int((header >> 20) & 15))
  }

  /// How many fours of rounds fit for sure; 0 or less when none does.
  @inline(__always)
  private func budget(targetEnd: UnsafeMutablePointer<UInt8>) -> Int {
    let ofSource = unsafe (sourceEnd - source &- Self.sourceSlack) >> Self.budgetSourceShift
    let ofTarget = unsafe (targetEnd - target &- Self.targetSlack) >> Self.budgetTargetShift
    return min(ofSource, ofTarget)
  }

  /// Never inlined, as two loops in one function would need twice the stack.
  @inline(never)
  private mutating func run<Window: WindowState>(
    targetEnd: UnsafeMutablePointer<UInt8>, window: Window.Type
  ) -> Stop {
    // In registers: a copy of self whose address nobody takes.
    var loop = self
    defer { self = loop }
    guard unsafe sourceEnd - source >= Self.sourceSlack else { return .atOffset }
    loop.loadHeader()
    var budget = unsafe loop.budget(targetEnd: targetEnd)
    while true {
      budget &-= 1
      // Four in a row: they share one test of the budget and need fewer moves between registers.
      if loop.hotRound(budget: budget, window: window), loop.hotRound(budget: 0, window: window),
        loop.hotRound(budget: 0, window: window), loop.hotRound(budget: 0, window: window)
      {
        continue
      }
      // With b units, 32 + 64b bytes of the source and 32 + 128b of the target are at hand. One is for
      // the hot rounds that may have been done, another for the long round.
      budget &-= 1
      if budget < 0 { budget = unsafe loop.budget(targetEnd: targetEnd) &- 1 }
      if budget >= 0 {
        let done = unsafe loop.longRound(targetEnd: targetEnd, window: window)
        if done == .short { continue }
        if done == .long {
          budget = unsafe loop.budget(targetEnd: targetEnd)
          continue
        }
      }
      // On a copy, so that the loop's own fields stay in registers.
      var slow = loop
      let stop = unsafe slow.anyRound(targetEnd: targetEnd)
      loop = slow
      if let stop { return stop }
      budget = unsafe loop.budget(targetEnd: targetEnd)
    }
  }

  /// A round as `HotRound` describes it. False, and nothing done, for any other.
  @inline(__always)
  private mutating func hotRound<Window: WindowState>(budget: Int, window: Window.Type) -> Bool {
    let offset = Int(header & 0xFFFF)
    let literalCount = Int((header >> 20) & 15)
    let reach = Window.isFilling ? unsafe (target - windowStart) &- offset : 0
    guard
      HotRound.fits(
        matchNibble: matchNibble, literalCount: literalCount, offset: offset, budget: budget,
        reach: reach)
    else { return false }
    // SAFETY: the budget leaves room for this round on both sides.
    let literals = unsafe HotRound.literals(at: source + 3)
    let match = unsafe UnsafePointer(target - offset)
    let nextMatchNibble = Int((header >> 16) & 15)
    unsafe source = behindLiterals
    loadHeader()
    unsafe HotRound.copyMatch(from: match, to: target)
    unsafe target += matchNibble &+ BlockFormat.matchLengthMin
    unsafe HotRound.store(literals, at: target)
    unsafe target += literalCount
    matchNibble = nextMatchNibble
    return true
  }

  private enum LongRound {
    /// Done, and within what the budget allows for a round.
    case short
    /// Done; it took more.
    case long
    /// Nothing is done.
    case refused
  }

  /// A match with an offset of 8 or more whose length has at most one extension byte, and literals
  /// likewise.
  @inline(__always)
  private mutating func longRound<Window: WindowState>(
    targetEnd: UnsafeMutablePointer<UInt8>, window: Window.Type
  ) -> LongRound {
    let offset = Int(header & 0xFFFF)
    var nextToken = Int(header >> 16) & 0xFF
    var length = matchNibble &+ BlockFormat.matchLengthMin
    var next = unsafe source + 3
    if matchNibble == BlockFormat.extendedLength {
      // [match offset:u16le][match length:u8][next token:u8]
      length &+= nextToken
      nextToken = Int(header >> 24)
      unsafe next += 1
    }
    guard offset >= 8 else { return .refused }
    if Window.isFilling { guard unsafe offset <= target - windowStart else { return .refused } }
    let literalCount = nextToken >> 4
    let match = unsafe UnsafePointer(target - offset)
    if length > 32 || literalCount == BlockFormat.extendedLength {
      return unsafe bulkRound(
        match: match, length: length, nextToken: nextToken, next: next, targetEnd: targetEnd)
    }
    // SAFETY: the budget allows for this round: up to 18 bytes of the source, up to 46 of output.
    let literalsLow = unsafe load64(next)
    let literalsHigh = unsafe load64(next + 8)
    unsafe source = next + literalCount
    loadHeader()
    unsafe copy32(from: match, to: target, isFar: HotRound.isFar(offset))
    unsafe target += length
    unsafe store64(literalsLow, at: target)
    unsafe store64(literalsHigh, at: target + 8)
    unsafe target += literalCount
    matchNibble = nextToken & 15
    return .short
  }

  /// The rest of a long round that may be more than the budget allows for.
  @inline(__always)
  private mutating func bulkRound(
    match: UnsafePointer<UInt8>, length: Int, nextToken: Int, next: UnsafePointer<UInt8>,
    targetEnd: UnsafeMutablePointer<UInt8>
  ) -> LongRound {
    var literals = unsafe next
    var literalCount = nextToken >> 4
    if literalCount == BlockFormat.extendedLength {
      literalCount &+= unsafe Int(literals.pointee)
      unsafe literals += 1
    }
    guard
      // Neither extension goes on.
      length < 255 &+ BlockFormat.extendedLength &+ BlockFormat.matchLengthMin,
      literalCount < 255 &+ BlockFormat.extendedLength,
      unsafe sourceEnd - literals >= literalCount &+ Self.sourceSlack,
      unsafe targetEnd - target >= length &+ literalCount &+ Self.targetSlack
    else { return .refused }
    unsafe source = literals + literalCount
    loadHeader()
    let isFar = unsafe HotRound.isFar(UnsafePointer(target) - match)
    var copied = 0
    repeat {
      unsafe copy32(from: match + copied, to: target + copied, isFar: isFar)
      copied &+= 32
    } while copied < length
    unsafe target += length
    copied = 0
    repeat {
      unsafe copy16(from: literals + copied, to: target + copied)
      unsafe copy16(from: literals + copied + 16, to: target + copied + 16)
      copied &+= 32
    } while copied < literalCount
    unsafe target += literalCount
    matchNibble = nextToken & 15
    return .long
  }

  /// Any match and any literals, with every test. Nil if the round is done.
  private mutating func anyRound(targetEnd: UnsafeMutablePointer<UInt8>) -> Stop? {
    let offset = Int(header & 0xFFFF)
    // One comparison for both: offset 0 wraps around to the largest number.
    guard unsafe UInt(bitPattern: offset &- 1) < UInt(bitPattern: target - windowStart) else {
      return .atOffset
    }
    var next = unsafe source + 2
    var length = matchNibble
    if length == BlockFormat.extendedLength {
      guard let end = unsafe extend(&length, from: next) else { return .atOffset }
      unsafe next = end
    }
    length &+= BlockFormat.matchLengthMin
    guard
      unsafe sourceEnd - next >= Self.sourceSlack,
      unsafe targetEnd - target >= length &+ Self.targetSlack
    else { return .atOffset }
    unsafe copyMatch(to: target, offset: offset, byteCount: length)
    unsafe target += length
    unsafe source = next

    let nextToken = unsafe Int(next.pointee)
    var literalCount = nextToken >> 4
    unsafe next += 1
    if literalCount == BlockFormat.extendedLength {
      guard let end = unsafe extend(&literalCount, from: next) else { return .atToken }
      unsafe next = end
    }
    guard
      unsafe sourceEnd - next >= literalCount &+ Self.sourceSlack,
      unsafe targetEnd - target >= literalCount &+ Self.targetSlack
    else { return .atToken }
    unsafe copyForward(from: next, to: target, byteCount: literalCount)
    unsafe target += literalCount
    unsafe source = next + literalCount
    matchNibble = nextToken & 15
    loadHeader()
    return nil
  }

  /// Adds the bytes of an extended length; nil when they do not end in front of `sourceEnd`.
  @inline(__always)
  private func extend(
    _ length: inout Int, from start: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var next = unsafe start
    while unsafe next < sourceEnd {
      let byte = unsafe next.pointee
      unsafe next += 1
      length &+= Int(byte)
      if byte != BlockFormat.lengthContinues { return unsafe next }
    }
    return nil
  }
}
