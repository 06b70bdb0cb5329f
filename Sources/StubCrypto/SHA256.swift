import StubCryptoInstructions

/// What takes blocks of 64 bytes: `sha256BlocksPortable`, or on AArch64 `sha256_blocks` and, for boot
/// code, `sha256_blocks_of_core`. The first argument is a state of eight words with room for 136 more.
public typealias SHA256Blocks =
  @convention(c) (UnsafeMutablePointer<UInt32>, UnsafePointer<UInt8>, Int) -> Void

/// SHA-256 (FIPS 180-4), in one piece.
///
/// - Parameters:
///   - blocks: what takes the blocks.
///   - memory: `SHA256_MEMORY_WORDS` words, of which the first eight are then the digest. As bytes,
///     each is big-endian.
@c(stub_sha256)
public func sha256(
  _ bytes: UnsafePointer<UInt8>, byteCount: Int, blocks: SHA256Blocks,
  memory state: UnsafeMutablePointer<UInt32>
) {
  // Behind the state and what the blocks need, two blocks.
  let last = unsafe UnsafeMutableRawPointer(state + 8 + 136).assumingMemoryBound(to: UInt8.self)
  var index = 0
  while index < 8 {
    unsafe state[index] = sha256_start()[index]
    index &+= 1
  }
  unsafe blocks(state, bytes, byteCount &>> 6)

  // Section 5.1.1: the rest of the message, a bit, zeros, and the message's number of bits.
  // SAFETY: a rest of at most 63 bytes, and nine, are at most two blocks.
  let restByteCount = byteCount & 63
  let rest = unsafe bytes + (byteCount &- restByteCount)
  let lastByteCount = (restByteCount &+ 9 &+ 63) & ~63
  var bits = UInt64(truncatingIfNeeded: byteCount) &<< 3
  // Backwards, so that the number comes first; above its eight bytes it is 0.
  index = lastByteCount
  while index > 0 {
    index &-= 1
    unsafe last[index] = UInt8(truncatingIfNeeded: bits)
    bits &>>= 8
    if index == restByteCount { unsafe last[index] = 0x80 }
    if index < restByteCount { unsafe last[index] = rest[index] }
  }
  unsafe blocks(state, last, lastByteCount &>> 6)
}

/// Takes blocks of 64 bytes in general registers (FIPS 180-4, section 6.2.2).
///
/// Small, not fast: one loop for everything. The variables a to h lie in memory and stay where they are
/// from round to round, as they move one place on by being counted from one place less. Only a new a is
/// put in front of them, and a new e in the place of d. Bytes are loaded as bytes, so that data needs no
/// alignment.
///
/// Loops are of a kind that the compiler does not unroll, in spite of `-Osize`: not `for`.
@c(sha256_blocks_portable)
public func sha256BlocksPortable(
  _ state: UnsafeMutablePointer<UInt32>, _ data: UnsafePointer<UInt8>, _ blockCount: Int
) {
  let schedule = unsafe state + 8
  var next = unsafe data
  let end = unsafe data + blockCount &* 64
  // SAFETY: rounds are below 64, and a block is left in front of `end`.
  while unsafe next < end {
    var variables = unsafe schedule + 64 + 64
    var index = 0
    while index < 8 {
      unsafe variables[index] = state[index]
      index &+= 1
    }
    for round in 0..<64 {
      let row = unsafe schedule + round
      var word: UInt32 = 0
      if round < 16 {
        for _ in 0..<4 {
          word = unsafe word &<< 8 | UInt32(next.pointee)
          unsafe next += 1
        }
      } else {
        let (early, late) = unsafe (row[-15], row[-2])
        word = unsafe row[-16] &+ row[-7]
        word &+= early.rotated(7) ^ early.rotated(18) ^ early &>> 3
        word &+= late.rotated(17) ^ late.rotated(19) ^ late &>> 10
      }
      unsafe row[0] = word
      let (a, b, c) = unsafe (variables[0], variables[1], variables[2])
      let (e, f, g) = unsafe (variables[4], variables[5], variables[6])
      word &+= unsafe variables[7] &+ sha256_constants()[round]
      word &+= (g ^ e & (f ^ g)) &+ (e.rotated(6) ^ e.rotated(11) ^ e.rotated(25))
      unsafe variables[3] &+= word
      word &+= (a & b | c & (a | b)) &+ (a.rotated(2) ^ a.rotated(13) ^ a.rotated(22))
      unsafe variables -= 1
      unsafe variables[0] = word
    }
    while index > 0 {
      index &-= 1
      unsafe state[index] &+= variables[index]
    }
  }
}

extension UInt32 {
  /// Rotated to the right.
  @inline(__always)
  fileprivate func rotated(_ count: UInt32) -> UInt32 {
    self &>> count | self &<< (32 &- count)
  }
}
