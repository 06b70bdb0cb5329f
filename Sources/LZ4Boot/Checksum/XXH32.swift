/// XXH32, fed piece by piece ("xxHash fast digest algorithm", XXH32 algorithm description).
@safe
struct XXH32 {
  private static let prime1: UInt32 = 0x9E37_79B1
  private static let prime2: UInt32 = 0x85EB_CA77
  private static let prime3: UInt32 = 0xC2B2_AE3D
  private static let prime4: UInt32 = 0x27D4_EB2F
  private static let prime5: UInt32 = 0x1656_67B1
  private static let stripeByteCount = 16

  private var seed: UInt32
  private var lane1, lane2, lane3, lane4: UInt32
  private var byteCount: UInt64 = 0
  /// The start of a stripe whose end has not come yet: `byteCount % 16` bytes.
  private var stripe = (UInt64(0), UInt64(0))

  init(seed: UInt32 = 0) {
    self.seed = seed
    lane1 = seed &+ Self.prime1 &+ Self.prime2
    lane2 = seed &+ Self.prime2
    lane3 = seed
    lane4 = seed &- Self.prime1
  }

  mutating func update(_ start: UnsafeRawPointer, byteCount count: Int) {
    var next = unsafe start
    var left = count
    let filled = Int(byteCount % 16)
    byteCount &+= UInt64(count)
    if filled > 0 {
      let taken = min(Self.stripeByteCount &- filled, left)
      unsafe fill(from: next, byteCount: taken, at: filled)
      unsafe next += taken
      left &-= taken
      guard filled &+ taken == Self.stripeByteCount else { return }
      consume(stripe.0, stripe.1)
    }
    unsafe next += consumeStripes(next, byteCount: left)
    unsafe fill(from: next, byteCount: left % 16, at: 0)
  }

  mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe update(start, byteCount: buffer.count)
    }
  }

  func digest() -> UInt32 {
    var hash =
      byteCount < 16
      ? seed &+ Self.prime5
      : lane1.rotated(1) &+ lane2.rotated(7) &+ lane3.rotated(12) &+ lane4.rotated(18)
    hash &+= UInt32(truncatingIfNeeded: byteCount)
    var words = stripe
    var left = Int(byteCount % 16)
    while left >= 4 {
      hash &+= UInt32(truncatingIfNeeded: words.0) &* Self.prime3
      hash = hash.rotated(17) &* Self.prime4
      words = ((words.0 >> 32) | (words.1 << 32), words.1 >> 32)
      left &-= 4
    }
    while left > 0 {
      hash &+= UInt32(truncatingIfNeeded: words.0 & 0xFF) &* Self.prime5
      hash = hash.rotated(11) &* Self.prime1
      words.0 >>= 8
      left &-= 1
    }
    hash = (hash ^ (hash >> 15)) &* Self.prime2
    hash = (hash ^ (hash >> 13)) &* Self.prime3
    return hash ^ (hash >> 16)
  }

  private mutating func consume(_ low: UInt64, _ high: UInt64) {
    lane1 = Self.round(lane1, UInt32(truncatingIfNeeded: low))
    lane2 = Self.round(lane2, UInt32(truncatingIfNeeded: low >> 32))
    lane3 = Self.round(lane3, UInt32(truncatingIfNeeded: high))
    lane4 = Self.round(lane4, UInt32(truncatingIfNeeded: high >> 32))
  }

  /// Consumes whole stripes only and returns how many bytes they were.
  private mutating func consumeStripes(_ start: UnsafeRawPointer, byteCount: Int) -> Int {
    // In locals, so that the four chains of multiplications stay in registers and overlap.
    var (a, b, c, d) = (lane1, lane2, lane3, lane4)
    let end = byteCount &- byteCount % Self.stripeByteCount
    var position = 0
    while position < end {
      let low = unsafe (start + position).loadUnaligned(as: UInt64.self).littleEndian
      let high = unsafe (start + (position &+ 8)).loadUnaligned(as: UInt64.self).littleEndian
      a = Self.round(a, UInt32(truncatingIfNeeded: low))
      b = Self.round(b, UInt32(truncatingIfNeeded: low >> 32))
      c = Self.round(c, UInt32(truncatingIfNeeded: high))
      d = Self.round(d, UInt32(truncatingIfNeeded: high >> 32))
      position &+= Self.stripeByteCount
    }
    (lane1, lane2, lane3, lane4) = (a, b, c, d)
    return end
  }

  @inline(__always)
  private static func round(_ lane: UInt32, _ input: UInt32) -> UInt32 {
    (lane &+ input &* prime2).rotated(13) &* prime1
  }

  /// Puts bytes into the stripe that is being collected.
  private mutating func fill(from source: UnsafeRawPointer, byteCount: Int, at index: Int) {
    if index == 0 { stripe = (0, 0) }
    for step in 0..<byteCount {
      let byte = unsafe UInt64(source.load(fromByteOffset: step, as: UInt8.self))
      let position = index &+ step
      if position < 8 {
        stripe.0 |= byte << UInt64(8 &* position)
      } else {
        stripe.1 |= byte << UInt64(8 &* (position &- 8))
      }
    }
  }
}

extension UInt32 {
  @inline(__always)
  fileprivate func rotated(_ count: UInt32) -> UInt32 {
    (self << count) | (self >> (32 &- count))
  }
}
