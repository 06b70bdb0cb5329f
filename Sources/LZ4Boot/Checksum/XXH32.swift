/// XXH32 ("xxHash fast digest algorithm", XXH32 algorithm description).
///
/// It keeps nothing but its lanes. The bytes behind the last whole stripe stay where they are until
/// the end, and the caller knows how many bytes there were: `update` takes stripes, `digest` the
/// rest.
@safe
struct XXH32 {
  static let stripeByteCount = 16

  private static let prime1: UInt32 = 0x9E37_79B1
  private static let prime2: UInt32 = 0x85EB_CA77
  private static let prime3: UInt32 = 0xC2B2_AE3D
  private static let prime4: UInt32 = 0x27D4_EB2F
  private static let prime5: UInt32 = 0x1656_67B1

  private var lane1: UInt32 = 0
  private var lane2: UInt32 = 0
  private var lane3: UInt32 = 0
  private var lane4: UInt32 = 0

  /// To be replaced before use.
  static var unstarted: XXH32 { XXH32() }

  private init() {}

  init(seed: UInt32) {
    lane1 = seed &+ Self.prime1 &+ Self.prime2
    lane2 = seed &+ Self.prime2
    lane3 = seed
    lane4 = seed &- Self.prime1
  }

  /// The lanes, in two words.
  var packed: (UInt64, UInt64) {
    (UInt64(lane2) << 32 | UInt64(lane1), UInt64(lane4) << 32 | UInt64(lane3))
  }

  init(packed lanes: (UInt64, UInt64)) {
    lane1 = UInt32(truncatingIfNeeded: lanes.0)
    lane2 = UInt32(truncatingIfNeeded: lanes.0 >> 32)
    lane3 = UInt32(truncatingIfNeeded: lanes.1)
    lane4 = UInt32(truncatingIfNeeded: lanes.1 >> 32)
  }

  /// How many of `byteCount` bytes are in whole stripes.
  static func stripesByteCount(_ byteCount: Int) -> Int { byteCount & ~(stripeByteCount &- 1) }

  /// Takes whole stripes; `byteCount` is a multiple of a stripe's.
  ///
  /// A stripe makes every lane `rotate(lane + input * prime2) * prime1`. So that an in-order core
  /// waits for nothing but its multiplier, the loop goes from the middle of a stripe to the middle
  /// of the next: it multiplies the inputs of the next one while those of this one pass through the
  /// lanes, and leaves out a lane's last multiplication until it is added to. The lanes start inside
  /// the first products, as `0 * prime1 + (lane + input * prime2)`.
  @inline(never)
  mutating func update(_ start: UnsafeRawPointer, byteCount: Int) {
    guard byteCount > 0 else { return }
    // In locals, so that the four chains of multiplications stay in registers and overlap.
    var (a, b, c, d) = (UInt32(0), UInt32(0), UInt32(0), UInt32(0))
    var input = unsafe Self.products(start)
    input.0 &+= lane1
    input.1 &+= lane2
    input.2 &+= lane3
    input.3 &+= lane4
    var next = unsafe start + Self.stripeByteCount
    let end = unsafe start + byteCount
    while unsafe next < end {
      a = Self.mix(a, input.0)
      b = Self.mix(b, input.1)
      c = Self.mix(c, input.2)
      d = Self.mix(d, input.3)
      // SAFETY: whole stripes are left in front of `end`.
      input = unsafe Self.products(next)
      unsafe next += Self.stripeByteCount
    }
    lane1 = Self.mix(a, input.0) &* Self.prime1
    lane2 = Self.mix(b, input.1) &* Self.prime1
    lane3 = Self.mix(c, input.2) &* Self.prime1
    lane4 = Self.mix(d, input.3) &* Self.prime1
  }

  @inline(__always)
  private static func mix(_ lane: UInt32, _ input: UInt32) -> UInt32 {
    (lane &* prime1 &+ input).rotated(13)
  }

  /// The four inputs of a stripe, multiplied.
  @inline(__always)
  private static func products(
    _ stripe: UnsafeRawPointer
  ) -> (UInt32, UInt32, UInt32, UInt32) {
    let low = unsafe stripe.loadUnaligned(as: UInt64.self).littleEndian
    let high = unsafe (stripe + 8).loadUnaligned(as: UInt64.self).littleEndian
    return (
      UInt32(truncatingIfNeeded: low) &* prime2, UInt32(truncatingIfNeeded: low >> 32) &* prime2,
      UInt32(truncatingIfNeeded: high) &* prime2, UInt32(truncatingIfNeeded: high >> 32) &* prime2
    )
  }

  /// The digest of `byteCount` bytes: the stripes so far, and the fewer than 16 at `tail`.
  @inline(never) @_optimize(size)
  func digest(byteCount: UInt64, tail: UnsafeRawPointer) -> UInt32 {
    var hash =
      byteCount < 16
      // Nothing has changed the third lane yet: it is the seed.
      ? lane3 &+ Self.prime5
      : lane1.rotated(1) &+ lane2.rotated(7) &+ lane3.rotated(12) &+ lane4.rotated(18)
    hash &+= UInt32(truncatingIfNeeded: byteCount)
    var next = unsafe tail
    var left = Int(truncatingIfNeeded: byteCount % 16)
    while left >= 4 {
      hash &+= unsafe next.loadUnaligned(as: UInt32.self).littleEndian &* Self.prime3
      hash = hash.rotated(17) &* Self.prime4
      unsafe next += 4
      left &-= 4
    }
    while left > 0 {
      hash &+= unsafe UInt32(next.load(as: UInt8.self)) &* Self.prime5
      hash = hash.rotated(11) &* Self.prime1
      unsafe next += 1
      left &-= 1
    }
    hash = (hash ^ (hash >> 15)) &* Self.prime2
    hash = (hash ^ (hash >> 13)) &* Self.prime3
    return hash ^ (hash >> 16)
  }
}

extension UInt32 {
  @inline(__always)
  fileprivate func rotated(_ count: UInt32) -> UInt32 {
    (self &<< count) | (self &>> (32 &- count))
  }
}
