/// How much a hot round moves at once: what one core does best is not best on another.
#if arch(x86_64)
  /// Mispredictions cost most and wide copies nothing: 13 literals, and every match whose length is in the token.
  enum HotRound {
    static let matchNibbleMax = 14
    static let literalCountMax = 13

    struct Literals {
      private let low, high: UInt64

      @inline(__always)
      init(at source: UnsafePointer<UInt8>) {
        unsafe low = load64(source)
        unsafe high = load64(source + 8)
      }

      @inline(__always)
      func store(at target: UnsafeMutablePointer<UInt8>) {
        unsafe store64(low, at: target)
        unsafe store64(high, at: target + 8)
      }
    }

    @inline(__always)
    static func copyMatch(from match: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>)
    {
      unsafe copy16(from: match, to: target)
      unsafe copy8(from: match + 16, to: target + 16)
    }
  }
#else
  /// The Cortex-A53's single port to memory is what limits it: 8 literals, matches of 16 bytes.
  enum HotRound {
    static let matchNibbleMax = 12
    static let literalCountMax = 8

    struct Literals {
      private let bytes: UInt64

      @inline(__always)
      init(at source: UnsafePointer<UInt8>) { unsafe bytes = load64(source) }

      @inline(__always)
      func store(at target: UnsafeMutablePointer<UInt8>) { unsafe store64(bytes, at: target) }
    }

    @inline(__always)
    static func copyMatch(from match: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>)
    {
      unsafe copy16(from: match, to: target)
    }
  }
#endif
