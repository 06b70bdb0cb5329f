/// What a hot round does at once. What one core does best is not best on another: this is all that
/// differs.
#if arch(x86_64)
  /// An out-of-order core predicts tests one by one better, and gets a load sooner that one earlier
  /// store covers: up to 13 literals, matches of up to 16 bytes by halves, and so offsets from 8
  /// on.
  enum HotRound {
    private static let matchNibbleMax = 12
    private static let literalCountMax = 13
    private static let offsetMin = 8

    @inline(__always)
    static func fits(
      matchNibble: Int, literalCount: Int, offset: Int, budget: Int, reach: Int
    ) -> Bool {
      _fastPath(matchNibble <= matchNibbleMax) && _fastPath(literalCount <= literalCountMax)
        && _fastPath(offset >= offsetMin) && _fastPath(budget >= 0) && _fastPath(reach >= 0)
    }

    @inline(__always)
    static func isFar(_ offset: Int) -> Bool { false }

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

    @inline(__always)
    static func copyMatch(from match: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>)
    {
      unsafe copy8(from: match, to: target)
      unsafe copy8(from: match + 8, to: target + 8)
    }
  }
#else
  /// On the Cortex-A53 the port to memory and mispredictions are what limits: up to 8 literals,
  /// matches of up to 16 bytes by one pair of registers, and so offsets from 16 on, all tested at
  /// once.
  enum HotRound {
    private static let matchNibbleMax = 12
    private static let literalCountMax = 8
    private static let offsetMin = 16

    @inline(__always)
    static func fits(
      matchNibble: Int, literalCount: Int, offset: Int, budget: Int, reach: Int
    ) -> Bool {
      // Negative if any of these is.
      let differences =
        ((matchNibbleMax &- matchNibble) | (literalCountMax &- literalCount))
        | ((offset &- offsetMin) | budget) | reach
      return _fastPath(differences >= 0)
    }

    /// Whether pairs of registers may be used: the second half of a pair is loaded before the first
    /// is stored.
    @inline(__always)
    static func isFar(_ offset: Int) -> Bool { offset >= offsetMin }

    typealias Literals = UInt64

    @inline(__always)
    static func literals(at source: UnsafePointer<UInt8>) -> Literals { unsafe load64(source) }

    @inline(__always)
    static func store(_ literals: Literals, at target: UnsafeMutablePointer<UInt8>) {
      unsafe store64(literals, at: target)
    }

    @inline(__always)
    static func copyMatch(from match: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>)
    {
      unsafe copy16(from: match, to: target)
    }
  }
#endif
