import StubCryptoInstructions

/// Whether a signature is valid (Ed25519: RFC 8032, section 5.1.7).
///
/// What could have several forms is accepted in one: S is below the group's order, and key and R are
/// encoded as signing encodes them. The equation is the one without the cofactor, [S]B = R + [k]A. Points
/// of small order are no exception: a key of that kind, by which everything is signed, is for whoever
/// chooses keys to refuse.
///
/// The time it takes depends on its arguments, which are all public. 2 KiB of stack.
///
/// - Parameters:
///   - signature: 64 bytes, R and S.
///   - publicKey: 32 bytes, A.
@c(ed25519_is_valid)
public func ed25519IsValid(
  _ signature: UnsafePointer<UInt8>, _ publicKey: UnsafePointer<UInt8>,
  _ message: UnsafePointer<UInt8>, _ byteCount: Int
) -> Bool {
  // S, k, and what has to be hashed or, later, the points.
  unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4 + 4 + 112) {
    let s = unsafe $0.baseAddress.unsafelyUnwrapped
    let k = unsafe s + 4
    let memory = unsafe k + 4
    unsafe Scalar25519.decode(s, signature + 32)
    if unsafe Scalar25519.reduceOnce(s) { return false }

    var hash = unsafe SHA512(memory: memory)
    unsafe hash.update(signature, byteCount: 32)
    unsafe hash.update(publicKey, byteCount: 32)
    unsafe hash.update(message, byteCount: byteCount)
    hash.finish()
    unsafe Scalar25519.reduce(k, hash.state)
    return unsafe isEquation(signature, publicKey, s, k, memory)
  }
}

/// Whether R is the encoding of [S]B - [k]A.
///
/// - Parameter memory: four points of 20 words, and 25 to work in.
@inline(never)
private func isEquation(
  _ r: UnsafePointer<UInt8>, _ publicKey: UnsafePointer<UInt8>, _ s: UnsafePointer<UInt64>,
  _ k: UnsafePointer<UInt64>, _ memory: UnsafeMutablePointer<UInt64>
) -> Bool {
  // The sum as far as it is; then B, -A and B - A.
  let sum = unsafe memory
  let points = unsafe sum + Edwards25519.pointWordCount
  let negativeA = unsafe points + Edwards25519.pointWordCount
  let both = unsafe negativeA + Edwards25519.pointWordCount
  let scratch = unsafe both + Edwards25519.pointWordCount
  guard
    unsafe Edwards25519.decodeNegative(points, ed25519_minus_b(), scratch: scratch),
    unsafe Edwards25519.decodeNegative(negativeA, publicKey, scratch: scratch)
  else { return false }
  unsafe Edwards25519.add(both, points, negativeA, scratch: scratch)
  unsafe Edwards25519.setNeutral(sum)
  // S and k are below 2^253.
  var bit = 253
  while bit > 0 {
    bit &-= 1
    unsafe Edwards25519.add(sum, sum, sum, scratch: scratch)
    let terms = unsafe Scalar25519.bit(s, bit) | Scalar25519.bit(k, bit) &<< 1
    if terms != 0 {
      let point = unsafe points + (terms &- 1) &* Edwards25519.pointWordCount
      unsafe Edwards25519.add(sum, sum, point, scratch: scratch)
    }
  }
  let encoded = unsafe UnsafeMutableRawPointer(points).assumingMemoryBound(to: UInt8.self)
  unsafe Edwards25519.encode(encoded, sum, scratch: scratch)
  return unsafe Edwards25519.isEqual(encoded, r)
}
