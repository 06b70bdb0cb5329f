import StubCryptoInstructions

/// SHA-512 (FIPS 180-4), byte by byte: small, not fast.
@safe
struct SHA512 {
  /// Its first eight words are the digest after `finish`. As bytes, each is big-endian.
  let state: UnsafeMutablePointer<UInt64>
  private var byteCount: UInt64 = 0

  /// - Parameter memory: 112 words: the state, sixteen of the schedule, and the variables of all rounds.
  init(memory: UnsafeMutablePointer<UInt64>) {
    unsafe state = memory
    var index = 0
    while index < 8 {
      unsafe state[index] = sha512_start()[index]
      index &+= 1
    }
  }

  mutating func update(_ bytes: UnsafePointer<UInt8>, byteCount: Int) {
    var index = 0
    while index < byteCount {
      unsafe take(bytes[index])
      index &+= 1
    }
  }

  /// Section 5.1.2: behind the message come a bit, zeros, and the message's number of bits.
  mutating func finish() {
    let bits = byteCount &<< 3
    var byte: UInt8 = 0x80
    repeat {
      take(byte)
      byte = 0
    } while byteCount & 127 != 112
    var bytesLeft: UInt64 = 16
    while bytesLeft > 0 {
      bytesLeft &-= 1
      // Not the masking shift: the number has 16 bytes.
      take(UInt8(truncatingIfNeeded: bits >> (8 &* bytesLeft)))
    }
  }

  @inline(never)
  private mutating func take(_ byte: UInt8) {
    // SAFETY: below 16, in the schedule.
    let word = unsafe state + 8 + Int(truncatingIfNeeded: byteCount &>> 3 & 15)
    // What was there before is pushed out.
    unsafe word.pointee = word.pointee &<< 8 | UInt64(byte)
    byteCount &+= 1
    if byteCount & 127 == 0 { takeBlock() }
  }

  /// Section 6.4.2. As in SHA-256, the variables a to h stay where they are from round to round, as
  /// they move one place on by being counted from one place less.
  private func takeBlock() {
    let schedule = unsafe state + 8
    var variables = unsafe schedule + 16 + 80
    var index = 0
    while index < 8 {
      unsafe variables[index] = state[index]
      index &+= 1
    }
    var round = 0
    // SAFETY: rounds are below 80, places in the schedule below 16.
    while round < 80 {
      var word = unsafe schedule[round & 15]
      if round >= 16 {
        let early = unsafe schedule[(round &+ 1) & 15]
        let late = unsafe schedule[(round &+ 14) & 15]
        word &+= unsafe schedule[(round &+ 9) & 15]
        word &+= early.rotated(1) ^ early.rotated(8) ^ early &>> 7
        word &+= late.rotated(19) ^ late.rotated(61) ^ late &>> 6
        unsafe schedule[round & 15] = word
      }
      let (a, b, c) = unsafe (variables[0], variables[1], variables[2])
      let (e, f, g) = unsafe (variables[4], variables[5], variables[6])
      word &+= unsafe variables[7] &+ sha512_constants()[round]
      word &+= (g ^ e & (f ^ g)) &+ (e.rotated(14) ^ e.rotated(18) ^ e.rotated(41))
      unsafe variables[3] &+= word
      word &+= (a & b | c & (a | b)) &+ (a.rotated(28) ^ a.rotated(34) ^ a.rotated(39))
      unsafe variables -= 1
      unsafe variables[0] = word
      round &+= 1
    }
    while index > 0 {
      index &-= 1
      unsafe state[index] &+= variables[index]
    }
  }
}

/// SHA-512, in one piece.
///
/// - Parameter digest: room for eight words. As bytes, each is big-endian.
@c(stub_sha512)
public func sha512(
  _ bytes: UnsafePointer<UInt8>, byteCount: Int, digest: UnsafeMutablePointer<UInt64>
) {
  unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 112) { memory in
    var hash = unsafe SHA512(memory: memory.baseAddress.unsafelyUnwrapped)
    unsafe hash.update(bytes, byteCount: byteCount)
    hash.finish()
    for index in 0..<8 { unsafe digest[index] = hash.state[index] }
  }
}

extension UInt64 {
  /// Rotated to the right.
  @inline(__always)
  fileprivate func rotated(_ count: UInt64) -> UInt64 {
    self &>> count | self &<< (64 &- count)
  }
}
