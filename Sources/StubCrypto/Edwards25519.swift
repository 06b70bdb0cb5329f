import StubCryptoInstructions

/// A point of the curve -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032, section 5.1) in extended homogeneous
/// coordinates (section 5.1.4): four field elements X, Y, Z and T, where x = X/Z, y = Y/Z, xy = T/Z.
typealias CurvePoint = UnsafeMutablePointer<UInt64>

enum Edwards25519 {
  static let pointWordCount = 4 * Field25519.limbCount
  /// What each function needs to work in.
  static let scratchWordCount = 5 * Field25519.limbCount

  private static let y = Field25519.limbCount
  private static let z = 2 * Field25519.limbCount
  private static let t = 3 * Field25519.limbCount

  /// The neutral point, (0, 1).
  static func setNeutral(_ target: CurvePoint) {
    unsafe Field25519.set(target, 0)
    unsafe Field25519.set(target + y, 1)
    unsafe Field25519.set(target + z, 1)
    unsafe Field25519.set(target + t, 0)
  }

  /// Adds any two points (section 5.1.4): for this curve the formula has no exceptions, so it also
  /// doubles. The target may be one of them.
  @inline(never)
  static func add(
    _ target: CurvePoint, _ p: CurvePoint, _ q: CurvePoint, scratch: UnsafeMutablePointer<UInt64>
  ) {
    typealias F = Field25519
    let a = unsafe scratch
    let b = unsafe a + F.limbCount
    let c = unsafe b + F.limbCount
    let d = unsafe c + F.limbCount
    let e = unsafe d + F.limbCount
    unsafe F.subtract(a, p + y, p)
    unsafe F.subtract(b, q + y, q)
    unsafe F.multiply(a, a, b)
    unsafe F.add(b, p + y, p)
    unsafe F.add(c, q + y, q)
    unsafe F.multiply(b, b, c)
    unsafe F.multiply(c, p + t, q + t)
    unsafe F.multiply(c, c, ed25519_curve_d())
    unsafe F.add(c, c, c)
    unsafe F.multiply(d, p + z, q + z)
    unsafe F.add(d, d, d)
    unsafe F.subtract(e, b, a)
    unsafe F.add(b, b, a)
    unsafe F.subtract(a, d, c)
    unsafe F.add(d, d, c)
    unsafe F.multiply(target, e, a)
    unsafe F.multiply(target + y, d, b)
    unsafe F.multiply(target + z, a, d)
    unsafe F.multiply(target + t, e, b)
  }

  /// Writes the 32 bytes of a point (section 5.1.2), which gets other coordinates.
  @inline(never)
  static func encode(
    _ bytes: UnsafeMutablePointer<UInt8>, _ p: CurvePoint, scratch: UnsafeMutablePointer<UInt64>
  ) {
    typealias F = Field25519
    // 1/z = z^(p - 2) = (z^(2^252 - 3))^8 z^3.
    let inverse = unsafe scratch
    unsafe F.power(inverse, p + z)
    var index = 0
    while index < 6 {
      unsafe F.multiply(inverse, inverse, index < 3 ? inverse : p + z)
      index &+= 1
    }
    unsafe F.multiply(p, p, inverse)
    unsafe F.multiply(p + y, p + y, inverse)
    unsafe F.encode(bytes, p)
    let sign = unsafe bytes[0] &<< 7
    unsafe F.encode(bytes, p + y)
    unsafe bytes[31] |= sign
  }

  /// Makes the negative of the point of 32 bytes (section 5.1.3). False if they are not the encoding of
  /// a point: y is p or more, or no point has it, or x is 0 and its sign is not.
  @inline(never)
  static func decodeNegative(
    _ target: CurvePoint, _ bytes: UnsafePointer<UInt8>, scratch: UnsafeMutablePointer<UInt64>
  ) -> Bool {
    typealias F = Field25519
    let u = unsafe scratch
    let v = unsafe u + F.limbCount
    let a = unsafe v + F.limbCount
    let b = unsafe a + F.limbCount
    let encoded = unsafe UnsafeMutableRawPointer(b + F.limbCount)
      .assumingMemoryBound(to: UInt8.self)
    unsafe setNeutral(target)
    let sign = unsafe F.decode(target + y, bytes)

    // x^2 = u / v, where u = y^2 - 1 and v = d y^2 + 1.
    unsafe F.multiply(u, target + y, target + y)
    unsafe F.multiply(v, u, ed25519_curve_d())
    unsafe F.subtract(u, u, target + z)
    unsafe F.add(v, v, target + z)
    // If there is a root, it is u v^3 (u v^7)^((p - 5) / 8), or that times a root of -1.
    unsafe F.multiply(a, v, v)
    unsafe F.multiply(a, a, v)
    unsafe F.multiply(target, a, u)
    unsafe F.multiply(a, a, a)
    unsafe F.multiply(a, a, v)
    unsafe F.multiply(a, a, u)
    unsafe F.power(b, a)
    unsafe F.multiply(target, target, b)
    var attemptsLeft = 2
    while true {
      unsafe F.multiply(a, target, target)
      unsafe F.multiply(a, a, v)
      unsafe F.subtract(a, a, u)
      unsafe F.encode(encoded, a)
      if unsafe isZero(encoded) { break }
      attemptsLeft &-= 1
      if attemptsLeft == 0 { return false }
      unsafe F.multiply(target, target, ed25519_square_root_of_minus_1())
    }

    unsafe F.set(v, 0)
    unsafe F.subtract(a, v, target)
    unsafe F.encode(encoded, a)
    if unsafe sign != 0 && isZero(encoded) { return false }
    // The negative has the other sign than the bytes.
    if unsafe UInt64(encoded[0] & 1) != sign { unsafe F.subtract(target, v, target) }
    unsafe F.multiply(target + t, target, target + y)

    unsafe F.add(a, target + y, v)
    unsafe F.encode(encoded, a)
    unsafe encoded[31] |= UInt8(truncatingIfNeeded: sign &<< 7)
    return unsafe isEqual(encoded, bytes)
  }

  private static func isZero(_ bytes: UnsafePointer<UInt8>) -> Bool {
    var difference: UInt8 = 0
    var index = 32
    while index > 0 {
      index &-= 1
      unsafe difference |= bytes[index]
    }
    return difference == 0
  }

  @inline(never)
  static func isEqual(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>) -> Bool {
    var difference: UInt8 = 0
    var index = 32
    while index > 0 {
      index &-= 1
      unsafe difference |= a[index] ^ b[index]
    }
    return difference == 0
  }
}
