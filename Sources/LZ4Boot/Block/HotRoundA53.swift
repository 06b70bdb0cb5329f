#if !arch(x86_64)
  /// On the Cortex-A53 the port to memory and mispredictions are what limits: up to 8 literals,
  /// matches of up to 16 bytes by one pair of registers, and so offsets from 16 on, all tested at
  /// once.
  enum HotRound {
    /// One test for room and fewer moves between registers. 4 or 1, as `FastLoop.run` is written.
    static let groupRoundCount = 4
    /// [match offset:u16le][next token:u8][literals]
    static let sourceByteCountMax = 3 + literalCountMax
    static let literalCountMax = 8
    static let matchByteCountMax = 16
    private static let offsetMin = 16
    /// More literals than these are moved by steps.
    static let shortLiteralCountMax = 16
    static let literalStep = 32

    /// In front of a match offset, with the header loaded. `source` lags behind by the headers of
    /// the group's rounds done, so that the address of the next header is one addition away from
    /// the literal count.
    @safe
    struct Reader {
      private(set) var source: UnsafePointer<UInt8>
      /// [match offset:u16le][next token:u8][first literal:u8], at `source`.
      private var header: UInt32
      /// Where `source` is going to be if this round is a hot one. Known as soon as the header is,
      /// so that the next load need not wait for it.
      private var behindLiterals: UnsafePointer<UInt8>

      private static let headerByteCount = 3

      @inline(__always)
      init(at source: UnsafePointer<UInt8>, matchNibble: Int) {
        unsafe self.source = source
        header = unsafe load32(source)
        unsafe behindLiterals = source + Int((header >> 20) & 15)
      }

      @inline(__always)
      var offset: UInt16 { UInt16(truncatingIfNeeded: header) }
      @inline(__always)
      func matchLength(_ matchNibble: Int) -> Int { matchNibble &+ BlockFormat.matchLengthMin }
      @inline(__always)
      var literalCount: Int { Int((header >> 20) & 15) }
      @inline(__always)
      var nextMatchNibble: Int { Int((header >> 16) & 15) }

      /// Takes one hot round's.
      @inline(__always)
      mutating func take(_ index: Int) -> Literals {
        unsafe header = load32(behindLiterals + Self.headerByteCount * (index &+ 1))
        let literals = unsafe HotRound.literals(at: source + Self.headerByteCount * (index &+ 1))
        unsafe source = behindLiterals
        unsafe behindLiterals = source + literalCount
        return literals
      }

      @inline(__always)
      mutating func catchUp(_ roundCount: Int) {
        unsafe source += roundCount &* Self.headerByteCount
        unsafe behindLiterals += roundCount &* Self.headerByteCount
      }

      /// What a long round starts with, if no length has more than one extension byte.
      @inline(__always)
      func fields(_ matchNibble: Int) -> Fields {
        var nextToken = Int(header >> 16) & 0xFF
        var length = matchLength(matchNibble)
        var next = unsafe source + Self.headerByteCount
        if matchNibble == BlockFormat.extendedLength {
          // [match offset:u16le][match length:u8][next token:u8]
          length &+= nextToken
          nextToken = Int(header >> 24)
          unsafe next += 1
        }
        return unsafe Fields(matchLength: length, nextToken: nextToken, literals: next)
      }
    }

    struct Room {
      /// Negative if there is none.
      fileprivate let margin: Int
      /// That of another round of the group.
      static let tested = Room(margin: 0)
      private init(margin: Int) { self.margin = margin }
      @inline(__always)
      init(source: Int, sourceEnd: Int, target: Int, targetEnd: Int) {
        margin = (sourceEnd &- source) | (targetEnd &- target)
      }
      @inline(__always)
      var isThere: Bool { margin >= 0 }
    }

    /// 16 up to the bytes of output so far, in a form for one comparison that needs no flags.
    struct Offsets {
      private let last: UInt32
      private let span: Int

      @inline(__always)
      init(windowStart: UnsafeMutablePointer<UInt8>, outputByteCount: Int) {
        let max = min(outputByteCount, 65_535)
        last = UInt32(truncatingIfNeeded: max) << 16
        span = (max &- offsetMin) << 16
      }

      /// Whether output may have added some: not once they are complete.
      @inline(__always)
      func areOutdated(by outputByteCount: Int) -> Bool { last != 65_535 << 16 }

      /// Negative if it is none of them. In the upper half of a word, so that an offset too large
      /// wraps around, as one too small is far from the last.
      @inline(__always)
      func margin(of offset: UInt16) -> Int { span &- Int(last &- UInt32(offset) << 16) }
    }

    @inline(__always)
    static func fits(
      matchLength: Int, literalCount: Int, room: Room, offset: UInt16,
      match: UnsafePointer<UInt8>, in offsets: Offsets
    ) -> Bool {
      // Negative if any of these is.
      let differences =
        ((matchByteCountMax &- matchLength) | (literalCountMax &- literalCount))
        | offsets.margin(of: offset) | room.margin
      return _fastPath(differences >= 0)
    }

    typealias Literals = UInt64

    @inline(__always)
    static func literals(at source: UnsafePointer<UInt8>) -> Literals { unsafe load64(source) }

    @inline(__always)
    static func store(_ literals: Literals, at target: UnsafeMutablePointer<UInt8>) {
      unsafe store64(literals, at: target)
    }

    @inline(__always)
    static func copyMatch(
      from match: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, byteCount: Int
    ) {
      unsafe copy16(from: match, to: target)
    }
  }
#endif
