/// XXH32, fed piece by piece ("xxHash fast digest algorithm", XXH32 algorithm description).
@safe
struct XXH32 {
  private static let prime1: UInt32 = 0x9E37_79B1
  private static let prime2: UInt32 = 0x85EB_CA77
  private static let prime3: UInt32 = 0xC2B2_AE3D
  private static let prime4: UInt32 = 0x27D4_EB2F
  private static let prime5: UInt32 = 0x1656_67B1
  private static let stripeByteCount = 16

  private var lane1, lane2, lane3, lane4: UInt32
  private(set) var byteCount: UInt64 = 0
  /// The start of a stripe whose end has not come yet: `byteCount % 16` bytes.
  private var stripe = Bytes16()

  init(seed: UInt32 = 0) {
    lane1 = seed &+ Self.prime1 &+ Self.prime2
    lane2 = seed &+ Self.prime2
    lane3 = seed
    lane4 = seed &- Self.prime1
  }

  mutating func update(_ start: UnsafeRawPointer, byteCount count: Int) {
    var next = unsafe start
    var left = count
    while left > 0 && byteCount % 16 != 0 {
      unsafe update(next.load(as: UInt8.self))
      unsafe next += 1
      left &-= 1
    }
    let stripesByteCount = left & ~(Self.stripeByteCount &- 1)
    unsafe consumeStripes(next, byteCount: stripesByteCount)
    unsafe next += stripesByteCount
    left &-= stripesByteCount
    while left > 0 {
      unsafe update(next.load(as: UInt8.self))
      unsafe next += 1
      left &-= 1
    }
  }

  mutating func update(_ byte: UInt8) {
    stripe.set(byte, at: Int(truncatingIfNeeded: byteCount % 16))
    byteCount &+= 1
    if byteCount % 16 == 0 {
      consume(stripe)
      stripe = Bytes16()
    }
  }

  func digest() -> UInt32 {
    var hash =
      byteCount < 16
      // Nothing has changed the third lane yet: it is the seed.
      ? lane3 &+ Self.prime5
      : lane1.rotated(1) &+ lane2.rotated(7) &+ lane3.rotated(12) &+ lane4.rotated(18)
    hash &+= UInt32(truncatingIfNeeded: byteCount)
    let count = Int(truncatingIfNeeded: byteCount % 16)
    var index = 0
    while count &- index >= 4 {
      hash &+= UInt32(truncatingIfNeeded: stripe.word(at: index)) &* Self.prime3
      hash = hash.rotated(17) &* Self.prime4
      index &+= 4
    }
    while index < count {
      hash &+= UInt32(stripe[index]) &* Self.prime5
      hash = hash.rotated(11) &* Self.prime1
      index &+= 1
    }
    hash = (hash ^ (hash >> 15)) &* Self.prime2
    hash = (hash ^ (hash >> 13)) &* Self.prime3
    return hash ^ (hash >> 16)
  }

  private mutating func consume(_ stripe: Bytes16) {
    lane1 = Self.round(lane1, UInt32(truncatingIfNeeded: stripe.low))
    lane2 = Self.round(lane2, UInt32(truncatingIfNeeded: stripe.low >> 32))
    lane3 = Self.round(lane3, UInt32(truncatingIfNeeded: stripe.high))
    lane4 = Self.round(lane4, UInt32(truncatingIfNeeded: stripe.high >> 32))
  }

  /// `byteCount` is a multiple of a stripe's.
  private mutating func consumeStripes(_ start: UnsafeRawPointer, byteCount: Int) {
    // In locals, so that the four chains of multiplications stay in registers and overlap.
    var (a, b, c, d) = (lane1, lane2, lane3, lane4)
    var position = 0
    while position < byteCount {
      let low = unsafe (start + position).loadUnaligned(as: UInt64.self).littleEndian
      let high = unsafe (start + (position &+ 8)).loadUnaligned(as: UInt64.self).littleEndian
      a = Self.round(a, UInt32(truncatingIfNeeded: low))
      b = Self.round(b, UInt32(truncatingIfNeeded: low >> 32))
      c = Self.round(c, UInt32(truncatingIfNeeded: high))
      d = Self.round(d, UInt32(truncatingIfNeeded: high >> 32))
      position &+= Self.stripeByteCount
    }
    (lane1, lane2, lane3, lane4) = (a, b, c, d)
    self.byteCount &+= UInt64(count: byteCount)
  }

  @inline(__always)
  private static func round(_ lane: UInt32, _ input: UInt32) -> UInt32 {
    (lane &+ input &* prime2).rotated(13) &* prime1
  }
}

extension UInt32 {
  @inline(__always)
  fileprivate func rotated(_ count: UInt32) -> UInt32 {
    (self &<< count) | (self &>> (32 &- count))
  }
}
