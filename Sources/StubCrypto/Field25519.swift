import StubCryptoInstructions

/// A number modulo p = 2^255 - 19 (RFC 8032, section 5.1): five limbs of 51 bits, the least first.
///
/// Between calls every limb is below 2^52, so that a number has several forms; bytes have the one
/// below p. A target may be one of the operands.
typealias FieldElement = UnsafeMutablePointer<UInt64>

enum Field25519 {
  static let limbCount = 5
  private static let limbBits: UInt64 = 51
  private static let limbMask: UInt64 = 1 << 51 - 1

  static func set(_ target: FieldElement, _ value: UInt64) {
    var index = limbCount
    while index > 0 {
      index &-= 1
      unsafe target[index] = 0
    }
    unsafe target[0] = value
  }

  @inline(never)
  static func add(_ target: FieldElement, _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>) {
    var index = 0
    while index < limbCount {
      unsafe target[index] = a[index] &+ b[index]
      index &+= 1
    }
    unsafe carry(target)
  }

  @inline(never)
  static func subtract(
    _ target: FieldElement, _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>
  ) {
    // The limbs of 4p, each above any of b's: no difference is negative, and all are below 2^54.
    var multiple: UInt64 = 4 &* (limbMask &- 18)
    var index = 0
    while index < limbCount {
      unsafe target[index] = a[index] &+ multiple &- b[index]
      multiple = 4 &* limbMask
      index &+= 1
    }
    unsafe carry(target)
  }

  /// Brings limbs below 2^60 to less than 2^51, the first one to hardly more; 2^255 is 19.
  @inline(never)
  private static func carry(_ target: FieldElement) {
    var over: UInt64 = 0
    var index = 0
    while index < limbCount {
      let limb = unsafe target[index] &+ over
      unsafe target[index] = limb & limbMask
      over = limb &>> limbBits
      index &+= 1
    }
    unsafe target[0] &+= 19 &* over
  }

  /// Limbs below 2^52 have products below 2^104. A column adds five, at most four of them 19 times:
  /// less than 2^111, which makes every carry less than 2^60.
  @inline(never)
  static func multiply(
    _ target: FieldElement, _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>
  ) {
    // The limbs of 19b, which stand for those of b times 2^255, and of b; then of a.
    var factors = InlineArray<15, UInt64>(repeating: 0)
    var index = 0
    // SAFETY: index is below 5, and so is each of the two in the loops below.
    while index < limbCount {
      unsafe factors[unchecked: index] = 19 &* b[index]
      unsafe factors[unchecked: limbCount &+ index] = b[index]
      unsafe factors[unchecked: 2 &* limbCount &+ index] = a[index]
      index &+= 1
    }
    var over: UInt64 = 0
    var column = 0
    while column < limbCount {
      var (low, high) = (over, 0 as UInt64)
      index = 0
      while index < limbCount {
        let product = unsafe factors[unchecked: 2 &* limbCount &+ index].multipliedFullWidth(
          by: factors[unchecked: limbCount &+ column &- index])
        let sum = low.addingReportingOverflow(product.low)
        low = sum.partialValue
        high = high &+ product.high &+ (sum.overflow ? 1 : 0)
        index &+= 1
      }
      unsafe target[column] = low & limbMask
      over = high &<< (64 &- limbBits) | low &>> limbBits
      column &+= 1
    }
    // Still below 2^60, as no product of the last column is taken 19 times.
    unsafe target[0] &+= 19 &* over
    unsafe carry(target)
  }

  /// a^(2^252 - 3), by which square roots and inverses are made. The target is not an operand.
  @inline(never)
  static func power(_ target: FieldElement, _ a: UnsafePointer<UInt64>) {
    unsafe set(target, 1)
    // The exponent's 252 bits: all ones but the last but one.
    var left = 252
    while left > 0 {
      left &-= 1
      unsafe multiply(target, target, target)
      if left != 1 { unsafe multiply(target, target, a) }
    }
  }

  /// Takes the 255 bits of 32 bytes, also where they are p or more, and returns the last one.
  static func decode(_ target: FieldElement, _ bytes: UnsafePointer<UInt8>) -> UInt64 {
    var next = unsafe bytes
    var (bits, bitCount) = (0 as UInt64, 0 as UInt64)
    var index = 0
    // SAFETY: five times 51 bits end in the last byte.
    while index < limbCount {
      while bitCount < limbBits {
        unsafe bits |= UInt64(next.pointee) &<< bitCount
        unsafe next += 1
        bitCount &+= 8
      }
      unsafe target[index] = bits & limbMask
      bits &>>= limbBits
      bitCount &-= limbBits
      index &+= 1
    }
    return bits
  }

  /// Writes the 32 bytes of the form below p; `a` gets another value.
  @inline(never)
  static func encode(_ bytes: UnsafeMutablePointer<UInt8>, _ a: FieldElement) {
    // Twice, so that what the first limb has too much is carried too: below 2^255.
    unsafe carry(a)
    unsafe carry(a)
    // From p on, 19 more go beyond 2^255 and so become 19 again. Now it is 19 too much in any case,
    unsafe a[0] &+= 19
    unsafe carry(a)
    // and with 2^255 - 19 more, 2^255 too much, which is not written.
    var (bits, bitCount, over) = (0 as UInt64, 0 as UInt64, limbMask &- 18)
    var next = unsafe bytes
    var index = 0
    // SAFETY: five times 51 bits are 31 bytes and seven bits.
    while index < limbCount {
      let limb = unsafe a[index] &+ over
      bits |= (limb & limbMask) &<< bitCount
      over = limbMask &+ limb &>> limbBits
      bitCount &+= limbBits
      while bitCount >= 8 {
        unsafe next.pointee = UInt8(truncatingIfNeeded: bits)
        unsafe next += 1
        bits &>>= 8
        bitCount &-= 8
      }
      index &+= 1
    }
    unsafe next.pointee = UInt8(truncatingIfNeeded: bits)
  }
}
