import StubCryptoInstructions

/// Numbers of 256 bits, four words with the least first, and L, the order of the group (RFC 8032,
/// section 5.1).
enum Scalar25519 {
  /// Takes 32 bytes, the least first.
  static func decode(_ target: UnsafeMutablePointer<UInt64>, _ bytes: UnsafePointer<UInt8>) {
    var index = 0
    while index < 32 {
      let word = unsafe target + index &>> 3
      // After eight bytes, what was there before is gone.
      unsafe word.pointee = word.pointee &>> 8 | UInt64(bytes[index]) &<< 56
      index &+= 1
    }
  }

  /// Subtracts L from a number that is L or more, and tells whether it was.
  @inline(never)
  static func reduceOnce(_ number: UnsafeMutablePointer<UInt64>) -> Bool {
    let order = unsafe ed25519_l()
    var index = 4
    while index > 0 {
      index &-= 1
      if unsafe number[index] < order[index] { return false }
      if unsafe number[index] > order[index] { break }
    }
    var borrow: UInt64 = 0
    index = 0
    while index < 4 {
      let first = unsafe number[index].subtractingReportingOverflow(order[index])
      let second = first.partialValue.subtractingReportingOverflow(borrow)
      unsafe number[index] = second.partialValue
      borrow = first.overflow || second.overflow ? 1 : 0
      index &+= 1
    }
    return true
  }

  /// A digest of 64 bytes, the least first, modulo L: bit by bit.
  static func reduce(_ target: UnsafeMutablePointer<UInt64>, _ digest: UnsafePointer<UInt64>) {
    var index = 4
    while index > 0 {
      index &-= 1
      unsafe target[index] = 0
    }
    var bit = 512
    while bit > 0 {
      bit &-= 1
      // What is below L is below 2^253, so nothing is lost.
      var over = unsafe digest[bit &>> 6].byteSwapped &>> UInt64(bit & 63) & 1
      while index < 4 {
        let word = unsafe target[index]
        unsafe target[index] = word &<< 1 | over
        over = word &>> 63
        index &+= 1
      }
      index = 0
      _ = unsafe reduceOnce(target)
    }
  }

  static func bit(_ number: UnsafePointer<UInt64>, _ index: Int) -> Int {
    unsafe Int(truncatingIfNeeded: number[index &>> 6] &>> UInt64(index & 63) & 1)
  }
}
