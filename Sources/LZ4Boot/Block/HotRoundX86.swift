#if arch(x86_64)
  /// An out-of-order core waits for mispredictions and for the way from token to token. So nearly
  /// every round is a hot one: up to 14 literals and matches of up to 32 bytes, whether or not the
  /// length is extended. Tests one by one are predicted better than one of all.
  enum HotRound {
    /// 4 or 1, as `FastLoop.run` is written.
    static let groupRoundCount = 1
    /// [match offset:u16le][match length:u8][next token:u8][literals]
    static let sourceByteCountMax = 4 + literalCountMax
    static let literalCountMax = 14
    static let matchByteCountMax = 32
    private static let offsetMin = 8
    /// More literals than these are moved by steps, of which one is enough mostly: nothing to
    /// mispredict.
    static let shortLiteralCountMax = 14
    static let literalStep = 64

    /// In front of a match offset, with the next token loaded.
    @safe
    struct Reader {
      private var behindOffset: UnsafePointer<UInt8>
      private var token: Int
      /// Three bytes from the token. The next one is at the sum of this and `step`: an addition and
      /// a shift away from the token, and no displacement in the address, which costs a cycle.
      private var base: UnsafePointer<UInt8>
      /// All ones if the match length is extended.
      private var extensionMask: Int

      @inline(__always)
      init(at source: UnsafePointer<UInt8>, matchNibble: Int) {
        let extensionByteCount = (matchNibble &+ 1) >> 4
        unsafe behindOffset = source + 2
        // Not a load of a byte: the compiler would keep the token in one, and widen it each round.
        token = unsafe Int(load32(source + extensionByteCount) >> 16 & 0xFF)
        unsafe base = source + 5 + extensionByteCount
        extensionMask = 0 &- extensionByteCount
      }

      @inline(__always)
      var source: UnsafePointer<UInt8> { unsafe behindOffset - 2 }
      @inline(__always)
      var offset: Int { unsafe Int(load32(source) & 0xFFFF) }
      @inline(__always)
      func matchLength(_ matchNibble: Int) -> Int {
        unsafe matchNibble &+ BlockFormat.matchLengthMin
          &+ Int(behindOffset.pointee) & extensionMask
      }
      @inline(__always)
      var literalCount: Int { token >> 4 }
      @inline(__always)
      var nextMatchNibble: Int { token & 15 }

      /// Takes one hot round's.
      @inline(__always)
      mutating func take(_: Int) -> Literals {
        let literals = unsafe HotRound.literals(at: base - 2)
        let literalCount = self.literalCount
        // The literal count, and one more if the match length that follows is extended.
        let step = (token &+ 1) >> 4
        unsafe behindOffset = base + literalCount
        token = unsafe Int(base[step])
        unsafe base = base + step + 3
        extensionMask = literalCount &- step
        return literals
      }

      /// It never lags.
      @inline(__always)
      func catchUp(_: Int) {}

      /// What a long round starts with, if no length has more than one extension byte.
      @inline(__always)
      func fields(_ matchNibble: Int) -> Fields {
        unsafe Fields(
          matchLength: matchLength(matchNibble), nextToken: token, literals: base - 2)
      }
    }

    struct Room {
      let source, sourceEnd, target, targetEnd: Int
      /// That of another round of the group.
      static let tested = Room(source: 0, sourceEnd: 0, target: 0, targetEnd: 0)
      @inline(__always)
      var isThere: Bool { source <= sourceEnd && target <= targetEnd }
    }

    struct Offsets {
      private let windowStart: Int
      @inline(__always)
      init(windowStart: UnsafeMutablePointer<UInt8>, outputByteCount: Int) {
        self.windowStart = Int(bitPattern: windowStart)
      }
      /// Output changes nothing here, and none of this is left in the machine code. But without the
      /// comparison the compiler allocates other registers, and the loop is 4 % slower.
      @inline(__always)
      func areOutdated(by outputByteCount: Int) -> Bool { outputByteCount < 65_536 }
      /// Signed, as no object lies across the change of sign: so a match that wraps around below
      /// address 0 is outside of the window too.
      @inline(__always)
      func reach(_ match: UnsafePointer<UInt8>) -> Bool { Int(bitPattern: match) >= windowStart }
    }

    @inline(__always)
    static func fits(
      matchLength: Int, literalCount: Int, room: Room, offset: Int, match: UnsafePointer<UInt8>,
      in offsets: Offsets
    ) -> Bool {
      _fastPath(literalCount <= literalCountMax) && _fastPath(matchLength <= matchByteCountMax)
        && _fastPath(offset >= offsetMin) && _fastPath(unsafe offsets.reach(match))
        && _fastPath(room.source <= room.sourceEnd) && _fastPath(room.target <= room.targetEnd)
    }

    typealias Literals = (UInt64, UInt64)

    @inline(__always)
    static func literals(at source: UnsafePointer<UInt8>) -> Literals {
      unsafe (load64(source), load64(source + 8))
    }

    @inline(__always)
    static func store(_ literals: Literals, at target: UnsafeMutablePointer<UInt8>) {
      unsafe store64(literals.0, at: target)
      unsafe store64(literals.1, at: target + 8)
    }

    /// A load that a store just before it covers in part waits until that is in the cache. Loads of
    /// eight bytes seldom do, but many would behind a short match that is near: without a second
    /// half, the first is loaded twice.
    @inline(__always)
    static func copyMatch(
      from match: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, byteCount: Int
    ) {
      let half = (byteCount &- 1) & 16
      unsafe copy8(from: match, to: target)
      unsafe copy8(from: match + 8, to: target + 8)
      unsafe copy8(from: match + half, to: target + 16)
      unsafe copy8(from: match + half + 8, to: target + 24)
    }
  }
#endif
